/// Durations as Go's `time` package reads and prints them, whole nanoseconds.
package enum GoDuration {
    /// `90` (seconds), `500ms`, `1h2m3.5s`, `-1s`; nil for anything else, or for more than 292 years.
    package static func parse(_ text: String) -> Duration? {
        if let seconds = Int64(text) {
            guard abs(seconds.subtractingReportingOverflow(0).partialValue) < 9_223_372_036 else { return nil }
            return .seconds(seconds)
        }
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var total: Double = 0
        var nanoseconds: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(unit.count)
            guard let scale = scale(of: unit), let part = scaled(digits, by: scale) else { return nil }
            total += Double(part)
            guard total < 9.2e18 else { return nil }
            nanoseconds += part
        }
        return .nanoseconds(isNegative ? -nanoseconds : nanoseconds)
    }

    private static func scale(of unit: Substring) -> Int64? {
        switch unit {
        case "ns": 1
        case "us", "µs", "μs": 1000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }

    private static func scaled(_ digits: Substring, by scale: Int64) -> Int64? {
        let parts = digits.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.contains(where: { !$0.isEmpty }), parts.allSatisfy({ $0.allSatisfy(\.isNumber) }) else {
            return nil
        }
        guard let whole = parts[0].isEmpty ? 0 : Int64(parts[0]) else { return nil }
        var (value, overflow) = whole.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        if parts.count > 1, !parts[1].isEmpty, let fraction = Double("0." + parts[1]) {
            value += Int64(fraction * Double(scale))
        }
        return value
    }

    /// `1m30s`, `100ms`, `0s`: the shortest unit below a second, else hours, minutes, seconds.
    package static func text(of duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = attoseconds / 1_000_000_000
        if seconds == 0, nanoseconds == 0 { return "0s" }
        let sign = seconds < 0 || nanoseconds < 0 ? "-" : ""
        let whole = seconds.magnitude
        let part = nanoseconds.magnitude
        if whole == 0 {
            if part < 1000 { return "\(sign)\(part)ns" }
            if part < 1_000_000 { return sign + decimal(part, per: 1000) + "µs" }
            return sign + decimal(part, per: 1_000_000) + "ms"
        }
        var text = sign
        if whole >= 3600 { text += "\(whole / 3600)h" }
        if whole >= 60 { text += "\(whole / 60 % 60)m" }
        return text + decimal((whole % 60) * 1_000_000_000 + part, per: 1_000_000_000) + "s"
    }

    private static func decimal(_ value: UInt64, per unit: UInt64) -> String {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
        guard rest > 0 else { return String(whole) }
        var digits = String(rest + unit).dropFirst()
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(whole).\(digits)"
    }
}
