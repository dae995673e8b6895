extension TemplateFunctions {
    /// Functions over lists; none changes the list that it gets.
    static let lists: [String: Function] = [
        "list": { arguments throws(TemplateError) in .list(arguments.values) },
        "tuple": { arguments throws(TemplateError) in .list(arguments.values) },
        "first": { arguments throws(TemplateError) in try arguments.list(0).first ?? .missing },
        "last": { arguments throws(TemplateError) in try arguments.list(0).last ?? .missing },
        "rest": { arguments throws(TemplateError) in .list(Array(try arguments.list(0).dropFirst())) },
        "initial": { arguments throws(TemplateError) in .list(Array(try arguments.list(0).dropLast())) },
        "append": { arguments throws(TemplateError) in .list(try arguments.list(0) + [try arguments.value(1)]) },
        "push": { arguments throws(TemplateError) in .list(try arguments.list(0) + [try arguments.value(1)]) },
        "prepend": { arguments throws(TemplateError) in .list([try arguments.value(1)] + (try arguments.list(0))) },
        "concat": { arguments throws(TemplateError) in
            var all: [TemplateValue] = []
            for position in 0..<arguments.count {
                all += try arguments.list(position)
                _ = try arguments.bounded(all.count)
            }
            return .list(all)
        },
        "reverse": { arguments throws(TemplateError) in .list(Array(try arguments.list(0).reversed())) },
        "uniq": { arguments throws(TemplateError) in
            var kept: [TemplateValue] = []
            for value in try arguments.list(0) where !kept.contains(value) { kept.append(value) }
            return .list(kept)
        },
        "without": { arguments throws(TemplateError) in
            let gone = arguments.values.dropFirst()
            return .list(try arguments.list(0).filter { !gone.contains($0) })
        },
        "has": { arguments throws(TemplateError) in
            .bool(try arguments.list(1).contains(try arguments.value(0)))
        },
        "compact": { arguments throws(TemplateError) in .list(try arguments.list(0).filter(\.isTrue)) },
        "chunk": { arguments throws(TemplateError) in
            let (size, values) = (max(1, try arguments.int(0)), try arguments.list(1))
            // A size that is out of reach is one piece.
            return .list(
                stride(from: 0, to: values.count, by: min(size, max(1, values.count))).map { start in
                    .list(Array(values[start...].prefix(size)))
                })
        },
        "sortAlpha": { arguments throws(TemplateError) in
            let texts = try arguments.list(0).map(\.text)
            return .list(texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { .string($0) })
        },
    ]

    /// Functions over maps; of those that change one the runner puts the result into its variable.
    static let dictionaries: [String: Function] = [
        "dict": { arguments throws(TemplateError) in
            var values: [String: TemplateValue] = [:]
            for position in stride(from: 0, to: arguments.count, by: 2) {
                values[try arguments.text(position)] =
                    position + 1 < arguments.count ? try arguments.value(position + 1) : .string("")
            }
            return .dictionary(values)
        },
        "get": { arguments throws(TemplateError) in
            try arguments.dictionary(0)[try arguments.string(1)] ?? .string("")
        },
        "hasKey": { arguments throws(TemplateError) in
            .bool(try arguments.dictionary(0)[try arguments.string(1)] != nil)
        },
        "set": { arguments throws(TemplateError) in
            var values = try arguments.dictionary(0)
            values[try arguments.string(1)] = try arguments.value(2)
            return .dictionary(values)
        },
        "unset": { arguments throws(TemplateError) in
            var values = try arguments.dictionary(0)
            values[try arguments.string(1)] = nil
            return .dictionary(values)
        },
        "keys": { arguments throws(TemplateError) in
            var names: [String] = []
            for position in 0..<arguments.count { names += try arguments.dictionary(position).keys }
            return .list(names.sorted().map { .string($0) })
        },
        "values": { arguments throws(TemplateError) in
            .list(try arguments.dictionary(0).sorted { $0.key < $1.key }.map(\.value))
        },
        "merge": { arguments throws(TemplateError) in try merged(arguments, overwrites: false) },
        "mergeOverwrite": { arguments throws(TemplateError) in try merged(arguments, overwrites: true) },
        "pick": { arguments throws(TemplateError) in
            let names = arguments.values.dropFirst().map(\.text)
            return .dictionary(try arguments.dictionary(0).filter { names.contains($0.key) })
        },
        "omit": { arguments throws(TemplateError) in
            let names = arguments.values.dropFirst().map(\.text)
            return .dictionary(try arguments.dictionary(0).filter { !names.contains($0.key) })
        },
        "pluck": { arguments throws(TemplateError) in
            let name = try arguments.string(0)
            var found: [TemplateValue] = []
            for position in 1..<max(1, arguments.count) {
                if let value = try arguments.dictionary(position)[name] { found.append(value) }
            }
            return .list(found)
        },
        "dig": { arguments throws(TemplateError) in
            try arguments.expect(3...Int.max)
            var value = TemplateValue.dictionary(try arguments.dictionary(arguments.count - 1))
            for position in 0..<arguments.count - 2 {
                guard case .dictionary(let values) = value, let next = values[try arguments.string(position)] else {
                    return try arguments.value(arguments.count - 2)
                }
                value = next
            }
            return value
        },
    ]

    private static func merged(
        _ arguments: TemplateArguments, overwrites: Bool
    ) throws(TemplateError) -> TemplateValue {
        var values = try arguments.dictionary(0)
        for position in 1..<max(1, arguments.count) {
            values = merged(values, try arguments.dictionary(position), overwrites)
        }
        return .dictionary(values)
    }

    /// Puts maps inside together, too; what is empty is as good as not there.
    ///
    /// Values are not deeper than 64.
    private static func merged(
        _ values: [String: TemplateValue], _ others: [String: TemplateValue], _ overwrites: Bool
    ) -> [String: TemplateValue] {
        values.merging(others) { first, later in
            if case .dictionary(let inner) = first, case .dictionary(let other) = later {
                return .dictionary(merged(inner, other, overwrites))
            }
            return overwrites ? (later.isTrue ? later : first) : (first.isTrue ? first : later)
        }
    }

    /// Functions that choose, and those that say what something is.
    static let choices: [String: Function] = [
        "default": { arguments throws(TemplateError) in
            guard arguments.count > 1, try arguments.value(1).isTrue else { return try arguments.value(0) }
            return try arguments.value(1)
        },
        "empty": { arguments throws(TemplateError) in .bool(!(try arguments.value(0)).isTrue) },
        "coalesce": { arguments throws(TemplateError) in arguments.values.first(where: \.isTrue) ?? .missing },
        "ternary": { arguments throws(TemplateError) in
            (try arguments.value(2)).isTrue ? try arguments.value(0) : try arguments.value(1)
        },
        "all": { arguments throws(TemplateError) in .bool(arguments.values.allSatisfy(\.isTrue)) },
        "any": { arguments throws(TemplateError) in .bool(arguments.values.contains(where: \.isTrue)) },
        "deepEqual": { arguments throws(TemplateError) in .bool(try arguments.value(0) == (try arguments.value(1))) },
        "fail": { arguments throws(TemplateError) in throw TemplateError(try arguments.text(0)) },
        "kindOf": { arguments throws(TemplateError) in .string(try arguments.value(0).kind) },
        "typeOf": { arguments throws(TemplateError) in .string(try arguments.value(0).type) },
        "hello": { arguments throws(TemplateError) in .string("Hello!") },
        // Values are never shared.
        "deepCopy": { arguments throws(TemplateError) in try arguments.value(0) },
        "typeIsLike": { arguments throws(TemplateError) in
            let (wanted, type) = (try arguments.string(0), try arguments.value(1).type)
            return .bool(wanted == type || "*\(wanted)" == type)
        },
        "typeIs": { arguments throws(TemplateError) in
            .bool(try arguments.string(0) == (try arguments.value(1)).type)
        },
        "kindIs": { arguments throws(TemplateError) in
            .bool(try arguments.string(0) == (try arguments.value(1)).kind)
        },
        "env": { arguments throws(TemplateError) in
            .string(arguments.environment.variable(try arguments.string(0)) ?? "")
        },
        "expandenv": { arguments throws(TemplateError) in
            .string(expanded(try arguments.string(0), arguments.environment))
        },
    ]

    /// `$NAME` and `${NAME}`.
    private static func expanded(_ text: String, _ environment: TemplateEnvironment) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("{"), let end = rest.firstIndex(of: "}") {
                result += environment.variable(String(rest[rest.index(after: rest.startIndex)..<end])) ?? ""
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
                if name.isEmpty { result += "$" } else { result += environment.variable(String(name)) ?? "" }
                rest = rest.dropFirst(name.count)
            }
        }
        return result + rest
    }
}
