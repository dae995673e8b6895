internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaMirroring
internal import SpeculaUpstream

/// The lines of copies (ours: `accessLog.mirrors`).
///
/// `common` and `genericCLF`: the line of a request, with the mirroring service in the router's place, then
/// `mirror="NAME" decision=WORD outcome=WORD primary=STATUS` and, where the answers were compared, `compared=WORD`. JSON: the
/// members named `Mirror…` and `PrimaryStatus`; `RequestCount` is that of the request's own line.
extension AccessLine {
    /// - `sinceStart`: Nanoseconds since the request began: a line may have to wait for longer than its copy took.
    mutating func write(_ copy: CopyFacts, of request: MirroredRequest, at now: WallTime, sinceStart: UInt64) {
        let startNanoseconds = setClock(now, nanoseconds: sinceStart)
        if options.format == .json {
            writeObject(copy, of: request, startNanoseconds: startNanoseconds)
            return
        }
        writeCommon(
            CommonFacts(
                head: request.head, client: request.client, number: request.number, status: copy.status,
                bytes: copy.responseBytes, router: copy.service, serviceURL: copy.serverURL,
                nanoseconds: copy.nanoseconds))
        text.append(" mirror=\"")
        text.append(common: copy.mirror.utf8.span)
        text.append("\" decision=")
        text.append(copy.decision.text)
        text.append(" outcome=")
        text.append(copy.outcome?.text ?? "-")
        text.append(" primary=")
        text.append(decimal: UInt64(copy.primaryStatus))
        if let result = copy.compared {
            text.append(" compared=")
            text.append(result.text)
        }
        text.append("\n")
    }

    private mutating func writeObject(
        _ copy: CopyFacts, of request: MirroredRequest, startNanoseconds: UInt32
    ) {
        let head = request.head
        var object = AccessObject(modes: options.fields, &text)
        Self.withClientHost(request.client, head) { object.string(.clientHost, $0, &text) }
        if let result = copy.compared { object.string(.mirrorCompared, result.text, &text) }
        object.string(.mirrorDecision, copy.decision.text, &text)
        object.number(.mirrorDuration, copy.nanoseconds, &text)
        object.string(.mirrorName, copy.mirror.utf8.span, &text)
        object.string(.mirrorOutcome, copy.outcome?.text ?? "-", &text)
        object.number(.mirrorStatus, UInt64(copy.status), &text)
        object.number(.originContentSize, copy.responseBytes, &text)
        object.number(.primaryStatus, UInt64(copy.primaryStatus), &text)
        writeRequest(head, bytes: copy.requestBytes, number: request.number, request.client, &object)
        object.string(.serviceName, copy.service.utf8.span, &text)
        if let url = copy.serverURL { object.string(.serviceURL, url.utf8.span, &text) }
        writeStart(startNanoseconds, &object)
        writeEnd(&object)
    }
}
