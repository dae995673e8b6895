/// Go's interpreted string literals: `"…"` with escapes.
enum GoString {
    /// Reads a literal whose opening quote is at `position`; leaves `position` behind the closing one.
    static func read(_ bytes: [UInt8], at position: inout Int) throws(RuleError) -> [UInt8] {
        var out: [UInt8] = []
        var i = position + 1
        while i < bytes.count, bytes[i] != UInt8(ascii: "\n") {
            switch bytes[i] {
            case UInt8(ascii: "\""):
                position = i + 1
                return out
            case UInt8(ascii: "\\"):
                try readEscape(bytes, at: &i, into: &out)
            default:
                out.append(bytes[i])
                i += 1
            }
        }
        throw RuleError(offset: position, message: "string not terminated")
    }

    private static func readEscape(_ bytes: [UInt8], at i: inout Int, into out: inout [UInt8]) throws(RuleError) {
        let start = i
        let kind = i + 1 < bytes.count ? bytes[i + 1] : 0
        if let plain = plainEscapes.first(where: { $0.0 == kind }) {
            out.append(plain.1)
            i += 2
            return
        }
        let (first, count, radix): (Int, Int, UInt32) =
            switch kind {
            case UInt8(ascii: "x"): (i + 2, 2, 16)
            case UInt8(ascii: "u"): (i + 2, 4, 16)
            case UInt8(ascii: "U"): (i + 2, 8, 16)
            case UInt8(ascii: "0")...UInt8(ascii: "7"): (i + 1, 3, 8)
            default: throw RuleError(offset: start, message: "unknown escape sequence")
            }
        var value: UInt32 = 0
        for j in first..<first + count {
            guard j < bytes.count, let digit = Character(Unicode.Scalar(bytes[j])).hexDigitValue, digit < radix else {
                throw RuleError(offset: start, message: "escape sequence needs \(count) digits")
            }
            value = value &* radix &+ UInt32(digit)
        }
        i = first + count
        if kind == UInt8(ascii: "u") || kind == UInt8(ascii: "U") {
            guard let scalar = Unicode.Scalar(value) else {
                throw RuleError(offset: start, message: "escape sequence is no Unicode character")
            }
            out += Array(Character(scalar).utf8)
        } else {
            guard let byte = UInt8(exactly: value) else {
                throw RuleError(offset: start, message: "escape sequence is no byte")
            }
            out.append(byte)
        }
    }

    private static let plainEscapes: [(UInt8, UInt8)] = [
        (UInt8(ascii: "a"), 7), (UInt8(ascii: "b"), 8), (UInt8(ascii: "f"), 12), (UInt8(ascii: "n"), 10),
        (UInt8(ascii: "r"), 13), (UInt8(ascii: "t"), 9), (UInt8(ascii: "v"), 11), (UInt8(ascii: "\\"), 92),
        (UInt8(ascii: "\""), 34),
    ]
}
