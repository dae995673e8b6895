// What libFuzzer drives (`scripts/fuzz`): compiled together with the sources of SpeculaHTTP, not a target of the package.
//
// `SPECULA_FUZZ` names what is fed: request, response or chunked. A broken law is a trap, which libFuzzer keeps with its input.
internal import Glibc

/// What is fed, read once.
private let kind = unsafe getenv("SPECULA_FUZZ").map { unsafe String(cString: $0) } ?? "request"

/// The last byte of an input says where it is cut.
private func cut(_ bytes: Span<UInt8>) -> Int { bytes.isEmpty ? 0 : Int(bytes[bytes.count - 1]) * bytes.count / 256 }

private func check(_ holds: Bool, _ law: StaticString) {
    precondition(holds, "\(law)")
}

private func written(_ capacity: Int, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
        body(&writer)
        check(!writer.hasOverflowed, "the bound of a head is a bound")
        count = writer.count
    }
}

private func parseRequest(_ bytes: Span<UInt8>, _ head: RequestHead, cut: Int) -> HeadStep {
    var parser = RequestParser(limits: HeadLimits(maxBytes: 4096))
    head.reset()
    let first = parser.consume(bytes.extracting(0..<cut), into: head)
    guard first == .needMore else { return first }
    let second = parser.consume(bytes.extracting(cut..<bytes.count), into: head)
    if case .complete(let consumed) = second { return .complete(consumed: cut + consumed) }
    return second
}

private func feedRequest(_ bytes: Span<UInt8>) {
    let whole = RequestHead()
    let split = RequestHead()
    let outcome = parseRequest(bytes, whole, cut: bytes.count)
    check(outcome == parseRequest(bytes, split, cut: cut(bytes)), "a request does not depend on how it was cut")
    guard case .complete = outcome, whole.prepareTarget(TargetPolicy()) == nil else { return }
    let isTrusted = bytes[bytes.count - 1] & 1 == 1
    let context = ForwardContext(
        policy: ForwardPolicy(addsSchemeFields: isTrusted, hostName: [0x67]), clientAddress: [0x3a, 0x3a, 0x31],
        isTrusted: isTrusted, isTLS: false)
    let server = UpstreamTarget(authority: [0x73], hiddenCookie: isTrusted ? [0x63] : [])
    let bound = whole.upstreamSizeBound(context, server)
    let upstream = written(bound) { whole.writeUpstream(into: &$0, context: context, server: server) }
    let again = RequestHead(capacity: bound)
    var parser = RequestParser(limits: HeadLimits(maxBytes: bound + 1))
    let step = parser.consume(upstream.span, into: again)
    check(step == .complete(consumed: upstream.count), "what is written for a server is a request, whole and alone")
    check(again.method == whole.method, "the method stays")
    switch (whole.framing, again.framing) {
    case (.none, .none), (.none, .length(0)), (.length(0), .none), (.chunked, .chunked): break
    case (.length(let sent), .length(let written)): check(sent == written, "the length stays")
    default: check(false, "the framing stays")
    }
    check(again.prepareTarget(TargetPolicy()) == nil, "what is written for a server may be routed")
    let isSame = whole.withPath { own in again.withPath { own.isEqual(to: $0) } }
    check(isSame, "a clean path is clean")
}

private func parseResponse(_ bytes: Span<UInt8>, _ head: ResponseHead, cut: Int) -> ResponseStep {
    var parser = ResponseParser(limits: HeadLimits(maxBytes: 4096))
    head.reset()
    let first = parser.consume(bytes.extracting(0..<cut), into: head, answering: .get)
    guard first == .needMore else { return first }
    let second = parser.consume(bytes.extracting(cut..<bytes.count), into: head, answering: .get)
    if case .complete(let consumed) = second { return .complete(consumed: cut + consumed) }
    return second
}

private func feedResponse(_ bytes: Span<UInt8>) {
    let whole = ResponseHead()
    let outcome = parseResponse(bytes, whole, cut: bytes.count)
    let split = ResponseHead()
    check(outcome == parseResponse(bytes, split, cut: cut(bytes)), "a response does not depend on how it was cut")
    guard case .complete = outcome, whole.status >= 200 else { return }
    let bound = whole.downstreamSizeBound(extra: 0)
    let downstream = written(bound) {
        whole.writeDownstream(into: &$0, answering: .get, version: .http11, keepAlive: true, dateLine: Span())
    }
    let again = ResponseHead(capacity: bound)
    var parser = ResponseParser(limits: HeadLimits(maxBytes: bound + 1))
    let step = parser.consume(downstream.span, into: again, answering: .get)
    check(step == .complete(consumed: downstream.count), "what is written for a client is a response, whole and alone")
    check(again.status == whole.status, "the status stays")
    check(again.framing == whole.downstreamFraming(for: .http11), "the framing is the one that was told")
    check(again.keepAlive, "a client is not told to close")
}

private func decode(_ bytes: Span<UInt8>, cut: Int) -> (payload: [UInt8], end: Int?, isRefused: Bool) {
    var decoder = BodyDecoder(.chunked)
    var payload: [UInt8] = []
    for (start, end) in [(0, cut), (cut, bytes.count)] {
        let piece = bytes.extracting(start..<end)
        var offset = 0
        decoding: while true {
            switch decoder.next(piece, from: offset) {
            case .payload(let range):
                check(!range.isEmpty && range.upperBound <= piece.count, "a payload is a part of its piece")
                for index in range { payload.append(piece[index]) }
                offset = range.upperBound
            case .end(let position): return (payload, start + position, false)
            case .needMore: break decoding
            case .refused: return (payload, nil, true)
            }
        }
    }
    return (payload, nil, false)
}

private func feedChunks(_ bytes: Span<UInt8>) {
    let whole = decode(bytes, cut: bytes.count)
    let split = decode(bytes, cut: cut(bytes))
    check(whole == split, "a body does not depend on how it was cut")
    guard whole.end != nil, !whole.payload.isEmpty else { return }
    let encoded = written(whole.payload.count + 64) {
        $0.appendChunkHead(count: whole.payload.count)
        $0.append(whole.payload)
        $0.appendChunkTail()
        $0.appendLastChunk()
    }
    let again = decode(encoded.span, cut: encoded.count)
    check(again.payload == whole.payload && again.end == encoded.count, "what is encoded can be decoded")
}

@_cdecl("LLVMFuzzerTestOneInput")
public func feed(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = unsafe UnsafeBufferPointer(start: start, count: count).span
    switch kind {
    case "response": feedResponse(bytes)
    case "chunked": feedChunks(bytes)
    default: feedRequest(bytes)
    }
    return 0
}
