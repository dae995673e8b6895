/// Cuts a template into text and the words of its actions.
struct TemplateLexer {
    enum Token: Equatable {
        case text(Range<Int>)
        case open
        case close
        /// A word: function, keyword, `true`.
        case word(String)
        /// `.A` directly behind something, or at the start of an operand.
        case field(String)
        case dot
        /// `$x` without the dollar sign.
        case variable(String)
        case string(String)
        case int(Int)
        case float(Double)
        case pipe, leftParenthesis, rightParenthesis, declare, assign, comma, blank, end
    }

    struct Placed: Equatable {
        var token: Token
        var offset: Int
    }

    private let input: [UInt8]
    private var position = 0
    private var tokens: [Placed] = []

    private init(_ input: [UInt8]) { self.input = input }

    static func tokens(of input: [UInt8]) throws(TemplateError) -> [Placed] {
        var lexer = TemplateLexer(input)
        try lexer.run()
        return lexer.tokens
    }

    private func starts(_ text: StaticString, at offset: Int) -> Bool {
        let bytes = text.utf8CodeUnitCount
        guard offset + bytes <= input.count else { return false }
        return input[offset..<offset + bytes].elementsEqual("\(text)".utf8)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    private mutating func run() throws(TemplateError) {
        var textStart = 0
        while position < input.count {
            guard starts("{{", at: position) else {
                position += 1
                continue
            }
            var textEnd = position
            let open = position
            position += 2
            if starts("-", at: position), position + 1 < input.count, Self.isBlank(input[position + 1]) {
                position += 1
                while textEnd > textStart, Self.isBlank(input[textEnd - 1]) { textEnd -= 1 }
            }
            if textEnd > textStart { add(.text(textStart..<textEnd), textStart) }
            try action(from: open)
            textStart = position
        }
        if input.count > textStart { add(.text(textStart..<input.count), textStart) }
        add(.end, input.count)
    }

    private mutating func add(_ token: Token, _ offset: Int) { tokens.append(Placed(token: token, offset: offset)) }

    private mutating func action(from open: Int) throws(TemplateError) {
        var start = position
        while start < input.count, Self.isBlank(input[start]) { start += 1 }
        if starts("/*", at: start) { return try comment(from: start, open) }
        add(.open, open)
        while true {
            guard position < input.count else { throw TemplateError("unclosed action", at: open) }
            if isTrimClose(position) {
                position += 1
                while !starts("}}", at: position) { position += 1 }
            }
            if starts("}}", at: position) {
                let trims = tokens.last?.token == .blank && input[position - 1] == UInt8(ascii: "-")
                add(.close, position)
                position += 2
                if trims { skipBlanks() }
                return
            }
            try word()
        }
    }

    /// A blank, `-` and the closing braces.
    private func isTrimClose(_ offset: Int) -> Bool {
        starts("-}}", at: offset) && offset > 0 && Self.isBlank(input[offset - 1])
    }

    private mutating func skipBlanks() {
        while position < input.count, Self.isBlank(input[position]) { position += 1 }
    }

    private mutating func comment(from start: Int, _ open: Int) throws(TemplateError) {
        position = start + 2
        while position < input.count, !starts("*/", at: position) { position += 1 }
        guard position < input.count else { throw TemplateError("unclosed comment", at: open) }
        position += 2
        let mark = position
        skipBlanks()
        let trims = position > mark && starts("-}}", at: position)
        if trims { position += 1 }
        guard starts("}}", at: position) else { throw TemplateError("comment ends before closing delimiter", at: open) }
        position += 2
        if trims { skipBlanks() }
    }

    private mutating func word() throws(TemplateError) {
        let start = position
        let byte = input[position]
        switch byte {
        case _ where Self.isBlank(byte):
            skipBlanks()
            add(.blank, start)
        case UInt8(ascii: "|"): single(.pipe)
        case UInt8(ascii: "("): single(.leftParenthesis)
        case UInt8(ascii: ")"): single(.rightParenthesis)
        case UInt8(ascii: ","): single(.comma)
        case UInt8(ascii: "="): single(.assign)
        case UInt8(ascii: ":") where starts(":=", at: start):
            position += 2
            add(.declare, start)
        case UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "'"): try literal(byte)
        case UInt8(ascii: "$"):
            position += 1
            add(.variable(name()), start)
        case UInt8(ascii: "."):
            position += 1
            if position < input.count, input[position] >= 0x30, input[position] <= 0x39 {
                position = start
                try number()
            } else {
                let field = name()
                add(field.isEmpty ? .dot : .field(field), start)
            }
        case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"): try number()
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), 0x80...:
            add(.word(name()), start)
        default:
            throw TemplateError("unexpected \"\(Character(Unicode.Scalar(byte)))\" in an action", at: start)
        }
    }

    private mutating func single(_ token: Token) {
        add(token, position)
        position += 1
    }

    private mutating func name() -> String {
        let start = position
        while position < input.count {
            switch input[position] {
            case 0x30...0x39, UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "_"), 0x80...:
                position += 1
            default: return String(decoding: input[start..<position], as: UTF8.self)
            }
        }
        return String(decoding: input[start..<position], as: UTF8.self)
    }

    private mutating func number() throws(TemplateError) {
        let start = position
        position += 1
        while position < input.count {
            let byte = input[position]
            let isSign = byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+")
            let afterExponent = input[position - 1] | 0x20 == UInt8(ascii: "e")
            let isDigit = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
            guard isDigit || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || isSign && afterExponent else {
                break
            }
            position += 1
        }
        let text = String(decoding: input[start..<position], as: UTF8.self)
        if let value = GoNumber.int(text) {
            add(.int(value), start)
        } else if let value = Double(text.filter { $0 != "_" }), value.isFinite {
            add(.float(value), start)
        } else {
            throw TemplateError("bad number syntax: \"\(text)\"", at: start)
        }
    }

    private mutating func literal(_ quote: UInt8) throws(TemplateError) {
        let start = position
        position += 1
        var bytes: [UInt8] = []
        while position < input.count, input[position] != quote {
            let byte = input[position]
            position += 1
            if byte == 0x0A, quote != UInt8(ascii: "`") { break }
            if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "`") {
                try escape(into: &bytes, start)
            } else {
                bytes.append(byte)
            }
        }
        guard position < input.count, input[position] == quote else {
            throw TemplateError("unterminated quoted string", at: start)
        }
        position += 1
        let text = String(decoding: bytes, as: UTF8.self)
        if quote == UInt8(ascii: "'") {
            guard text.unicodeScalars.count == 1, let scalar = text.unicodeScalars.first else {
                throw TemplateError("malformed character constant", at: start)
            }
            add(.int(Int(scalar.value)), start)
        } else {
            add(.string(text), start)
        }
    }

    private mutating func escape(into bytes: inout [UInt8], _ start: Int) throws(TemplateError) {
        guard position < input.count else { throw TemplateError("unterminated quoted string", at: start) }
        let byte = input[position]
        position += 1
        switch byte {
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): bytes.append(byte)
        case UInt8(ascii: "x"): bytes.append(UInt8(truncatingIfNeeded: try hex(2, start)))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let value = try hex(byte == UInt8(ascii: "u") ? 4 : 8, start)
            guard let scalar = Unicode.Scalar(value) else { throw TemplateError("invalid escape", at: start) }
            bytes += String(Character(scalar)).utf8
        default: throw TemplateError("unknown escape in a string", at: start)
        }
    }

    private mutating func hex(_ count: Int, _ start: Int) throws(TemplateError) -> UInt32 {
        guard position + count <= input.count,
            let value = UInt32(String(decoding: input[position..<position + count], as: UTF8.self), radix: 16)
        else { throw TemplateError("invalid escape", at: start) }
        position += count
        return value
    }
}

/// Whole numbers as Go spells them.
enum GoNumber {
    /// `12`, `-0x1F`, `0o17`, `017`, `0b1`, `1_000`.
    static func int(_ text: String) -> Int? {
        var digits = text.filter { $0 != "_" }
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        guard digits.first?.isNumber == true else { return nil }
        var radix = 10
        switch ASCII.lowered(String(digits.prefix(2))) {
        case "0x": radix = 16
        case "0o": radix = 8
        case "0b": radix = 2
        default: if digits.count > 1, digits.hasPrefix("0") { radix = 8 }
        }
        if radix != 10 { digits.removeFirst(digits.count > 1 && digits.dropFirst().first?.isLetter == true ? 2 : 1) }
        return Int((isNegative ? "-" : "") + digits, radix: radix)
    }
}
