/// The tokens of a rule: those of a Go expression that rules are made of.
enum RuleToken: Equatable {
    case word(String)
    case string([UInt8])
    case and, or, not, leftParenthesis, rightParenthesis, comma
    /// A line end where Go ends a statement: behind a word, a string or `)`.
    case lineEnd
    case end

    /// How an error names it.
    var text: String {
        switch self {
        case .word(let word): "\"\(word)\""
        case .string: "a string"
        case .and: "&&"
        case .or: "||"
        case .not: "!"
        case .leftParenthesis: "("
        case .rightParenthesis: ")"
        case .comma: ","
        case .lineEnd: "the end of the line"
        case .end: "the end of the rule"
        }
    }
}

/// Cuts a rule into tokens, with Go's lexical rules: white space, comments, string literals, line ends that count.
struct RuleLexer {
    let bytes: [UInt8]
    private(set) var position = 0
    /// Where the last token began.
    private(set) var tokenStart = 0
    private var lineEndCounts = false

    init(text: String) { bytes = Array(text.utf8) }

    mutating func next() throws(RuleError) -> RuleToken {
        if try skipSpace() {
            lineEndCounts = false
            return .lineEnd
        }
        tokenStart = position
        guard position < bytes.count else { return .end }
        let first = bytes[position]
        let token: RuleToken
        switch first {
        case UInt8(ascii: "("): token = symbol(.leftParenthesis)
        case UInt8(ascii: ")"): token = symbol(.rightParenthesis)
        case UInt8(ascii: ","): token = symbol(.comma)
        case UInt8(ascii: "!"): token = symbol(.not)
        case UInt8(ascii: "&"): token = try doubled(.and)
        case UInt8(ascii: "|"): token = try doubled(.or)
        case UInt8(ascii: "`"): token = .string(try rawString())
        case UInt8(ascii: "\""): token = .string(try GoString.read(bytes, at: &position))
        case UInt8(ascii: "'"): throw error("strings stand in backticks or double quotes, not in single quotes")
        default: token = .word(try word())
        }
        switch token {
        case .word, .string, .rightParenthesis: lineEndCounts = true
        default: lineEndCounts = false
        }
        return token
    }

    private func error(_ message: String) -> RuleError { RuleError(offset: position, message: message) }

    private mutating func symbol(_ token: RuleToken) -> RuleToken {
        position += 1
        return token
    }

    private mutating func doubled(_ token: RuleToken) throws(RuleError) -> RuleToken {
        guard position + 1 < bytes.count, bytes[position + 1] == bytes[position] else {
            let character = Character(Unicode.Scalar(bytes[position]))
            throw error("unexpected \"\(character)\" (the operators are !, && and ||)")
        }
        position += 2
        return token
    }

    private mutating func rawString() throws(RuleError) -> [UInt8] {
        var end = position + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "`") { end += 1 }
        guard end < bytes.count else { throw error("string not terminated") }
        // Go leaves carriage returns out of raw strings.
        let content = bytes[position + 1..<end].filter { $0 != UInt8(ascii: "\r") }
        position = end + 1
        return content
    }

    private mutating func word() throws(RuleError) -> String {
        func belongs(_ byte: UInt8) -> Bool {
            byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte.asciiLowercased)
        }
        let start = position
        while position < bytes.count, belongs(bytes[position]) { position += 1 }
        if position == start {
            throw error("unexpected character \"\(Character(Unicode.Scalar(bytes[position])))\"")
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Skips white space and comments; true at a line end that counts.
    private mutating func skipSpace() throws(RuleError) -> Bool {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\n"):
                tokenStart = position
                position += 1
                if lineEndCounts { return true }
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "/"):
                guard position + 1 < bytes.count else { return false }
                if bytes[position + 1] == UInt8(ascii: "/") {
                    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
                } else if bytes[position + 1] == UInt8(ascii: "*") {
                    if try skipComment(), lineEndCounts { return true }
                } else {
                    return false
                }
            default:
                return false
            }
        }
        return false
    }

    /// Skips `/* … */`; true if it holds a line end.
    private mutating func skipComment() throws(RuleError) -> Bool {
        tokenStart = position
        var i = position + 2
        var holdsLineEnd = false
        while i + 1 < bytes.count {
            if bytes[i] == UInt8(ascii: "*"), bytes[i + 1] == UInt8(ascii: "/") {
                position = i + 2
                return holdsLineEnd
            }
            holdsLineEnd = holdsLineEnd || bytes[i] == UInt8(ascii: "\n")
            i += 1
        }
        throw error("comment not terminated")
    }
}
