// How single values are spelled: text, truth, numbers, durations.

extension String: ConfigurationValue {
    package static func decode(_ node: Node, onto base: String?, _ context: inout DecodingContext) -> String? {
        guard node.kind == .plain || node.kind == .quoted else {
            context.wrongType(node, expected: "text")
            return nil
        }
        return node.text
    }

    package func json(omittingEmpty: Bool) -> JSONValue? { omittingEmpty && isEmpty ? nil : .string(self) }
    package static var shape: Shape { .scalar("string") }
}

extension Bool: ConfigurationValue {
    /// The spellings of Go's `strconv.ParseBool`.
    package static func decode(_ node: Node, onto base: Bool?, _ context: inout DecodingContext) -> Bool? {
        switch node.text {
        case "true", "True", "TRUE", "t", "T", "1": return true
        case "false", "False", "FALSE", "f", "F", "0": return false
        default:
            context.wrongType(node, expected: "true or false")
            return nil
        }
    }

    package func json(omittingEmpty: Bool) -> JSONValue? { omittingEmpty && !self ? nil : .bool(self) }
    package static var shape: Shape { .scalar("bool") }
}

extension FixedWidthInteger where Self: ConfigurationValue {
    package static func decode(_ node: Node, onto base: Self?, _ context: inout DecodingContext) -> Self? {
        guard let value = number(node) else {
            context.wrongType(node, expected: "a whole number")
            return nil
        }
        return value
    }

    /// Decimal, or YAML's other spellings: `0x1F`, `0o17`, `0b1`, `1_000`.
    private static func number(_ node: Node) -> Self? {
        guard node.kind == .plain || node.kind == .quoted else { return nil }
        let text = node.text
        if let value = Self(text) { return value }
        guard node.kind == .plain else { return nil }
        var digits = text.filter { $0 != "_" }
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits.removeFirst() }
        let radix: Int
        switch digits.prefix(2).lowercased() {
        case "0x": radix = 16
        case "0o": radix = 8
        case "0b": radix = 2
        default: radix = 10
        }
        if radix != 10 { digits.removeFirst(2) }
        return Self((isNegative ? "-" : "") + digits, radix: radix)
    }

    package func json(omittingEmpty: Bool) -> JSONValue? { omittingEmpty && self == 0 ? nil : .integer(Int64(self)) }
    package static var shape: Shape { .scalar("int") }
}

extension Int: ConfigurationValue {}
extension Int64: ConfigurationValue {}
extension UInt16: ConfigurationValue {}

extension Double: ConfigurationValue {
    package static func decode(_ node: Node, onto base: Double?, _ context: inout DecodingContext) -> Double? {
        guard let value = Double(node.text), value.isFinite else {
            context.wrongType(node, expected: "a number")
            return nil
        }
        return value
    }

    package func json(omittingEmpty: Bool) -> JSONValue? { omittingEmpty && self == 0 ? nil : .number(self) }
    package static var shape: Shape { .scalar("float") }
}

extension Duration: ConfigurationValue {
    /// A bare whole number is seconds; anything else is spelled as in Go: `500ms`, `1m30s`.
    package static func decode(_ node: Node, onto base: Duration?, _ context: inout DecodingContext) -> Duration? {
        guard node.kind == .plain || node.kind == .quoted else {
            context.wrongType(node, expected: "a duration")
            return nil
        }
        guard let duration = GoDuration.parse(node.text) else {
            context.error(node, "invalid duration \(node.kindName), expected seconds or text like 500ms, 1m30s")
            return nil
        }
        return duration
    }

    package func json(omittingEmpty: Bool) -> JSONValue? {
        omittingEmpty && self == .zero ? nil : .string(GoDuration.text(of: self))
    }

    package static var shape: Shape { .scalar("duration") }
}
