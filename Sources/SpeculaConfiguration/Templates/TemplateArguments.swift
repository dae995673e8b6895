/// The arguments of a template function, checked as they are asked for.
struct TemplateArguments {
    /// Elements of a list, characters of a repeated text.
    static let maxItems = 1_000_000

    let name: String
    let values: [TemplateValue]
    let environment: TemplateEnvironment

    var count: Int { values.count }

    func expect(_ range: ClosedRange<Int>) throws(TemplateError) {
        guard range.contains(count) else {
            let wanted = range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound) or more"
            throw TemplateError("wrong number of arguments: want \(wanted), got \(count)")
        }
    }

    func value(_ position: Int) throws(TemplateError) -> TemplateValue {
        guard position < count else {
            throw TemplateError("wrong number of arguments: want \(position + 1), got \(count)")
        }
        return values[position]
    }

    func string(_ position: Int) throws(TemplateError) -> String {
        let value = try value(position)
        guard case .string(let text) = value else {
            throw TemplateError("wrong type for argument \(position + 1); expected string; got \(value.kind)")
        }
        return text
    }

    /// Any value as text, as sprig's string functions take theirs.
    func text(_ position: Int) throws(TemplateError) -> String {
        let value = try value(position)
        return value == .missing ? "" : value.text
    }

    /// Whatever can be a whole number; text that is none is 0, as in sprig.
    func int(_ position: Int) throws(TemplateError) -> Int { Self.int(try value(position)) }

    static func int(_ value: TemplateValue) -> Int {
        switch value {
        case .int(let number): number
        case .float(let number): Int(exactly: number.rounded(.towardZero)) ?? 0
        case .bool(let flag): flag ? 1 : 0
        case .string(let text): GoNumber.int(text) ?? 0
        default: 0
        }
    }

    func float(_ position: Int) throws(TemplateError) -> Double { Self.float(try value(position)) }

    static func float(_ value: TemplateValue) -> Double {
        switch value {
        case .int(let number): Double(number)
        case .float(let number): number
        case .bool(let flag): flag ? 1 : 0
        case .string(let text): Double(text) ?? 0
        default: 0
        }
    }

    func list(_ position: Int) throws(TemplateError) -> [TemplateValue] {
        let value = try value(position)
        guard case .list(let values) = value else {
            throw TemplateError("wrong type for argument \(position + 1); expected list; got \(value.kind)")
        }
        return values
    }

    func dictionary(_ position: Int) throws(TemplateError) -> [String: TemplateValue] {
        let value = try value(position)
        guard case .dictionary(let values) = value else {
            throw TemplateError("wrong type for argument \(position + 1); expected map; got \(value.kind)")
        }
        return values
    }

    /// A length that is not too much.
    func bounded(_ length: Int) throws(TemplateError) -> Int {
        guard length <= Self.maxItems else { throw TemplateError("more than \(Self.maxItems) items") }
        return max(0, length)
    }
}
