/// A value inside a template, with Go's ideas of truth and print.
indirect enum TemplateValue: Sendable, Equatable {
    case missing
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case list([TemplateValue])
    case dictionary([String: TemplateValue])
    case time(TemplateTime)
    case version(SemanticVersion)

    /// False, zero, nothing and what is empty are false.
    var isTrue: Bool {
        switch self {
        case .missing: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let value): !value.isEmpty
        case .dictionary(let value): !value.isEmpty
        case .time, .version: true
        }
    }

    /// Lists and maps inside each other.
    static let maxDepth = 64

    /// Bytes of a text, elements of a list or a map.
    var count: Int {
        switch self {
        case .missing, .bool, .int, .float, .time: 1
        case .version(let value): value.original.utf8.count
        case .string(let value): value.utf8.count
        case .list(let value): value.count
        case .dictionary(let value): value.count
        }
    }

    /// Takes all bytes and items of the value from `left`, as long as there are any.
    /// - Throws: `TemplateError` for a value that is nested too deep to be freed or printed.
    func weigh(against left: inout Int, depth: Int = 0) throws(TemplateError) {
        guard depth <= Self.maxDepth else { throw TemplateError("values nested deeper than \(Self.maxDepth)") }
        left -= 1
        switch self {
        case .missing, .bool, .int, .float, .time: break
        case .version(let value): left -= value.original.utf8.count
        case .string(let value): left -= value.utf8.count
        case .list(let values):
            for value in values where left >= 0 { try value.weigh(against: &left, depth: depth + 1) }
        case .dictionary(let values):
            for (key, value) in values where left >= 0 {
                left -= key.utf8.count
                try value.weigh(against: &left, depth: depth + 1)
            }
        }
    }

    /// As `%v` prints it.
    var text: String {
        switch self {
        case .missing: "<nil>"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .float(let value): Self.text(of: value)
        case .string(let value): value
        case .list(let values): "[" + values.map(\.text).joined(separator: " ") + "]"
        case .dictionary(let values):
            "map[" + values.sorted { $0.key < $1.key }.map { "\($0):\($1.text)" }.joined(separator: " ") + "]"
        case .time(let value): value.text
        case .version(let value): value.text
        }
    }

    /// The shortest form; exponents below 1e-4 and from 1e21 on.
    private static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let size = abs(value)
        if value == 0 || size >= 1e-4 && size < 1e21 { return JSONWriter.text(of: value) }
        var shortest = "\(value)"
        guard let mark = shortest.firstIndex(of: "e") else { return shortest }
        let exponent = shortest[shortest.index(after: mark)...]
        let mantissa = shortest[..<mark]
        let digits = exponent.drop { $0 == "-" || $0 == "+" }
        let padded = digits.count < 2 ? "0" + digits : String(digits)
        shortest = mantissa.hasSuffix(".0") ? String(mantissa.dropLast(2)) : String(mantissa)
        return "\(shortest)e\(exponent.hasPrefix("-") ? "-" : "+")\(padded)"
    }

    /// Go's name for the kind of value.
    var kind: String {
        switch self {
        case .missing: "invalid"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .list: "slice"
        case .dictionary: "map"
        case .time: "struct"
        case .version: "ptr"
        }
    }

    /// Go's name for the type of value, as `%T` prints it.
    var type: String {
        switch self {
        case .missing: "<nil>"
        case .bool, .int, .float, .string: kind
        case .list: "[]interface {}"
        case .dictionary: "map[string]interface {}"
        case .time: "time.Time"
        case .version: "*semver.Version"
        }
    }

    init(_ json: JSONValue) {
        self =
            switch json {
            case .null: .missing
            case .bool(let value): .bool(value)
            case .integer(let value): .float(Double(value))
            case .number(let value): .float(value)
            case .string(let value): .string(value)
            case .array(let values): .list(values.map { TemplateValue($0) })
            case .object(let members):
                .dictionary(
                    Dictionary(members.map { ($0.name, TemplateValue($0.value)) }, uniquingKeysWith: { $1 }))
            }
    }

    var json: JSONValue {
        switch self {
        case .missing: .null
        case .bool(let value): .bool(value)
        case .int(let value): .integer(Int64(value))
        case .float(let value): .number(value)
        case .string(let value): .string(value)
        case .list(let values): .array(values.map(\.json))
        case .dictionary(let values): .object(values.sorted { $0.key < $1.key }.map { .init($0.key, $0.value.json) })
        case .time(let value): .string(value.json)
        case .version(let value): .string(value.text)
        }
    }
}

/// Why a template cannot be read or run, and where.
struct TemplateError: Error, Equatable {
    let message: String
    /// Bytes from the start of the text; nil until known.
    var offset: Int?

    init(_ message: String, at offset: Int? = nil) {
        self.message = message
        self.offset = offset
    }
}
