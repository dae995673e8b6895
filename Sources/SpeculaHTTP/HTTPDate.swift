/// A moment as `Date` fields spell it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
package struct HTTPDate: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z; before year 0 and after 9999 it is clamped.
    package let secondsSinceEpoch: Int64

    package init(secondsSinceEpoch: Int64) {
        self.secondsSinceEpoch = min(max(secondsSinceEpoch, -62_167_219_200), 253_402_300_799)
    }

    /// Writes the 29 bytes of the date.
    package func write(into writer: inout ByteWriter) {
        let days = (secondsSinceEpoch >= 0 ? secondsSinceEpoch : secondsSinceEpoch - 86_399) / 86_400
        let second = Int(secondsSinceEpoch - days * 86_400)
        let weekday = Int(((days % 7) + 11) % 7)
        let (year, month, day) = Self.civil(fromDays: days)
        Self.append(3, of: "SunMonTueWedThuFriSat", at: weekday, into: &writer)
        writer.append(", ")
        Self.append(twoDigits: day, into: &writer)
        writer.append(UInt8(ascii: " "))
        Self.append(3, of: "JanFebMarAprMayJunJulAugSepOctNovDec", at: month - 1, into: &writer)
        writer.append(UInt8(ascii: " "))
        Self.append(twoDigits: year / 100, into: &writer)
        Self.append(twoDigits: year % 100, into: &writer)
        writer.append(UInt8(ascii: " "))
        Self.append(twoDigits: second / 3600, into: &writer)
        writer.append(UInt8(ascii: ":"))
        Self.append(twoDigits: second / 60 % 60, into: &writer)
        writer.append(UInt8(ascii: ":"))
        Self.append(twoDigits: second % 60, into: &writer)
        writer.append(" GMT")
    }

    /// Writes a whole `Date: … CRLF` line, of 37 bytes.
    package func writeLine(into writer: inout ByteWriter) {
        writer.append("Date: ")
        write(into: &writer)
        writer.append("\r\n")
    }

    /// The line as bytes; kept by a loop for as long as its second lasts.
    package var line: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: 40) { buffer, count in
            var writer = ByteWriter(UnsafeMutableRawBufferPointer(buffer))
            writeLine(into: &writer)
            count = writer.count
        }
    }

    private static func append(twoDigits value: Int, into writer: inout ByteWriter) {
        writer.append(UInt8(truncatingIfNeeded: value / 10) &+ 0x30)
        writer.append(UInt8(truncatingIfNeeded: value % 10) &+ 0x30)
    }

    private static func append(_ width: Int, of names: StaticString, at index: Int, into writer: inout ByteWriter) {
        for offset in index * width..<(index + 1) * width where offset < names.utf8CodeUnitCount {
            unsafe writer.append(names.utf8Start[offset])
        }
    }

    /// Year, month and day of a day since the epoch, in the Gregorian calendar (eras of 146,097 days).
    private static func civil(fromDays days: Int64) -> (year: Int, month: Int, day: Int) {
        let shifted = Int(days) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
