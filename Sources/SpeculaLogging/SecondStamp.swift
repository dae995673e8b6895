/// One second as access logs spell it: the texts are made when the second is new, not for each line.
package struct SecondStamp: Sendable {
    private var second = Int64.min
    private var offset: Int32 = 0
    private var common = LineText(capacity: 32)
    private var standard = LineText(capacity: 32)
    private var zone = LineText(capacity: 8)

    package init() {}

    /// Takes a second since 1970 and the seconds that its clock is east of UTC.
    package mutating func set(_ second: Int64, offset: Int32) {
        guard second != self.second || offset != self.offset else { return }
        self.second = second
        self.offset = offset
        write(CivilTime(second: second + Int64(offset)))
    }

    /// `21/Nov/2026:18:33:17 +0000`.
    package func write(commonTo text: inout LineText) { common.withBytes { text.append($0) } }

    /// `2026-11-21T18:33:17Z`, or with `+01:00` (RFC 3339); the fraction of Go's RFC3339Nano before the zone.
    package func write(standardTo text: inout LineText, nanoseconds: UInt32 = 0) {
        standard.withBytes { text.append($0) }
        if nanoseconds > 0 {
            text.append(UInt8(ascii: "."))
            var rest = nanoseconds
            var digits = 9
            while rest % 10 == 0 {
                rest /= 10
                digits -= 1
            }
            text.append(decimal: UInt64(rest), digits: digits)
        }
        zone.withBytes { text.append($0) }
    }

    private mutating func write(_ time: CivilTime) {
        common.removeAll()
        standard.removeAll()
        zone.removeAll()
        common.append(decimal: time.day, digits: 2)
        common.append(UInt8(ascii: "/"))
        common.append(Self.month(time.month))
        common.append(UInt8(ascii: "/"))
        common.append(decimal: time.year, digits: 4)
        common.append(UInt8(ascii: ":"))
        standard.append(decimal: time.year, digits: 4)
        standard.append(UInt8(ascii: "-"))
        standard.append(decimal: time.month, digits: 2)
        standard.append(UInt8(ascii: "-"))
        standard.append(decimal: time.day, digits: 2)
        standard.append(UInt8(ascii: "T"))
        Self.clock(time, &common)
        Self.clock(time, &standard)
        let minutes = UInt64(offset.magnitude) / 60
        let sign = offset < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
        common.append(UInt8(ascii: " "))
        common.append(sign)
        common.append(decimal: minutes / 60, digits: 2)
        common.append(decimal: minutes % 60, digits: 2)
        guard offset != 0 else {
            zone.append(UInt8(ascii: "Z"))
            return
        }
        zone.append(sign)
        zone.append(decimal: minutes / 60, digits: 2)
        zone.append(UInt8(ascii: ":"))
        zone.append(decimal: minutes % 60, digits: 2)
    }

    private static func clock(_ time: CivilTime, _ text: inout LineText) {
        text.append(decimal: time.hour, digits: 2)
        text.append(UInt8(ascii: ":"))
        text.append(decimal: time.minute, digits: 2)
        text.append(UInt8(ascii: ":"))
        text.append(decimal: time.second, digits: 2)
    }

    private static func month(_ number: UInt64) -> StaticString {
        switch number {
        case 1: "Jan"
        case 2: "Feb"
        case 3: "Mar"
        case 4: "Apr"
        case 5: "May"
        case 6: "Jun"
        case 7: "Jul"
        case 8: "Aug"
        case 9: "Sep"
        case 10: "Oct"
        case 11: "Nov"
        default: "Dec"
        }
    }
}

/// A second since 1970 as date and time of the Gregorian calendar.
struct CivilTime {
    let year: UInt64
    let month: UInt64
    let day: UInt64
    let hour: UInt64
    let minute: UInt64
    let second: UInt64

    /// Before the year 0 it is clamped.
    init(second count: Int64) {
        let bounded = max(count, -62_167_219_200)
        let days = bounded.flooredQuotient(by: 86_400)
        let rest = UInt64(bounded - days * 86_400)
        let date = LogTime.civilDate(day: days)
        year = UInt64(max(0, date.year))
        month = UInt64(date.month)
        day = UInt64(date.day)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
    }
}
