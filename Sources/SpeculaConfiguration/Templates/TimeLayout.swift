/// How a time is written, in Go's way: as it would write Monday, 2 January 2006, 15:04:05 in the zone MST.
///
/// Longer than others: a table of its pieces, and each of them written and read.
struct TimeLayout {
    private enum Piece: Equatable {
        case text(String)
        case longMonth, month, monthNumber, paddedMonth
        case longWeekday, weekday
        case day, blankDay, paddedDay, blankDayOfYear, dayOfYear
        case hour, hour12, paddedHour12, minute, paddedMinute, second, paddedSecond
        case year, shortYear
        case upperHalf, lowerHalf
        case zone
        /// `Z` for UTC; with colons; how much of it: hours, minutes, seconds.
        case offset(hasZ: Bool, hasColons: Bool, length: Int)
        /// The mark and so many digits; with nines, zeros at the end are left out.
        case fraction(Character, digits: Int, isTrimmed: Bool)
    }

    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// Longer ones come first.
    private static let known: [(text: String, piece: Piece)] = [
        ("January", .longMonth), ("Jan", .month), ("Monday", .longWeekday), ("Mon", .weekday), ("MST", .zone),
        ("2006", .year), ("__2", .blankDayOfYear), ("_2", .blankDay), ("002", .dayOfYear), ("01", .paddedMonth),
        ("02", .paddedDay), ("03", .paddedHour12), ("04", .paddedMinute), ("05", .paddedSecond), ("06", .shortYear),
        ("15", .hour), ("1", .monthNumber), ("2", .day), ("3", .hour12), ("4", .minute), ("5", .second),
        ("PM", .upperHalf), ("pm", .lowerHalf),
        ("Z07:00:00", .offset(hasZ: true, hasColons: true, length: 3)),
        ("Z07:00", .offset(hasZ: true, hasColons: true, length: 2)),
        ("Z070000", .offset(hasZ: true, hasColons: false, length: 3)),
        ("Z0700", .offset(hasZ: true, hasColons: false, length: 2)),
        ("Z07", .offset(hasZ: true, hasColons: false, length: 1)),
        ("-07:00:00", .offset(hasZ: false, hasColons: true, length: 3)),
        ("-07:00", .offset(hasZ: false, hasColons: true, length: 2)),
        ("-070000", .offset(hasZ: false, hasColons: false, length: 3)),
        ("-0700", .offset(hasZ: false, hasColons: false, length: 2)),
        ("-07", .offset(hasZ: false, hasColons: false, length: 1)),
    ]

    private var pieces: [Piece] = []

    init(_ layout: String) {
        var rest = Substring(layout)
        var text = ""
        while let character = rest.first {
            if let (piece, length) = Self.piece(at: rest) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(piece)
                rest = rest.dropFirst(length)
            } else {
                text.append(character)
                rest.removeFirst()
            }
        }
        if !text.isEmpty { pieces.append(.text(text)) }
    }

    private static func piece(at rest: Substring) -> (Piece, length: Int)? {
        if let first = rest.first, first == "." || first == ",", let digit = rest.dropFirst().first,
            digit == "0" || digit == "9"
        {
            let run = rest.dropFirst().prefix { $0 == digit }
            let next = rest.dropFirst(1 + run.count).first
            guard next.map({ $0.isASCII && $0.isNumber }) != true else { return nil }
            return (.fraction(first, digits: run.count, isTrimmed: digit == "9"), run.count + 1)
        }
        for (text, piece) in known where rest.hasPrefix(text) {
            let next = rest.dropFirst(text.count).first
            let isInWord = next.map { $0.isASCII && $0.isLowercase } ?? false
            // `Janet` and `Money` are no dates, and `_2006` is a year behind a mark.
            if piece == .month || piece == .weekday, isInWord { continue }
            if piece == .blankDay, rest.dropFirst().hasPrefix("2006") { return nil }
            return (piece, text.count)
        }
        return nil
    }

    // MARK: Writing

    func text(of time: TemplateTime) -> String {
        let parts = time.parts
        return pieces.map { Self.text(of: $0, parts, time.nanoseconds) }.joined()
    }

    private static func text(of piece: Piece, _ parts: TemplateTime.Parts, _ nanoseconds: Int64) -> String {
        let hour12 = parts.hour % 12 == 0 ? 12 : parts.hour % 12
        switch piece {
        case .text(let text): return text
        case .longMonth: return months[parts.month - 1]
        case .month: return String(months[parts.month - 1].prefix(3))
        case .monthNumber: return String(parts.month)
        case .paddedMonth: return padded(parts.month, 2)
        case .longWeekday: return weekdays[parts.weekday]
        case .weekday: return String(weekdays[parts.weekday].prefix(3))
        case .day: return String(parts.day)
        case .blankDay: return padded(parts.day, 2, with: " ")
        case .paddedDay: return padded(parts.day, 2)
        case .blankDayOfYear: return padded(parts.dayOfYear, 3, with: " ")
        case .dayOfYear: return padded(parts.dayOfYear, 3)
        case .hour: return padded(parts.hour, 2)
        case .hour12: return String(hour12)
        case .paddedHour12: return padded(hour12, 2)
        case .minute: return String(parts.minute)
        case .paddedMinute: return padded(parts.minute, 2)
        case .second: return String(parts.second)
        case .paddedSecond: return padded(parts.second, 2)
        case .year: return padded(parts.year, 4)
        case .shortYear: return padded(((parts.year % 100) + 100) % 100, 2)
        case .upperHalf: return parts.hour < 12 ? "AM" : "PM"
        case .lowerHalf: return parts.hour < 12 ? "am" : "pm"
        case .zone: return parts.zoneName
        case .offset(let hasZ, let hasColons, let length):
            if hasZ, parts.offset == 0 { return "Z" }
            let size = abs(parts.offset)
            let fields = [size / 3600, size / 60 % 60, size % 60].prefix(length).map { padded($0, 2) }
            return (parts.offset < 0 ? "-" : "+") + fields.joined(separator: hasColons ? ":" : "")
        case .fraction(let mark, let digits, let isTrimmed):
            var all = padded(Int(nanoseconds), 9).prefix(digits)
            if isTrimmed { while all.hasSuffix("0") { all.removeLast() } }
            return all.isEmpty ? "" : "\(mark)\(all)"
        }
    }

    private static func padded(_ number: Int, _ width: Int, with filler: Character = "0") -> String {
        let digits = String(abs(number))
        let sign = number < 0 ? "-" : ""
        return sign + String(repeating: filler, count: max(0, width - digits.count)) + digits
    }

    // MARK: Reading

    private struct Reading {
        var parts = TemplateTime.Parts()
        var nanoseconds: Int64 = 0
        var isAfternoon: Bool?
        var dayOfYear: Int?
        var offset: Int?
        var zoneName: String?
        var rest: Substring
    }

    /// What a text says that is written so; nil when it is not.
    func time(of text: String, in zone: ZoneRules) -> TemplateTime? {
        var reading = Reading(rest: Substring(text))
        reading.parts.year = 0
        for (number, piece) in pieces.enumerated() {
            let isFractionNext = number + 1 < pieces.count && Self.isFraction(pieces[number + 1])
            guard Self.read(piece, &reading, takesFraction: !isFractionNext) else { return nil }
        }
        guard reading.rest.isEmpty else { return nil }
        return Self.time(reading, zone)
    }

    private static func isFraction(_ piece: Piece) -> Bool { if case .fraction = piece { true } else { false } }

    private static func read(_ piece: Piece, _ reading: inout Reading, takesFraction: Bool) -> Bool {
        func number(_ digits: ClosedRange<Int>, _ allowed: ClosedRange<Int>) -> Int? {
            let found = reading.rest.utf8.prefix(digits.upperBound).prefix { (0x30...0x39).contains($0) }
            guard found.count >= digits.lowerBound, let value = Int(Substring(found)), allowed.contains(value) else {
                return nil
            }
            reading.rest = reading.rest.dropFirst(found.count)
            return value
        }
        func put(_ path: WritableKeyPath<TemplateTime.Parts, Int>, _ value: Int?) -> Bool {
            guard let value else { return false }
            reading.parts[keyPath: path] = value
            return true
        }
        func name(_ names: [String], length: Int?) -> Int? {
            for (position, name) in names.enumerated() {
                let wanted = length.map { String(name.prefix($0)) } ?? name
                guard reading.rest.prefix(wanted.count).lowercased() == wanted.lowercased() else { continue }
                reading.rest = reading.rest.dropFirst(wanted.count)
                return position + 1
            }
            return nil
        }
        func skipBlanks() { reading.rest = reading.rest.drop { $0 == " " } }
        switch piece {
        case .text(let text):
            guard reading.rest.hasPrefix(text) else { return false }
            reading.rest = reading.rest.dropFirst(text.count)
            return true
        case .longMonth: return put(\.month, name(months, length: nil))
        case .month: return put(\.month, name(months, length: 3))
        case .monthNumber: return put(\.month, number(1...2, 1...12))
        case .paddedMonth: return put(\.month, number(2...2, 1...12))
        case .longWeekday: return name(weekdays, length: nil) != nil
        case .weekday: return name(weekdays, length: 3) != nil
        case .day: return put(\.day, number(1...2, 1...31))
        case .blankDay:
            skipBlanks()
            return put(\.day, number(1...2, 1...31))
        case .paddedDay: return put(\.day, number(2...2, 1...31))
        case .blankDayOfYear, .dayOfYear:
            if piece == .blankDayOfYear { skipBlanks() }
            reading.dayOfYear = number(piece == .dayOfYear ? 3...3 : 1...3, 1...366)
            return reading.dayOfYear != nil
        case .hour: return put(\.hour, number(1...2, 0...23))
        case .hour12: return put(\.hour, number(1...2, 0...12))
        case .paddedHour12: return put(\.hour, number(2...2, 0...12))
        case .minute: return put(\.minute, number(1...2, 0...59))
        case .paddedMinute: return put(\.minute, number(2...2, 0...59))
        case .second, .paddedSecond:
            guard put(\.second, number(piece == .second ? 1...2 : 2...2, 0...59)) else { return false }
            // A fraction that the layout does not have is taken all the same.
            let next = reading.rest.dropFirst().first
            if takesFraction, reading.rest.first == "." || reading.rest.first == ",",
                next.map({ $0.isASCII && $0.isNumber }) == true
            {
                return fraction(&reading, digits: nil)
            }
            return true
        case .year: return put(\.year, number(4...4, 0...9999))
        case .shortYear:
            guard let year = number(2...2, 0...99) else { return false }
            return put(\.year, year >= 69 ? 1900 + year : 2000 + year)
        case .upperHalf, .lowerHalf:
            let wanted = piece == .upperHalf ? ["AM", "PM"] : ["am", "pm"]
            guard let position = wanted.firstIndex(where: { reading.rest.hasPrefix($0) }) else { return false }
            reading.rest = reading.rest.dropFirst(2)
            reading.isAfternoon = position == 1
            return true
        case .zone:
            let letters = reading.rest.prefix { $0.isASCII && $0.isUppercase }
            guard (3...5).contains(letters.count) else { return false }
            reading.zoneName = String(letters)
            reading.rest = reading.rest.dropFirst(letters.count)
            return true
        case .offset(let hasZ, let hasColons, let length):
            if hasZ, reading.rest.first == "Z" {
                reading.rest.removeFirst()
                reading.offset = 0
                return true
            }
            guard let sign = reading.rest.popFirst(), sign == "+" || sign == "-" else { return false }
            var size = 0
            for (position, scale) in [3600, 60, 1].prefix(length).enumerated() {
                if hasColons, position > 0 {
                    guard reading.rest.popFirst() == ":" else { return false }
                }
                guard let value = number(2...2, position == 0 ? 0...24 : 0...59) else { return false }
                size += value * scale
            }
            reading.offset = sign == "-" ? -size : size
            return true
        case .fraction(_, let digits, let isTrimmed):
            let isThere = reading.rest.first == "." || reading.rest.first == ","
            if isTrimmed, !isThere { return true }
            return isThere && fraction(&reading, digits: isTrimmed ? nil : digits)
        }
    }

    private static func fraction(_ reading: inout Reading, digits: Int?) -> Bool {
        reading.rest.removeFirst()
        let found = reading.rest.prefix { $0.isASCII && $0.isNumber }
        guard !found.isEmpty, digits == nil || found.count == digits else { return false }
        reading.rest = reading.rest.dropFirst(found.count)
        let kept = found.prefix(9)
        reading.nanoseconds =
            (Int64(kept) ?? 0)
            * [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000][
                9 - kept.count]
        return true
    }

    private static func time(_ reading: Reading, _ zone: ZoneRules) -> TemplateTime? {
        var parts = reading.parts
        if let isAfternoon = reading.isAfternoon {
            if isAfternoon, parts.hour < 12 { parts.hour += 12 }
            if !isAfternoon, parts.hour == 12 { parts.hour = 0 }
        }
        var day: Int64
        if let ofYear = reading.dayOfYear {
            guard ofYear <= (CivilDate.isLeap(parts.year) ? 366 : 365) else { return nil }
            day = CivilDate.day(parts.year, 1, 1) + Int64(ofYear - 1)
        } else {
            guard parts.day <= CivilDate.days(ofMonth: parts.month, parts.year) else { return nil }
            day = CivilDate.day(parts.year, parts.month, parts.day)
        }
        let wall = day * 86_400 + Int64(parts.hour * 3600 + parts.minute * 60 + parts.second)
        if let offset = reading.offset {
            let here = zone.offset(at: wall - Int64(offset)).seconds
            let fixed = ZoneRules(fixed: offset, name: reading.zoneName ?? "")
            let shown = offset == 0 ? ZoneRules.utc : here == offset ? zone : fixed
            return TemplateTime(seconds: wall - Int64(offset), nanoseconds: reading.nanoseconds, zone: shown)
        }
        if let name = reading.zoneName, name != "UTC" {
            let guess = zone.seconds(ofWall: wall)
            if zone.offset(at: guess).name == name {
                return TemplateTime(seconds: guess, nanoseconds: reading.nanoseconds, zone: zone)
            }
            return TemplateTime(
                seconds: wall, nanoseconds: reading.nanoseconds, zone: ZoneRules(fixed: 0, name: name))
        }
        if reading.zoneName == "UTC" {
            return TemplateTime(seconds: wall, nanoseconds: reading.nanoseconds, zone: .utc)
        }
        return TemplateTime(seconds: zone.seconds(ofWall: wall), nanoseconds: reading.nanoseconds, zone: zone)
    }
}
