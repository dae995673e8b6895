internal import SpeculaHTTP
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaRouting
internal import SpeculaTracing
internal import SpeculaUpstream

/// The members of a JSON line, in the order of their names.
extension AccessLine {
    mutating func writeObject(_ record: AccessRecord, startNanoseconds: UInt32) {
        var object = AccessObject(modes: options.fields, &text)
        writeClient(record, &object)
        writeNumbers(record, &object)
        writeRequest(record.head, bytes: record.requestBytes, number: record.number, record.client, &object)
        object.number(.retryAttempts, UInt64(record.retries), &text)
        if let router = record.router { object.string(.routerName, router.utf8.span, &text) }
        if let server = record.server {
            object.string(.serviceAddr, server.plan.authority.utf8.span, &text)
            if let service = record.service { object.string(.serviceName, service.utf8.span, &text) }
            object.string(.serviceURL, server.plan.url.utf8.span, &text)
        }
        let trace = record.trace?.text
        if let trace { object.string(.spanId, trace.span.extracting(TraceContext.spanDigits), &text) }
        writeStart(startNanoseconds, &object)
        if let tls = record.tls {
            object.string(.tlsCipher, tls.cipher.text, &text)
            object.string(.tlsVersion, tls.version.text, &text)
        }
        if let trace { object.string(.traceId, trace.span.extracting(TraceContext.traceDigits), &text) }
        if !options.headers.dropsAll {
            record.responseFields.downstream.withBytes { object.members($0, &text) }
            record.responseFields.origin.withBytes { object.members($0, &text) }
            writeRequestFields(record.head, record.client, &object)
        }
        object.string(.entryPointName, record.entryPoint.utf8.span, &text)
        if let trace {
            object.string(.otelSpanId, trace.span.extracting(TraceContext.spanDigits), &text)
            object.string(.otelTraceId, trace.span.extracting(TraceContext.traceDigits), &text)
        }
        writeEnd(&object)
    }

    private mutating func writeClient(_ record: AccessRecord, _ object: inout AccessObject) {
        let address = record.client.clientAddress
        if object.opens(.clientAddr, &text) {
            let isIPv6 = address.contains(UInt8(ascii: ":"))
            text.append(isIPv6 ? "\"[" : "\"")
            text.append(address.span)
            text.append(isIPv6 ? "]:" : ":")
            text.append(decimal: UInt64(record.clientPort))
            text.append("\"")
        }
        Self.withClientHost(record.client, record.head) { object.string(.clientHost, $0, &text) }
        if object.opens(.clientPort, &text) {
            text.append("\"")
            text.append(decimal: UInt64(record.clientPort))
            text.append("\"")
        }
        object.string(.clientUsername, "-", &text)
    }

    private mutating func writeNumbers(_ record: AccessRecord, _ object: inout AccessObject) {
        let wasAsked = record.server != nil
        object.number(.downstreamContentSize, record.responseBytes, &text)
        object.number(.downstreamStatus, UInt64(record.status), &text)
        object.number(.duration, record.nanoseconds, &text)
        // Nothing came from a server, yet the client got a body: Traefik's ratio of the two.
        if !wasAsked, record.responseBytes > 0 { object.number(.gzipRatio, 0, &text) }
        let origin = min(record.originNanoseconds ?? 0, record.nanoseconds)
        object.number(.originContentSize, wasAsked ? record.responseBytes : 0, &text)
        object.number(.originDuration, origin, &text)
        object.number(.originStatus, wasAsked ? UInt64(record.status) : 0, &text)
        object.number(.overhead, record.nanoseconds - origin, &text)
    }

    mutating func writeRequest(
        _ head: RequestHead, bytes: UInt64, number: UInt64, _ client: ForwardContext, _ object: inout AccessObject
    ) {
        head.withAuthority { authority in
            let isThere = authority.count > 0
            let parts = AuthorityParts(authority)
            if isThere { object.string(.requestAddr, authority, &text) }
            object.number(.requestContentSize, bytes, &text)
            object.number(.requestCount, number, &text)
            if isThere { object.string(.requestHost, authority.extracting(parts.host), &text) }
            head.withMethodBytes { object.string(.requestMethod, $0, &text) }
            writePath(head, &object)
            guard isThere else { return }
            if let port = parts.port {
                object.string(.requestPort, authority.extracting(port), &text)
            } else {
                object.string(.requestPort, "-", &text)
            }
        }
        object.string(.requestProtocol, Self.protocolName(head.version), &text)
        object.string(.requestScheme, client.isTLS ? "https" : "http", &text)
    }

    private mutating func writePath(_ head: RequestHead, _ object: inout AccessObject) {
        guard object.opens(.requestPath, &text) else { return }
        text.append("\"")
        head.withPath { text.append(json: $0) }
        if options.keepsQuery, head.hasQuery {
            text.append("?")
            head.withQuery { text.append(json: $0) }
        }
        text.append("\"")
    }

    // MARK: The request's fields

    /// The fields that a server sees, as far as they are kept: the client's, without those it may not set, and the gateway's.
    private mutating func writeRequestFields(
        _ head: RequestHead, _ client: ForwardContext, _ object: inout AccessObject
    ) {
        let isTrusted = client.isTrusted
        let writer = FieldMembers(modes: options.headers, prefix: "request_")
        for index in 0..<min(head.count, FieldMembers.limit) {
            let known = head[index].known
            switch known {
            case .host, .transferEncoding, .trailer: continue
            default: break
            }
            if known.isForwarding, !isTrusted { continue }
            writer.write(head, index, comma: { object.comma(&$0) }, &text)
        }
        func isOurs(_ known: KnownField) -> Bool { !isTrusted || head.first(known) == nil }
        if isOurs(.xForwardedHost) {
            head.withAuthority { writer.write("X-Forwarded-Host", $0, comma: { object.comma(&$0) }, &text) }
        }
        if isOurs(.xForwardedProto) {
            let scheme = client.isTLS ? Self.https : Self.http
            writer.write("X-Forwarded-Proto", scheme.span, comma: { object.comma(&$0) }, &text)
        }
        if isOurs(.xRealIp) {
            let address = client.clientAddress
            writer.write("X-Real-Ip", address.span, comma: { object.comma(&$0) }, &text)
        }
    }

    private static let http = Array("http".utf8)
    private static let https = Array("https".utf8)
}

extension KnownField {
    /// One of those that tell of proxies before this one: only believed from those who are trusted.
    fileprivate var isForwarding: Bool {
        (KnownField.xForwardedFor.rawValue...KnownField.xRealIp.rawValue).contains(rawValue)
    }
}

/// Host and port of an authority, as Go's `net.SplitHostPort` takes it apart; no port where it would not.
internal struct AuthorityParts {
    let host: Range<Int>
    let port: Range<Int>?

    init(_ authority: Span<UInt8>) {
        let all = 0..<authority.count
        var colon: Int?
        var colons = 0
        var brackets = 0
        for place in all {
            switch authority[place] {
            case UInt8(ascii: ":"):
                colon = place
                colons += 1
            case UInt8(ascii: "["), UInt8(ascii: "]"): brackets += 1
            default: break
            }
        }
        guard let colon else {
            (host, port) = (all, nil)
            return
        }
        let after = colon + 1..<authority.count
        if authority[0] == UInt8(ascii: "["), brackets == 2, colon > 1, authority[colon - 1] == UInt8(ascii: "]") {
            (host, port) = (1..<colon - 1, after)
        } else if colons == 1, brackets == 0 {
            (host, port) = (0..<colon, after)
        } else {
            (host, port) = (all, nil)
        }
    }
}
