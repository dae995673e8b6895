/// A moment of the wall clock, as seconds and nanoseconds since 1970, and its RFC 3339 text.
package struct LogTime: Hashable, Sendable {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// The part of a second beyond them, 0 to 999,999,999.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// The text that RFC 3339 gives it, in UTC: `2026-11-21T15:33:17Z`.
    package var text: String { Self.text(seconds: seconds, fraction: "") }

    /// The text with all nine digits of the fraction that are not trailing zeros, as Go's RFC3339Nano.
    package var preciseText: String {
        guard nanoseconds > 0 else { return text }
        let digits = String(nanoseconds)
        var fraction = String(repeating: "0", count: max(0, 9 - digits.count)) + digits
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return Self.text(seconds: seconds, fraction: "." + fraction)
    }

    private static func text(seconds: Int64, fraction: String) -> String {
        let day = seconds.flooredQuotient(by: 86_400)
        let second = seconds - day * 86_400
        let date = civilDate(day: day)
        return "\(padded(date.year, 4))-\(padded(date.month, 2))-\(padded(date.day, 2))"
            + "T\(padded(second / 3600, 2)):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))\(fraction)Z"
    }

    /// Turns a count of days since 1970 into a date of the Gregorian calendar, by eras of 400 years that start in March.
    static func civilDate(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = day + 719_468
        let era = shifted.flooredQuotient(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

extension Int64 {
    func flooredQuotient(by divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor)
    }
}
