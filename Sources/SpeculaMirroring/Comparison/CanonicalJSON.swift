internal import SpeculaHTTP
internal import SpeculaRouting

/// Reads JSON (RFC 8259) for what it says: a hash that does not depend on the order of members, on blanks, or on how numbers and
/// strings are spelled, and that leaves out the paths that do not count.
///
/// Numbers are compared as decimals, exactly: `1`, `1.0` and `10e-1` are the same, `0.1` and `0.10000000000000001` are not.
/// Depth is bounded, so no document can overflow the stack; memory is that of the text alone.
internal struct CanonicalJSON {
    /// Arrays and objects inside each other.
    static let maxDepth = 64

    enum Failure: Error {
        /// No JSON.
        case malformed
        /// Deeper than `maxDepth`, or a number with an exponent beyond reason.
        case beyondLimits
    }

    private let input: [UInt8]
    private let ignored: IgnoredPaths
    private var position = 0

    static func digest(_ input: [UInt8], ignoring ignored: IgnoredPaths) throws(Failure) -> UInt64 {
        var reader = CanonicalJSON(input: input, ignored: ignored)
        reader.skipBlanks()
        let digest = try reader.value(at: ignored.start, depth: 0)
        reader.skipBlanks()
        guard reader.position == input.count else { throw .malformed }
        return digest
    }

    private init(input: [UInt8], ignored: IgnoredPaths) {
        self.input = input
        self.ignored = ignored
    }

    /// What a value is of, folded in first, so that `"1"`, `1` and `[1]` differ.
    private enum Kind { static let object: UInt64 = 1, array: UInt64 = 2, string: UInt64 = 3, number: UInt64 = 4 }
    private enum Constant { static let yes: UInt64 = 5, no: UInt64 = 6, null: UInt64 = 7 }

    private var next: UInt8? { position < input.count ? input[position] : nil }

    private mutating func skipBlanks() {
        while position < input.count {
            switch input[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return
            }
        }
    }

    private mutating func value(at place: UInt64, depth: Int) throws(Failure) -> UInt64 {
        guard depth <= Self.maxDepth else { throw .beyondLimits }
        switch next {
        case UInt8(ascii: "{"): return try object(at: place, depth: depth)
        case UInt8(ascii: "["): return try array(at: place, depth: depth)
        case UInt8(ascii: "\""): return ByteHash.folded(Kind.string, try string())
        case UInt8(ascii: "t"): return try word(Self.trueWord, Constant.yes)
        case UInt8(ascii: "f"): return try word(Self.falseWord, Constant.no)
        case UInt8(ascii: "n"): return try word(Self.nullWord, Constant.null)
        default: return ByteHash.folded(Kind.number, try number())
        }
    }

    private mutating func word(_ letters: [UInt8], _ constant: UInt64) throws(Failure) -> UInt64 {
        for letter in letters {
            guard next == letter else { throw .malformed }
            position += 1
        }
        return ByteHash.folded(constant, 0)
    }

    private static let trueWord = Array("true".utf8)
    private static let falseWord = Array("false".utf8)
    private static let nullWord = Array("null".utf8)

    /// Members are added up: their order does not show, how often each is there does.
    private mutating func object(at place: UInt64, depth: Int) throws(Failure) -> UInt64 {
        position += 1
        var sum: UInt64 = 0
        skipBlanks()
        if next == UInt8(ascii: "}") {
            position += 1
            return ByteHash.folded(Kind.object, sum)
        }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw .malformed }
            let key = try string()
            skipBlanks()
            guard next == UInt8(ascii: ":") else { throw .malformed }
            position += 1
            skipBlanks()
            let (inside, isIgnored) = ignored.step(from: place, toMember: key)
            let value = try value(at: inside, depth: depth + 1)
            if !isIgnored { sum &+= ByteHash.folded(ByteHash.folded(key, Kind.object), value) }
            if try !continues(until: UInt8(ascii: "}")) { return ByteHash.folded(Kind.object, sum) }
        }
    }

    private mutating func array(at place: UInt64, depth: Int) throws(Failure) -> UInt64 {
        position += 1
        var digest = ByteHash.folded(Kind.array, 0)
        skipBlanks()
        if next == UInt8(ascii: "]") {
            position += 1
            return digest
        }
        var index = 0
        while true {
            skipBlanks()
            let (inside, isIgnored) = ignored.step(from: place, toElement: index)
            let value = try value(at: inside, depth: depth + 1)
            if !isIgnored { digest = ByteHash.folded(ByteHash.folded(digest, Kind.array), value) }
            index += 1
            if try !continues(until: UInt8(ascii: "]")) { return digest }
        }
    }

    private mutating func continues(until end: UInt8) throws(Failure) -> Bool {
        skipBlanks()
        guard let byte = next, byte == end || byte == UInt8(ascii: ",") else { throw .malformed }
        position += 1
        return byte != end
    }

    // MARK: Numbers

    /// The digits without zeros at either end, and the power of ten; the sign of zero does not count.
    private mutating func number() throws(Failure) -> UInt64 {
        let isNegative = next == UInt8(ascii: "-")
        if isNegative { position += 1 }
        var decimal = Decimal()
        let first = position
        let whole = digits(into: &decimal, isFraction: false)
        guard whole > 0, whole == 1 || input[first] != UInt8(ascii: "0") else { throw .malformed }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits(into: &decimal, isFraction: true) > 0 else { throw .malformed }
        }
        var exponent = 0
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            let isDown = next == UInt8(ascii: "-")
            if isDown || next == UInt8(ascii: "+") { position += 1 }
            let start = position
            while let byte = next, (0x30...0x39).contains(byte) {
                if exponent < 1 << 40 { exponent = exponent * 10 + Int(byte - 0x30) }
                position += 1
            }
            guard position > start else { throw .malformed }
            if exponent >= 1 << 40, !decimal.isZero { throw .beyondLimits }
            if isDown { exponent = -exponent }
        }
        return decimal.digest(isNegative: isNegative, exponent: exponent)
    }

    private struct Decimal {
        private var hash = ByteHash()
        private var zeros = 0
        private var power = 0
        private(set) var isZero = true

        mutating func add(_ digit: UInt8, isFraction: Bool) {
            if isFraction { power -= 1 }
            if digit == UInt8(ascii: "0") {
                if !isZero { zeros += 1 }
                return
            }
            while zeros > 0 {
                hash.update(UInt8(ascii: "0"))
                zeros -= 1
            }
            isZero = false
            hash.update(digit)
        }

        func digest(isNegative: Bool, exponent: Int) -> UInt64 {
            if isZero { return 0 }
            let scale = UInt64(bitPattern: Int64(exponent + power + zeros))
            return ByteHash.folded(ByteHash.folded(hash.value, isNegative ? 2 : 1), scale)
        }
    }

    private mutating func digits(into decimal: inout Decimal, isFraction: Bool) -> Int {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) {
            decimal.add(byte, isFraction: isFraction)
            position += 1
        }
        return position - start
    }

    // MARK: Strings

    /// The hash of a string's characters as UTF-8.
    private mutating func string() throws(Failure) -> UInt64 {
        position += 1
        var hash = ByteHash()
        while position < input.count {
            var end = position
            while end < input.count, input[end] != UInt8(ascii: "\""), input[end] != UInt8(ascii: "\\"),
                input[end] >= 0x20
            { end += 1 }
            hash.update(input.span.extracting(position..<end))
            position = end
            switch next {
            case UInt8(ascii: "\""):
                position += 1
                return hash.value
            case UInt8(ascii: "\\"): try escape(into: &hash)
            default: throw .malformed
            }
        }
        throw .malformed
    }

    private mutating func escape(into hash: inout ByteHash) throws(Failure) {
        position += 1
        guard let byte = next else { throw .malformed }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): hash.update(byte)
        case UInt8(ascii: "b"): hash.update(0x08)
        case UInt8(ascii: "f"): hash.update(0x0c)
        case UInt8(ascii: "n"): hash.update(0x0a)
        case UInt8(ascii: "r"): hash.update(0x0d)
        case UInt8(ascii: "t"): hash.update(0x09)
        case UInt8(ascii: "u"):
            let first = try hex4()
            let mark = position
            if (0xd800..<0xdc00).contains(first), next == UInt8(ascii: "\\"), position + 1 < input.count,
                input[position + 1] == UInt8(ascii: "u")
            {
                position += 2
                let second = try hex4()
                if (0xdc00..<0xe000).contains(second) {
                    add(0x10000 + (first - 0xd800) << 10 + second - 0xdc00, to: &hash)
                    return
                }
                position = mark
            }
            // Half of a pair is no character; it is taken as U+FFFD, as Go and JavaScript's encoders write it.
            add((0xd800..<0xe000).contains(first) ? 0xfffd : first, to: &hash)
        default: throw .malformed
        }
    }

    private func add(_ scalar: UInt32, to hash: inout ByteHash) {
        switch scalar {
        case 0..<0x80: hash.update(UInt8(scalar))
        case 0x80..<0x800:
            hash.update(UInt8(0xc0 | scalar >> 6))
            hash.update(UInt8(0x80 | scalar & 0x3f))
        case 0x800..<0x10000:
            hash.update(UInt8(0xe0 | scalar >> 12))
            hash.update(UInt8(0x80 | scalar >> 6 & 0x3f))
            hash.update(UInt8(0x80 | scalar & 0x3f))
        default:
            hash.update(UInt8(0xf0 | scalar >> 18))
            hash.update(UInt8(0x80 | scalar >> 12 & 0x3f))
            hash.update(UInt8(0x80 | scalar >> 6 & 0x3f))
            hash.update(UInt8(0x80 | scalar & 0x3f))
        }
    }

    private mutating func hex4() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next else { throw .malformed }
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x37
            case 0x61...0x66: digit = byte - 0x57
            default: throw .malformed
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
