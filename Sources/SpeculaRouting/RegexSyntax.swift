/// Where Go's regular expressions and RE2's are written differently.
enum RegexSyntax {
    /// A pattern of Go's in RE2's words: `(?<name>` becomes `(?P<name>`.
    ///
    /// - Throws: `RegexError` for `\C`, which RE2 would take and Go does not.
    static func translated(_ pattern: [UInt8]) throws(RegexError) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(pattern.count + 8)
        var isInClass = false
        var i = 0
        func byte(_ offset: Int) -> UInt8? { i + offset < pattern.count ? pattern[i + offset] : nil }
        while i < pattern.count {
            let current = pattern[i]
            switch current {
            case UInt8(ascii: "\\"):
                if byte(1) == UInt8(ascii: "C") { throw RegexError(message: "invalid escape sequence: \\C") }
                if byte(1) == UInt8(ascii: "Q"), !isInClass {
                    let end = endOfQuote(in: pattern, from: i + 2)
                    out += pattern[i..<end]
                    i = end
                    continue
                }
                out.append(current)
                if let next = byte(1) { out.append(next) }
                i += 2
                continue
            case UInt8(ascii: "["):
                if !isInClass {
                    isInClass = true
                    out.append(current)
                    i += 1
                    // A `]` that stands first, or after `^`, is a member.
                    if byte(0) == UInt8(ascii: "^") {
                        out.append(UInt8(ascii: "^"))
                        i += 1
                    }
                    if byte(0) == UInt8(ascii: "]") {
                        out.append(UInt8(ascii: "]"))
                        i += 1
                    }
                    continue
                }
                // `[:alpha:]` inside a class.
                if byte(1) == UInt8(ascii: ":"), let end = endOfNamedClass(in: pattern, from: i + 2) {
                    out += pattern[i..<end]
                    i = end
                    continue
                }
            case UInt8(ascii: "]"):
                isInClass = false
            case UInt8(ascii: "("):
                if !isInClass, byte(1) == UInt8(ascii: "?"), byte(2) == UInt8(ascii: "<") {
                    out += Array("(?P<".utf8)
                    i += 3
                    continue
                }
            default:
                break
            }
            out.append(current)
            i += 1
        }
        return out
    }

    /// Behind `\E`, or the end of the pattern.
    private static func endOfQuote(in pattern: [UInt8], from start: Int) -> Int {
        var i = start
        while i + 1 < pattern.count {
            if pattern[i] == UInt8(ascii: "\\"), pattern[i + 1] == UInt8(ascii: "E") { return i + 2 }
            i += 1
        }
        return pattern.count
    }

    /// Behind `:]`, if there is one before the next `]`.
    private static func endOfNamedClass(in pattern: [UInt8], from start: Int) -> Int? {
        var i = start
        while i + 1 < pattern.count, pattern[i] != UInt8(ascii: "]") {
            if pattern[i] == UInt8(ascii: ":"), pattern[i + 1] == UInt8(ascii: "]") { return i + 2 }
            i += 1
        }
        return nil
    }
}
