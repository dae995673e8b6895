/// A moment and the zone that it is shown in, as Go's `time.Time`.
struct TemplateTime: Sendable, Equatable {
    /// Since 1970.
    var seconds: Int64
    /// From 0 to 999,999,999.
    var nanoseconds: Int64
    var zone: ZoneRules

    /// What Go calls the zero time: the first moment of the year 1.
    static let zero = TemplateTime(seconds: -62_135_596_800, nanoseconds: 0, zone: .utc)

    static func == (first: TemplateTime, second: TemplateTime) -> Bool {
        first.seconds == second.seconds && first.nanoseconds == second.nanoseconds
    }

    func shown(in zone: ZoneRules) -> TemplateTime {
        TemplateTime(seconds: seconds, nanoseconds: nanoseconds, zone: zone)
    }

    /// Later by so much; nil: out of reach.
    func adding(_ duration: Duration) -> TemplateTime? {
        let (whole, attoseconds) = duration.components
        let (sum, isTooMuch) = seconds.addingReportingOverflow(whole)
        guard !isTooMuch, abs(sum) < 1 << 56 else { return nil }
        let part = nanoseconds + attoseconds / 1_000_000_000
        let carry = part < 0 ? -1 : part >= 1_000_000_000 ? 1 : 0
        return TemplateTime(
            seconds: sum + Int64(carry), nanoseconds: part - Int64(carry) * 1_000_000_000, zone: zone)
    }

    /// From that moment to this one.
    func since(_ other: TemplateTime) -> Duration {
        .seconds(seconds - other.seconds) + .nanoseconds(nanoseconds - other.nanoseconds)
    }

    /// The parts of a date and of a time of day.
    struct Parts: Equatable {
        var year = 1
        var month = 1
        var day = 1
        var hour = 0
        var minute = 0
        var second = 0
        /// From 0, Sunday.
        var weekday = 1
        /// From 1.
        var dayOfYear = 1
        var offset = 0
        var zoneName = "UTC"
    }

    var parts: Parts {
        let (offset, name) = zone.offset(at: seconds)
        let local = seconds + Int64(offset)
        let days = local.floorDivided(by: 86_400)
        let ofDay = Int(local - days * 86_400)
        let (year, month, day) = CivilDate.date(ofDay: days)
        let first = CivilDate.day(year, 1, 1)
        return Parts(
            year: year, month: month, day: day, hour: ofDay / 3600, minute: ofDay / 60 % 60, second: ofDay % 60,
            weekday: Int((days + 4) - (days + 4).floorDivided(by: 7) * 7), dayOfYear: Int(days - first) + 1,
            offset: offset, zoneName: name)
    }

    /// `2006-01-02 15:04:05.999999999 -0700 MST`, as Go prints it.
    var text: String { TimeLayout("2006-01-02 15:04:05.999999999 -0700 MST").text(of: self) }
    /// RFC 3339, as Go writes it into JSON.
    var json: String { TimeLayout("2006-01-02T15:04:05.999999999Z07:00").text(of: self) }
}

/// Days since 1970 and dates of the Gregorian calendar, before and after its beginning.
enum CivilDate {
    static func day(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        // Years begin in March, so that the leap day is the last one.
        let shifted = Int64(month <= 2 ? year - 1 : year)
        let era = shifted.floorDivided(by: 400)
        let ofEra = shifted - era * 400
        let ofYear = Int64((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1)
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    static func date(ofDay day: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let ofEra = shifted - era * 146_097
        let year = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * year + year / 4 - year / 100)
        let march = (5 * ofYear + 2) / 153
        let month = Int(march < 10 ? march + 3 : march - 9)
        return (
            Int(year + era * 400) + (month <= 2 ? 1 : 0), month, Int(ofYear - (153 * march + 2) / 5) + 1
        )
    }

    static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    static func days(ofMonth month: Int, _ year: Int) -> Int {
        [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }
}

extension Int64 {
    fileprivate func floorDivided(by other: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: other)
        return rest < 0 ? quotient - 1 : quotient
    }
}
