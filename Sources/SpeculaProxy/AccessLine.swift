internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaRouting
internal import SpeculaTracing
internal import SpeculaUpstream

/// What one request leaves for its line.
internal struct AccessRecord {
    let head: RequestHead
    let client: ForwardContext
    let clientPort: UInt16
    let entryPoint: String
    let number: UInt64
    var router: String?
    /// The service whose server answered, or should have.
    var service: String?
    var server: ServerSeat?
    let status: UInt16
    let requestBytes: UInt64
    let responseBytes: UInt64
    let nanoseconds: UInt64
    /// Nil: no server was asked.
    var originNanoseconds: UInt64?
    var retries = 0
    /// Nil in the clear.
    var tls: TLSLabels?
    /// The span of the request; nil: it is not traced.
    var trace: TraceContext?
    /// The response's fields, as members of a line's object.
    var responseFields = ResponseFieldTexts()
}

/// Composes the lines of an access log, one behind the other, in the format of its options; allocates nothing once it is warm.
internal struct AccessLine {
    let options: AccessLogOptions
    /// The lines that were composed and not taken yet.
    var text: LineText
    private let zone: @Sendable (Int64) -> Int32
    private var startUTC = SecondStamp()
    private var startLocal = SecondStamp()
    private var end = SecondStamp()
    private var quarter = Int64.min
    private var offset: Int32 = 0

    /// - `zone`: Seconds east of UTC at a second since 1970.
    init(options: AccessLogOptions, zone: @escaping @Sendable (Int64) -> Int32, capacity: Int) {
        self.options = options
        self.zone = zone
        text = LineText(capacity: capacity)
    }

    /// Appends the line of a request that is over now.
    mutating func write(_ record: AccessRecord, at now: WallTime) {
        let startNanoseconds = setClock(now, nanoseconds: record.nanoseconds)
        if options.format == .json {
            writeObject(record, startNanoseconds: startNanoseconds)
        } else {
            writeCommon(
                CommonFacts(
                    head: record.head, client: record.client, number: record.number, status: record.status,
                    bytes: record.responseBytes, router: record.router, serviceURL: record.server?.plan.url,
                    nanoseconds: record.nanoseconds))
            text.append("\n")
        }
    }

    /// Works out when a thing that took so long and is over now began.
    /// - Returns: The nanoseconds of the second in which it began.
    mutating func setClock(_ now: WallTime, nanoseconds: UInt64) -> UInt32 {
        var second = now.seconds - Int64(nanoseconds / 1_000_000_000)
        var rest = Int64(now.nanoseconds) - Int64(nanoseconds % 1_000_000_000)
        if rest < 0 {
            second -= 1
            rest += 1_000_000_000
        }
        startUTC.set(second, offset: 0)
        if options.format == .json || options.fields[.startUTC] != .keep {
            startLocal.set(second, offset: offset(at: second))
            end.set(now.seconds, offset: offset(at: now.seconds))
        }
        return UInt32(rest)
    }

    /// Clocks change at quarters of an hour: the zone is asked once in each.
    private mutating func offset(at second: Int64) -> Int32 {
        if second / 900 != quarter {
            quarter = second / 900
            offset = zone(second)
        }
        return offset
    }

    // MARK: common, genericCLF

    /// What the common formats show of a request or a copy.
    struct CommonFacts {
        let head: RequestHead
        let client: ForwardContext
        let number: UInt64
        let status: UInt16
        let bytes: UInt64
        let router: String?
        let serviceURL: String?
        let nanoseconds: UInt64
    }

    /// Appends a line of the common formats, but not its end.
    mutating func writeCommon(_ facts: CommonFacts) {
        let head = facts.head
        if opens(.clientHost) { Self.withClientHost(facts.client, head) { text.append(common: $0) } }
        text.append(" - ")
        if opens(.clientUsername) { text.append("-") }
        text.append(" [")
        if options.fields[.startUTC] == .keep {
            startUTC.write(commonTo: &text)
        } else if options.fields[.startLocal] == .keep {
            startLocal.write(commonTo: &text)
        } else {
            text.append("-")
        }
        text.append("] \"")
        if opens(.requestMethod) { head.withMethodBytes { text.append(common: $0) } }
        text.append(" ")
        if opens(.requestPath) {
            head.withPath { text.append(common: $0) }
            if options.keepsQuery, head.hasQuery {
                text.append("?")
                head.withQuery { text.append(common: $0) }
            }
        }
        text.append(" ")
        if opens(.requestProtocol) { text.append(Self.protocolName(head.version)) }
        text.append("\" ")
        if opens(.downstreamStatus) { text.append(decimal: UInt64(facts.status)) }
        text.append(" ")
        if opens(.downstreamContentSize) { text.append(decimal: facts.bytes) }
        text.append(" ")
        writeQuoted(.referer, of: head)
        text.append(" ")
        writeQuoted(.userAgent, of: head)
        guard options.format == .common else { return }
        text.append(" ")
        if opens(.requestCount) { text.append(decimal: facts.number) }
        text.append(" ")
        writeQuoted(.routerName, facts.router)
        text.append(" ")
        writeQuoted(.serviceURL, facts.serviceURL)
        text.append(" ")
        text.append(decimal: options.fields[.duration] == .keep ? facts.nanoseconds / 1_000_000 : 0)
        text.append("ms")
    }

    /// Whether a field's value is to be written; what stands in its place is written here.
    private mutating func opens(_ field: AccessField) -> Bool {
        switch options.fields[field] {
        case .keep: return true
        case .redact: text.append("REDACTED")
        case .drop: text.append("-")
        }
        return false
    }

    private mutating func writeQuoted(_ field: AccessField, _ value: String?) {
        text.append("\"")
        if opens(field) {
            if let value, !value.isEmpty { text.append(common: value.utf8.span) } else { text.append("-") }
        }
        text.append("\"")
    }

    private mutating func writeQuoted(_ known: KnownField, of head: RequestHead) {
        text.append("\"")
        let mode =
            options.headers.dropsAll || head.first(known) == nil
            ? .drop : options.headers.mode(of: (known == .referer ? Self.referer : Self.userAgent).span)
        switch mode {
        case .keep:
            var isFirst = true
            for index in 0..<head.count where head[index].known == known {
                if !isFirst { text.append(",") }
                isFirst = false
                head.withValue(of: index) { text.append(common: $0) }
            }
        case .redact: text.append("REDACTED")
        case .drop: text.append("-")
        }
        text.append("\"")
    }

    private static let referer = Array("referer".utf8)
    private static let userAgent = Array("user-agent".utf8)

    // MARK: Values of both formats

    static func protocolName(_ version: Version) -> StaticString {
        switch version {
        case .http10: "HTTP/1.0"
        case .http11: "HTTP/1.1"
        }
    }

    /// The first `X-Forwarded-For` of a client that is trusted, else its address.
    static func withClientHost(_ client: ForwardContext, _ head: RequestHead, _ body: (Span<UInt8>) -> Void) {
        if client.isTrusted {
            let isThere = head.withFirst(.xForwardedFor) { value in
                if value.count > 0 { body(value) }
                return value.count > 0
            }
            if isThere == true { return }
        }
        let address = client.clientAddress
        body(address.span)
    }

    // MARK: Times of a JSON line

    mutating func writeStart(_ nanoseconds: UInt32, _ object: inout AccessObject) {
        if object.opens(.startLocal, &text) {
            text.append("\"")
            startLocal.write(standardTo: &text, nanoseconds: nanoseconds)
            text.append("\"")
        }
        if object.opens(.startUTC, &text) {
            text.append("\"")
            startUTC.write(standardTo: &text, nanoseconds: nanoseconds)
            text.append("\"")
        }
    }

    mutating func writeEnd(_ object: inout AccessObject) {
        object.comma(&text)
        text.append("\"level\":\"info\",\"msg\":\"\",\"time\":\"")
        end.write(standardTo: &text)
        text.append("\"}\n")
    }
}
