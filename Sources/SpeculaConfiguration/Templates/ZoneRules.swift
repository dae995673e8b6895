/// When the clocks of a zone are changed, as a file of the time zone database says it. (RFC 9636)
struct ZoneRules: Sendable, Equatable {
    private struct Kind: Sendable, Equatable {
        var offset: Int
        var name: String
    }

    /// What holds behind the last change of the file: `CET-1CEST,M3.5.0,M10.5.0/3`.
    private struct Future: Sendable, Equatable {
        var standard: Kind
        var summer: Kind?
        var begin = Change()
        var end = Change()
    }

    /// A moment of each year.
    private struct Change: Sendable, Equatable {
        enum Day: Sendable, Equatable {
            /// A week from 1 to 5, the last, and a day of the week.
            case inMonth(Int, week: Int, weekday: Int)
            /// From 1; 29 February is never counted.
            case julian(Int)
            /// From 0.
            case ofYear(Int)
        }

        var day = Day.julian(1)
        /// Seconds after midnight.
        var time = 7200
    }

    private var changes: [(at: Int64, kind: Kind)] = []
    private var first: Kind
    private var future: Future?

    static let utc = ZoneRules(fixed: 0, name: "UTC")

    init(fixed offset: Int, name: String) { first = Kind(offset: offset, name: name) }

    static func == (first: ZoneRules, second: ZoneRules) -> Bool {
        first.first == second.first && first.future == second.future
            && first.changes.elementsEqual(second.changes) { $0.at == $1.at && $0.kind == $1.kind }
    }

    /// Seconds east of Greenwich, and the zone's name at that moment.
    func offset(at moment: Int64) -> (seconds: Int, name: String) {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].at <= moment { low = middle + 1 } else { high = middle }
        }
        var kind = low == 0 ? first : changes[low - 1].kind
        if low == changes.count, let future { kind = Self.kind(future, at: moment) }
        // Go shows a zone without a name by its offset.
        return (kind.offset, kind.name.isEmpty ? Self.shown(kind.offset) : kind.name)
    }

    private static func shown(_ offset: Int) -> String {
        TimeLayout("-0700").text(
            of: TemplateTime(seconds: 0, nanoseconds: 0, zone: ZoneRules(fixed: offset, name: "?")))
    }

    /// The moment at which clocks show this; of two the first, of none the one with the offset before.
    func seconds(ofWall wall: Int64) -> Int64 {
        let before = wall - Int64(offset(at: wall - 86_400).seconds)
        if offset(at: before).seconds == Int(wall - before) { return before }
        let after = wall - Int64(offset(at: wall + 86_400).seconds)
        return offset(at: after).seconds == Int(wall - after) ? after : before
    }

    // MARK: Years to come

    private static func kind(_ future: Future, at moment: Int64) -> Kind {
        guard let summer = future.summer else { return future.standard }
        let year = TemplateTime(
            seconds: moment + Int64(future.standard.offset), nanoseconds: 0, zone: .utc
        ).parts.year
        let begin = Self.moment(future.begin, year) - Int64(future.standard.offset)
        let end = Self.moment(future.end, year) - Int64(summer.offset)
        let isSummer = begin < end ? moment >= begin && moment < end : moment >= begin || moment < end
        return isSummer ? summer : future.standard
    }

    private static func moment(_ change: Change, _ year: Int) -> Int64 {
        let day: Int64
        switch change.day {
        case .inMonth(let month, let week, let weekday):
            let first = CivilDate.day(year, month, 1)
            let ofFirst = ((first + 4) % 7 + 7) % 7
            var number = (Int64(weekday) - ofFirst + 7) % 7 + Int64(week - 1) * 7
            while number >= Int64(CivilDate.days(ofMonth: month, year)) { number -= 7 }
            day = first + number
        case .julian(let number):
            let isBehind = CivilDate.isLeap(year) && number >= 60
            day = CivilDate.day(year, 1, 1) + Int64(number - (isBehind ? 0 : 1))
        case .ofYear(let number): day = CivilDate.day(year, 1, 1) + Int64(number)
        }
        return day * 86_400 + Int64(change.time)
    }

    // MARK: Reading a file

    /// Nil for what is no such file.
    init?(file bytes: [UInt8]) {
        guard bytes.count >= 44, bytes.starts(with: Array("TZif".utf8)) else { return nil }
        func counts(_ start: Int) -> [Int] { (0..<6).map { Int(Self.integer(bytes, start + 20 + 4 * $0, 4)) } }
        var start = 0
        var size = 4
        if bytes[4] >= UInt8(ascii: "2") {
            // The second half has what the first has, with more bits.
            let old = counts(0)
            guard old.allSatisfy({ (0..<1 << 20).contains($0) }) else { return nil }
            start = 44 + old[3] * 5 + old[4] * 6 + old[5] + old[2] * 8 + old[1] + old[0]
            size = 8
            guard bytes.count >= start + 44 else { return nil }
        }
        // utc/local, standard/wall, leap seconds, changes, kinds, characters
        let found = counts(start)
        guard found.allSatisfy({ (0..<1 << 20).contains($0) }), found[4] > 0 else { return nil }
        let times = start + 44
        let indices = times + found[3] * size
        let kindsStart = indices + found[3]
        let names = kindsStart + found[4] * 6
        let end = names + found[5] + found[2] * (size + 4) + found[1] + found[0]
        guard bytes.count >= end else { return nil }
        let kinds = (0..<found[4]).map { number -> Kind in
            let place = kindsStart + number * 6
            let name = bytes[names..<names + found[5]].dropFirst(Int(bytes[place + 5])).prefix { $0 != 0 }
            return Kind(
                offset: Int(Self.integer(bytes, place, 4)), name: String(decoding: name, as: UTF8.self))
        }
        first = kinds[0]
        for number in 0..<found[3] {
            guard kinds.indices.contains(Int(bytes[indices + number])) else { return nil }
            changes.append((Self.integer(bytes, times + number * size, size), kinds[Int(bytes[indices + number])]))
        }
        if size == 8 {
            let footer = bytes[end...].dropFirst().prefix { $0 != 0x0A }
            future = Self.future(String(decoding: footer, as: UTF8.self))
        }
    }

    private static func integer(_ bytes: [UInt8], _ start: Int, _ size: Int) -> Int64 {
        let value = bytes[start..<start + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return size == 8 ? Int64(bitPattern: value) : Int64(Int32(bitPattern: UInt32(truncatingIfNeeded: value)))
    }

    private static func future(_ text: String) -> Future? {
        var rest = Substring(text)
        guard let standard = kind(&rest, isSummer: nil) else { return nil }
        var found = Future(standard: standard)
        guard !rest.isEmpty else { return found }
        guard let summer = kind(&rest, isSummer: standard.offset), rest.popFirst() == "," else { return nil }
        let parts = rest.split(separator: ",")
        guard parts.count == 2, let begin = change(parts[0]), let end = change(parts[1]) else { return nil }
        found.summer = summer
        (found.begin, found.end) = (begin, end)
        return found
    }

    /// `CET-1`, `<+03>-3`; in summer an hour more than in winter unless it is said.
    private static func kind(_ rest: inout Substring, isSummer standard: Int?) -> Kind? {
        let name: Substring
        if rest.hasPrefix("<") {
            guard let end = rest.firstIndex(of: ">") else { return nil }
            name = rest[..<end].dropFirst()
            rest = rest[rest.index(after: end)...]
        } else {
            name = rest.prefix { $0.isLetter }
            rest = rest[name.endIndex...]
        }
        guard !name.isEmpty else { return nil }
        let time = rest.prefix { $0 != "," && !$0.isLetter && $0 != "<" }
        rest = rest[time.endIndex...]
        if time.isEmpty { return standard.map { Kind(offset: $0 + 3600, name: String(name)) } }
        // What is west is positive here.
        return seconds(time).map { Kind(offset: -$0, name: String(name)) }
    }

    private static func change(_ text: Substring) -> Change? {
        let parts = text.split(separator: "/")
        guard let day = parts.first else { return nil }
        var found = Change()
        if parts.count > 1 {
            guard let time = seconds(parts[1]) else { return nil }
            found.time = time
        }
        if day.hasPrefix("M") {
            let numbers = day.dropFirst().split(separator: ".").compactMap { Int($0) }
            guard numbers.count == 3, (1...12).contains(numbers[0]), (1...5).contains(numbers[1]),
                (0...6).contains(numbers[2])
            else { return nil }
            found.day = .inMonth(numbers[0], week: numbers[1], weekday: numbers[2])
        } else if day.hasPrefix("J") {
            guard let number = Int(day.dropFirst()), (1...365).contains(number) else { return nil }
            found.day = .julian(number)
        } else {
            guard let number = Int(day), (0...365).contains(number) else { return nil }
            found.day = .ofYear(number)
        }
        return found
    }

    /// `-1`, `+5:30`, `26:00:00`.
    private static func seconds(_ text: Substring) -> Int? {
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? text.dropFirst() : text
        let fields = digits.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...3).contains(fields.count), fields.allSatisfy({ $0.map { (0...167).contains($0) } ?? false }) else {
            return nil
        }
        let size = zip(fields, [3600, 60, 1]).reduce(0) { $0 + ($1.0 ?? 0) * $1.1 }
        return isNegative ? -size : size
    }
}
