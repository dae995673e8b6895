/// The functions of templates: Go's own, and those of sprig that configurations use.
enum TemplateFunctions {
    typealias Function = @Sendable (TemplateArguments) throws(TemplateError) -> TemplateValue

    static let all: [String: Function] = {
        var all = builtIn
        for group in [
            strings, words, patterns, urls, paths, numbers, decimals, lists, dictionaries, choices, encodings, dates,
            versions,
        ] {
            all.merge(group) { _, later in later }
        }
        // Those that fail with a template's line anyway; sprig's plain ones give something empty.
        for name in [
            "toJson", "toPrettyJson", "toRawJson", "fromJson", "deepCopy", "first", "last", "rest", "initial", "append",
            "prepend", "push", "reverse",
            "uniq", "without", "has", "compact", "merge", "mergeOverwrite", "slice", "chunk", "regexMatch", "regexFind",
            "regexFindAll", "regexSplit", "regexReplaceAll", "regexReplaceAllLiteral",
        ] {
            all["must\(name.prefix(1).uppercased())\(name.dropFirst())"] = all[name]
        }
        return all
    }()

    /// Go's `text/template`; `and` and `or` are the runner's.
    private static let builtIn: [String: Function] = [
        "not": { arguments throws(TemplateError) in .bool(!(try arguments.value(0)).isTrue) },
        "len": { arguments throws(TemplateError) in
            switch try arguments.value(0) {
            case .string(let text): .int(text.utf8.count)
            case .list(let values): .int(values.count)
            case .dictionary(let values): .int(values.count)
            case let other: throw TemplateError("len of type \(other.kind)")
            }
        },
        "index": { arguments throws(TemplateError) in
            var value = try arguments.value(0)
            for key in arguments.values.dropFirst() { value = try element(of: value, key) }
            return value
        },
        "slice": { arguments throws(TemplateError) in
            let value = try arguments.value(0)
            let length: Int
            switch value {
            case .string(let text): length = text.utf8.count
            case .list(let values): length = values.count
            default: throw TemplateError("can't slice item of type \(value.kind)")
            }
            let from = arguments.count > 1 ? try arguments.int(1) : 0
            let to = arguments.count > 2 ? try arguments.int(2) : length
            guard from >= 0, from <= to, to <= length else { throw TemplateError("index out of range") }
            if case .list(let values) = value { return .list(Array(values[from..<to])) }
            return .string(String(decoding: Array(value.text.utf8)[from..<to], as: UTF8.self))
        },
        "print": { arguments throws(TemplateError) in .string(printed(arguments.values, line: false)) },
        "println": { arguments throws(TemplateError) in .string(printed(arguments.values, line: true)) },
        "printf": { arguments throws(TemplateError) in
            .string(try TemplateFormat.format(try arguments.string(0), Array(arguments.values.dropFirst())))
        },
        "html": { arguments throws(TemplateError) in
            .string(
                printed(arguments.values, line: false).unicodeScalars.map { scalar in
                    switch scalar {
                    case "&": "&amp;"
                    case "<": "&lt;"
                    case ">": "&gt;"
                    case "\"": "&#34;"
                    case "'": "&#39;"
                    default: String(scalar)
                    }
                }.joined())
        },
        "urlquery": { arguments throws(TemplateError) in .string(queryEscaped(printed(arguments.values, line: false)))
        },
        "eq": { arguments throws(TemplateError) in
            try arguments.expect(2...Int.max)
            let first = try arguments.value(0)
            for other in arguments.values.dropFirst() where try areEqual(first, other) { return .bool(true) }
            return .bool(false)
        },
        "ne": { arguments throws(TemplateError) in
            try arguments.expect(2...2)
            return .bool(!(try areEqual(try arguments.value(0), try arguments.value(1))))
        },
        "lt": { arguments throws(TemplateError) in .bool(try order(arguments) < 0) },
        "le": { arguments throws(TemplateError) in .bool(try order(arguments) <= 0) },
        "gt": { arguments throws(TemplateError) in .bool(try order(arguments) > 0) },
        "ge": { arguments throws(TemplateError) in .bool(try order(arguments) >= 0) },
    ]

    private static func element(
        of value: TemplateValue, _ key: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        switch (value, key) {
        case (.list(let values), .int(let position)):
            guard values.indices.contains(position) else { throw TemplateError("index out of range: \(position)") }
            return values[position]
        case (.string(let text), .int(let position)):
            let bytes = Array(text.utf8)
            guard bytes.indices.contains(position) else { throw TemplateError("index out of range: \(position)") }
            return .int(Int(bytes[position]))
        case (.dictionary(let values), .string(let name)): return values[name] ?? .missing
        case (.missing, _): throw TemplateError("index of untyped nil")
        default: throw TemplateError("can't index item of type \(value.kind) with \(key.kind)")
        }
    }

    /// Go's `fmt.Sprint`: blanks between two values when neither is text.
    static func printed(_ values: [TemplateValue], line: Bool) -> String {
        if line { return values.map(\.text).joined(separator: " ") + "\n" }
        var text = ""
        var wasText = true
        for (position, value) in values.enumerated() {
            var isText = false
            if case .string = value { isText = true }
            if position > 0, !isText, !wasText { text += " " }
            text += value.text
            wasText = isText
        }
        return text
    }

    static func areEqual(_ first: TemplateValue, _ second: TemplateValue) throws(TemplateError) -> Bool {
        switch (first, second) {
        case (.missing, _), (_, .missing), (.list, .list), (.dictionary, .dictionary): return first == second
        case (.bool, .bool), (.int, .int), (.float, .float), (.string, .string): return first == second
        default: throw TemplateError("incompatible types for comparison: \(first.kind) and \(second.kind)")
        }
    }

    private static func order(_ arguments: TemplateArguments) throws(TemplateError) -> Int {
        try arguments.expect(2...2)
        switch (try arguments.value(0), try arguments.value(1)) {
        case (.int(let first), .int(let second)): return first < second ? -1 : first > second ? 1 : 0
        case (.float(let first), .float(let second)): return first < second ? -1 : first > second ? 1 : 0
        case (.string(let first), .string(let second)):
            if first == second { return 0 }
            return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
        case let (first, second):
            throw TemplateError("incompatible types for comparison: \(first.kind) and \(second.kind)")
        }
    }

    private static func queryEscaped(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                [byte]
            case 0x20: [UInt8(ascii: "+")]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
