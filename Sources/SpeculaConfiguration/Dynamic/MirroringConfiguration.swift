/// `mirroring`: a primary, and mirrors that get copies of its requests.
package struct MirroringConfiguration: ConfigurationSection {
    package var service = ""
    package var mirrorBody: Bool? = true
    /// Bytes; -1: no limit but the process's.
    package var maxBodySize: Int64? = -1
    package var mirrors: [MirrorConfiguration] = []
    package var healthCheck: HealthPropagation?

    package init() {}

    package static let schema = Schema<Self>(
        Field("service", \.service, "The primary: its answer is the client's."),
        Field("mirrorBody", \.mirrorBody, "Copies have the request's body."),
        Field("maxBodySize", \.maxBodySize, "Bytes of body up to which requests are copied; -1: no limit."),
        Field("mirrors", \.mirrors, "The mirrors."),
        Field("healthCheck", \.healthCheck, "Passes the primary's health on to the service above.")
    )
}

/// `mirroring.mirrors[]`.
package struct MirrorConfiguration: PartlySupported {
    package var name = ""
    package var percent = Percent()
    /// Upper case; empty: all.
    package var methods: [String] = []
    package var timeout = Duration.seconds(30)
    package var maxInFlight = 1024
    package var maxResponseBytes = 1 << 20
    package var sample: MirrorSampleConfiguration?
    package var rateLimit: MirrorRateConfiguration?
    package var headers: MirrorHeadersConfiguration?
    package var credentials: MirrorCredentials?
    package var compare: MirrorCompareConfiguration?

    /// Why it gets no copies, known and told before it is compiled.
    package var problems: [Reason] = []
    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    package static let schema = Schema<Self>(
        Field("name", \.name, "The service that gets the copies."),
        Field("percent", \.percent, "How many of a hundred requests are copied; decimals are allowed."),
        Field("methods", \.methods, ours: true, "Methods that are copied. Default: all."),
        Field("timeout", \.timeout, ours: true, isShown: false, "Time for a whole copy. Default 30s."),
        Field("maxInFlight", \.maxInFlight, ours: true, isShown: false, "Copies in flight at once. Default 1024."),
        Field(
            "maxResponseBytes", \.maxResponseBytes, ours: true, isShown: false,
            "Bytes of a copy's response that are read. Default 1 MiB."),
        Field("sample", \.sample, ours: true, "What decides which requests belong to the share."),
        Field("rateLimit", \.rateLimit, ours: true, "How many copies a second there may be in the whole process."),
        Field("headers", \.headers, ours: true, "How the fields of copies differ from the primary's request."),
        Field(
            "credentials", \.credentials, ours: true,
            "`strip` takes `Authorization`, `Cookie`, `Proxy-Authorization` and `X-Api-Key` out of copies. Default forward."
        ),
        Field("compare", \.compare, ours: true, "What of the mirror's answers is held against the primary's.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        methods = methods.map { $0.uppercased() }
        check(node, "timeout", timeout > .zero, &context)
        check(node, "maxInFlight", maxInFlight > 0, &context)
        check(node, "maxResponseBytes", maxResponseBytes >= 0, &context)
    }

    private func check(_ node: Node, _ key: String, _ isGood: Bool, _ context: inout DecodingContext) {
        if !isGood, let place = node.value(named: key) {
            context.within(key) { $0.error(place, "must be more than zero") }
        }
    }
}

/// A share of a hundred with up to four decimals, exact.
package struct Percent: ConfigurationValue {
    /// Millionths of the whole: 12.5 % is 125,000.
    ///
    /// Outside 0 to 1,000,000 the service that names it is disabled.
    package var millionths = 0

    package init(millionths: Int = 0) { self.millionths = millionths }

    package static func decode(_ node: Node, onto base: Percent?, _ context: inout DecodingContext) -> Percent? {
        guard let millionths = parse(node.text) else {
            context.wrongType(node, expected: "a number with at most four decimals")
            return nil
        }
        return Percent(millionths: millionths)
    }

    private static func parse(_ text: String) -> Int? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        let parts = rest.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first, let value = Int(whole), value >= 0, value < 1 << 40 else { return nil }
        var fraction = parts.count > 1 ? String(parts[1]) : ""
        while fraction.count > 4, fraction.hasSuffix("0") { fraction.removeLast() }
        guard fraction.count <= 4, fraction.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        guard parts.count == 1 || !parts[1].isEmpty else { return nil }
        fraction += String(repeating: "0", count: 4 - fraction.count)
        let millionths = value * 10_000 + (Int(fraction) ?? 0)
        return isNegative ? -millionths : millionths
    }

    package func json(omittingEmpty: Bool) -> JSONValue? {
        if omittingEmpty, millionths == 0 { return nil }
        if millionths.isMultiple(of: 10_000) { return .integer(Int64(millionths / 10_000)) }
        return .number(Double(millionths) / 10_000)
    }

    package static var shape: Shape { .scalar("number") }
}
