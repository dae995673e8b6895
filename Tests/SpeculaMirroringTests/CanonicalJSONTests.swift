import Glibc
import SpeculaConfiguration
import SpeculaMetrics
import SpeculaRouting
import Testing

@testable import SpeculaMirroring

/// JSON compared for what it says: spellings that say the same, and what makes a difference.
@Suite struct CanonicalJSONTests {
    private func result(_ one: String, _ two: String, _ paths: String...) throws -> String {
        let ignored = IgnoredPaths(try paths.map { try JSONPath(parsing: $0) })
        return "\(JSONReading.result(Array(one.utf8), Array(two.utf8), ignored))"
    }

    @Test(arguments: [
        ("1", "1.0"), ("1", "10e-1"), ("100", "1E+2"), ("0", "-0.0"), ("0.1", "0.100"), ("12e3", "12000"),
        ("0e999999999999999", "0"), ("1e-400", "0.1E-399"), (" [ 1 , 2 ] ", "[1,2]"),
        (#"{"a":1,"b":2}"#, #"{ "b" : 2, "a" : 1 }"#), (#""\u0041\n\/""#, #""A\u000a/""#),
        (#""\ud83d\ude00é""#, #""😀\u00E9""#), (#"{"\u0061":[{}]}"#, #"{"a":[ { } ]}"#), ("true", " true\n"),
    ])
    func spellingsDoNotCount(one: String, two: String) throws {
        #expect(try result(one, two) == "match")
    }

    @Test(arguments: [
        ("1", "2"), ("1", "\"1\""), ("1", "[1]"), ("1", "-1"), ("10", "100"), ("0.1", "0.10000000000000001"),
        ("true", "false"), ("null", "0"), ("null", "{}"), ("[]", "{}"), ("[1,2]", "[2,1]"), ("[[1],2]", "[1,[2]]"),
        (#"{"a":1}"#, #"{"a":1,"b":null}"#), (#"{"a":1,"b":2}"#, #"{"a":2,"b":1}"#),
        (#"{"a":{"b":1}}"#, #"{"a":1,"b":{}}"#),
        (#"{"a":1}"#, #"{"A":1}"#), (#"{"a":1,"a":1}"#, #"{"a":1}"#), (#""a""#, #""a ""#), ("[]", "[null]"),
    ])
    func whatIsSaidCounts(one: String, two: String) throws {
        #expect(try result(one, two) == "bodyMismatch")
    }

    @Test(arguments: [
        "", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}", "01", "1.", ".5", "1e", "+1", "tru", "nulll", "\"a",
        "\"\\x\"", "\"\\u12g4\"", "\"\u{1}\"", "[1] 2", "--1", "'a'", "NaN",
    ])
    func whatIsNoJSONMatchesNothing(text: String) throws {
        #expect(try result(text, "1") == "bodyMismatch")
        #expect(try result("1", text) == "bodyMismatch")
    }

    @Test func whatIsBeyondLimitsIsSkipped() throws {
        let deep = String(repeating: "[", count: 66) + String(repeating: "]", count: 66)
        #expect(try result(deep, "1") == "skipped")
        #expect(try result(String(repeating: "[", count: 1 << 20), "1") == "skipped")
        #expect(try result("1e99999999999999", "1") == "skipped")
        let fits = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
        #expect(try result(fits, " " + fits) == "match")
    }

    @Test func pathsThatDoNotCountAreLeftOut() throws {
        #expect(try result(#"{"a":1,"id":2}"#, #"{"a":1}"#, "$.id") == "match")
        #expect(try result(#"{"a":{"id":2}}"#, #"{"a":{"id":3}}"#, "$.id") == "bodyMismatch")
        #expect(try result(#"{"a":{"id":2}}"#, #"{"a":{"id":3}}"#, "$..id") == "match")
        #expect(try result(#"{"l":[{"id":1,"n":1},{"id":2}]}"#, #"{"l":[{"n":1},{}]}"#, "$.l[*].id") == "match")
        #expect(try result("[1,2,3]", "[1,9,3]", "$[1]") == "match")
        #expect(try result("[1,2,3]", "[1,2,4]", "$[1]") == "bodyMismatch")
        #expect(try result(#"{"x y":{"z":1},"k":[2]}"#, #"{"x y":{},"k":[2]}"#, "$['x y'].z") == "match")
        #expect(try result(#"{"a":{"b":{"c":1}}}"#, #"{"a":{"q":{"c":1}}}"#, "$.a.*") == "match")
        #expect(try result(#"{"a":{"b":{"c":1},"d":1}}"#, #"{"a":{"b":{"c":2},"d":1}}"#, "$.*.b.c", "$.z") == "match")
        // What does not count must be JSON all the same.
        #expect(try result(#"{"id":nope}"#, "{}", "$.id") == "bodyMismatch")
        // The member's name as JSON may spell it.
        #expect(try result(#"{"\u0069d":1}"#, "{}", "$.id") == "match")
    }

    // MARK: By chance

    private static let seed: UInt64 = {
        if let text = unsafe getenv("SPECULA_SEED"), let seed = unsafe UInt64(String(cString: text)) { return seed }
        return UInt64.random(in: 0..<(1 << 53))
    }()

    /// A document in two spellings matches, whatever they are; one change in it is seen.
    @Test func twoSpellingsMatchAndAChangeShows() throws {
        var random = Spelling(state: Self.seed)
        let none = IgnoredPaths([])
        for round in 0..<2_000 {
            let value = random.value(depth: 0)
            let (one, two) = (random.spell(value), random.spell(value))
            #expect(
                JSONReading.result(one, two, none) == .match,
                "seed \(Self.seed), round \(round): \(String(decoding: one, as: UTF8.self)) | \(String(decoding: two, as: UTF8.self))"
            )
            let other = random.changed(value)
            #expect(
                JSONReading.result(one, random.spell(other), none) == .bodyMismatch,
                "seed \(Self.seed), round \(round): \(value) | \(other)")
        }
    }

    /// Leaving a path out says the same as a document without what is there, and nothing else is left out.
    @Test func pathsLeaveOutWhatTheyNameAndNoMore() throws {
        var random = Spelling(state: Self.seed &+ 2)
        var met = 0
        for round in 0..<4_000 {
            let value = random.value(depth: 0)
            var path = "$"
            guard let without = random.removed(from: value, &path) else { continue }
            met += 1
            let ignored = IgnoredPaths([try JSONPath(parsing: path)])
            let one = random.spell(value)
            let told = "seed \(Self.seed), round \(round): \(path) in \(String(decoding: one, as: UTF8.self))"
            #expect(JSONReading.result(one, random.spell(without), ignored) == .match, "\(told)")
            let whole = try CanonicalJSON.digest(one, ignoring: IgnoredPaths([]))
            #expect(try CanonicalJSON.digest(random.spell(without), ignoring: IgnoredPaths([])) != whole, "\(told)")
        }
        #expect(met > 500)
    }

    /// Broken documents are taken for JSON exactly where a strict parser takes them, and never end the process.
    @Test func brokenDocumentsAreReadAsByAStrictParser() throws {
        var random = Spelling(state: Self.seed &+ 1)
        let none = IgnoredPaths([])
        for round in 0..<4_000 {
            var text = random.spell(random.value(depth: 0))
            for _ in 0..<random.below(4) where !text.isEmpty {
                let place = random.below(text.count)
                switch random.below(3) {
                case 0: text.remove(at: place)
                case 1: text.insert(random.pick(Array("{}[],:\"\\0123eE+-. tfn".utf8)), at: place)
                default: text[place] = UInt8(truncatingIfNeeded: random.next() & 0x7f)
                }
            }
            // What is no UTF-8 is not looked into here: bytes are compared as they are.
            guard String(validating: text, as: UTF8.self) != nil else { continue }
            let isStrict = (try? JSONParser.parse(text)) != nil
            let isRead = (try? CanonicalJSON.digest(text, ignoring: none)) != nil
            #expect(isRead == isStrict, "seed \(Self.seed), round \(round): \(String(decoding: text, as: UTF8.self))")
        }
    }
}

/// Makes documents and spells them, by chance.
private struct Spelling {
    indirect enum Value: Equatable {
        case null, bool(Bool)
        case number(Int, power: Int)
        case string([Unicode.Scalar])
        case array([Value])
        case object([(String, Value)])

        static func == (one: Value, two: Value) -> Bool { "\(one)" == "\(two)" }
    }

    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }
    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    private static let scalars: [Unicode.Scalar] = [
        "a", "b", "\"", "\\", "/", "\n", "é", "\u{7f}", "€", "😀", " ", "\u{1}",
    ]

    mutating func value(depth: Int) -> Value {
        switch below(depth > 4 ? 4 : 6) {
        case 0: return .null
        case 1: return .bool(below(2) == 0)
        case 2: return .number(below(2_000_000) - 1_000_000, power: below(13) - 6)
        case 3: return .string((0..<below(6)).map { _ in pick(Self.scalars) })
        case 4: return .array((0..<below(4)).map { _ in value(depth: depth + 1) })
        default: return .object((0..<below(5)).map { ("k\($0)", value(depth: depth + 1)) })
        }
    }

    /// The same value but for one thing.
    mutating func changed(_ value: Value) -> Value {
        switch value {
        case .null: return .bool(true)
        case .bool(let bool): return .bool(!bool)
        case .number(let number, let power): return .number(number * 10 + 1, power: power - 1)
        case .string(let scalars): return .string(scalars + ["x"])
        case .array(var elements):
            if elements.isEmpty || below(4) == 0 { return .array(elements + [.null]) }
            let place = below(elements.count)
            elements[place] = changed(elements[place])
            return .array(elements)
        case .object(var members):
            if members.isEmpty || below(4) == 0 { return .object(members + [("new", .null)]) }
            let place = below(members.count)
            if below(4) == 0 { members[place].0 += "x" } else { members[place].1 = changed(members[place].1) }
            return .object(members)
        }
    }

    /// The document without one member or last element, whose path is appended; nil where there is nothing to take out.
    mutating func removed(from value: Value, _ path: inout String) -> Value? {
        switch value {
        case .null, .bool, .number, .string: return nil
        case .array(var elements):
            guard let last = elements.last else { return nil }
            let place = elements.count - 1
            path += "[\(place)]"
            let before = path
            if below(2) == 0, let inside = removed(from: last, &path) {
                elements[place] = inside; return .array(elements)
            }
            path = before
            return .array(elements.dropLast())
        case .object(var members):
            guard !members.isEmpty else { return nil }
            let place = below(members.count)
            path += pick([".\(members[place].0)", "['\(members[place].0)']"])
            let before = path
            if below(2) == 0, let inside = removed(from: members[place].1, &path) {
                members[place].1 = inside
                return .object(members)
            }
            path = before
            members.remove(at: place)
            return .object(members)
        }
    }

    mutating func spell(_ value: Value) -> [UInt8] {
        var text: [UInt8] = []
        blank(&text)
        switch value {
        case .null: text += Array("null".utf8)
        case .bool(let bool): text += Array("\(bool)".utf8)
        case .number(let number, let power): text += Array(spelled(number, power).utf8)
        case .string(let scalars): string(scalars, &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                text += spell(element)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            var order = Array(members.indices)
            for place in order.indices.reversed() { order.swapAt(place, below(place + 1)) }
            for (place, index) in order.enumerated() {
                if place > 0 { text.append(UInt8(ascii: ",")) }
                blank(&text)
                string(Array(members[index].0.unicodeScalars), &text)
                blank(&text)
                text.append(UInt8(ascii: ":"))
                text += spell(members[index].1)
            }
            text.append(UInt8(ascii: "}"))
        }
        blank(&text)
        return text
    }

    private mutating func blank(_ text: inout [UInt8]) {
        for _ in 0..<below(2) { text.append(pick([0x20, 0x09, 0x0a, 0x0d])) }
    }

    private mutating func spelled(_ number: Int, _ power: Int) -> String {
        switch below(3) {
        case 0: return "\(number)\(pick(["e", "E"]))\(power >= 0 ? pick(["", "+"]) : "")\(power)"
        case 1: return "\(number).000e\(power)"
        default: return "\(number)0e\(power - 1)"
        }
    }

    private mutating func string(_ scalars: [Unicode.Scalar], _ text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for scalar in scalars {
            let mustEscape = scalar == "\"" || scalar == "\\" || scalar.value < 0x20
            if mustEscape || below(3) == 0 {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: below(2) == 0)
                    text += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
                }
            } else {
                text += Array(String(scalar).utf8)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
