extension TemplateFunctions {
    /// Functions over text; the text comes last, so that it can come from a pipe.
    ///
    /// Go's know code points, not what a reader takes for one character: a carriage return and a line feed are two.
    static let strings: [String: Function] = [
        "split": { arguments throws(TemplateError) in
            .list(pieces(of: try arguments.string(0), by: try arguments.string(1)))
        },
        "splitList": { arguments throws(TemplateError) in
            .list(pieces(of: try arguments.string(1), by: try arguments.string(0)))
        },
        "splitn": { arguments throws(TemplateError) in
            let most = try arguments.int(1)
            let all = pieces(of: try arguments.string(2), by: try arguments.string(0))
            var parts = all
            if most > 0, all.count > most {
                let separator = try arguments.string(0)
                let rest = all[(most - 1)...].map(\.text).joined(separator: separator)
                parts = Array(all[..<(most - 1)]) + [.string(rest)]
            }
            return .dictionary(
                Dictionary(uniqueKeysWithValues: parts.enumerated().map { ("_\($0)", $1) }))
        },
        "join": { arguments throws(TemplateError) in
            let separator = try arguments.text(0)
            guard case .list(let values) = try arguments.value(1) else { return .string(try arguments.text(1)) }
            return .string(try joined(values.filter { $0 != .missing }, by: separator, arguments))
        },
        "normalize": { arguments throws(TemplateError) in .string(normalized(try arguments.string(0))) },
        "upper": { arguments throws(TemplateError) in .string(try arguments.string(0).uppercased()) },
        "lower": { arguments throws(TemplateError) in .string(try arguments.string(0).lowercased()) },
        "title": { arguments throws(TemplateError) in
            .string(beginnings(of: try arguments.string(0), behind: separatesTitles, \.titlecaseMapping))
        },
        "untitle": { arguments throws(TemplateError) in
            .string(beginnings(of: try arguments.string(0), behind: \.isWhitespace, \.lowercaseMapping))
        },
        "swapcase": { arguments throws(TemplateError) in
            let scalars = try arguments.string(0).unicodeScalars.map { scalar in
                scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter
                    ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
            }
            return .string(scalars.joined())
        },
        "trim": { arguments throws(TemplateError) in
            .string(trimmed(try arguments.string(0), \.isWhitespace))
        },
        "trimAll": { arguments throws(TemplateError) in try trimAll(arguments) },
        "trimall": { arguments throws(TemplateError) in try trimAll(arguments) },
        "trimPrefix": { arguments throws(TemplateError) in
            let (cut, text) = (try arguments.string(0).utf8, try arguments.string(1))
            return .string(text.utf8.starts(with: cut) ? String(Substring(text.utf8.dropFirst(cut.count))) : text)
        },
        "trimSuffix": { arguments throws(TemplateError) in
            let (cut, text) = (try arguments.string(0).utf8, try arguments.string(1))
            return .string(ends(text, with: cut) ? String(Substring(text.utf8.dropLast(cut.count))) : text)
        },
        "nospace": { arguments throws(TemplateError) in
            .string(try arguments.string(0).filter { !$0.isWhitespace })
        },
        "repeat": { arguments throws(TemplateError) in
            let text = try arguments.string(1)
            let count = max(0, try arguments.int(0))
            guard count <= TemplateArguments.maxItems else { throw TemplateError("repeats too often") }
            _ = try arguments.bounded(text.utf8.count * count)
            return .string(String(repeating: text, count: count))
        },
        "substr": { arguments throws(TemplateError) in
            let bytes = Array(try arguments.string(2).utf8)
            let from = max(0, try arguments.int(0))
            let end = try arguments.int(1)
            let to = end < from || end > bytes.count ? bytes.count : end
            guard from <= to else { return .string("") }
            return .string(String(decoding: bytes[from..<to], as: UTF8.self))
        },
        "trunc": { arguments throws(TemplateError) in
            let (count, text) = (try arguments.int(0), Array(try arguments.string(1).utf8))
            let kept = count < 0 ? text.suffix(count == Int.min ? text.count : -count) : text.prefix(count)
            return .string(String(decoding: kept, as: UTF8.self))
        },
        "contains": { arguments throws(TemplateError) in
            let (part, text) = (try arguments.string(0), try arguments.string(1))
            return .bool(part.isEmpty || pieces(of: text, by: part).count > 1)
        },
        "hasPrefix": { arguments throws(TemplateError) in
            .bool(try arguments.string(1).utf8.starts(with: try arguments.string(0).utf8))
        },
        "hasSuffix": { arguments throws(TemplateError) in
            .bool(ends(try arguments.string(1), with: try arguments.string(0).utf8))
        },
        "replace": { arguments throws(TemplateError) in
            let (old, new) = (try arguments.string(0), try arguments.string(1))
            let text = try arguments.string(2)
            guard !old.isEmpty else { return .string(text) }
            return .string(try joined(pieces(of: text, by: old), by: new, arguments))
        },
        "quote": { arguments throws(TemplateError) in
            .string(
                arguments.values.filter { $0 != .missing }.map { TemplateFormat.quoted($0.text) }
                    .joined(separator: " "))
        },
        "squote": { arguments throws(TemplateError) in
            .string(arguments.values.filter { $0 != .missing }.map { "'\($0.text)'" }.joined(separator: " "))
        },
        "cat": { arguments throws(TemplateError) in
            .string(arguments.values.filter { $0 != .missing }.map(\.text).joined(separator: " "))
        },
        "indent": { arguments throws(TemplateError) in
            .string(try indented(arguments))
        },
        "nindent": { arguments throws(TemplateError) in
            .string("\n" + (try indented(arguments)))
        },
        "toString": { arguments throws(TemplateError) in .string(try arguments.text(0)) },
        "toStrings": { arguments throws(TemplateError) in
            guard case .list(let values) = try arguments.value(0) else {
                let value = try arguments.value(0)
                return .list(value == .missing ? [] : [.string(value.text)])
            }
            return .list(values.filter { $0 != .missing }.map { .string($0.text) })
        },
        "abbrev": { arguments throws(TemplateError) in
            let (width, text) = (try arguments.int(0), try arguments.string(1))
            guard width >= 4, text.utf8.count > width else { return .string(text) }
            return .string(String(decoding: text.utf8.prefix(width - 3), as: UTF8.self) + "...")
        },
        "plural": { arguments throws(TemplateError) in
            .string(try arguments.string(try arguments.int(2) == 1 ? 0 : 1))
        },
    ]

    static func pieces(of text: String, by separator: String) -> [TemplateValue] {
        guard !separator.isEmpty else { return text.map { .string(String($0)) } }
        let (bytes, mark) = (Array(text.utf8), Array(separator.utf8))
        var pieces: [TemplateValue] = []
        var (start, position) = (0, 0)
        while position + mark.count <= bytes.count {
            if bytes[position..<position + mark.count].elementsEqual(mark) {
                pieces.append(.string(String(decoding: bytes[start..<position], as: UTF8.self)))
                position += mark.count
                start = position
            } else {
                position += 1
            }
        }
        pieces.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        return pieces
    }

    /// Traefik's: every run of what is neither letter nor digit becomes one `-`.
    private static func normalized(_ text: String) -> String {
        text.split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
    }

    /// Go's functions know code points, not what a reader takes for one character: `\r\n` is two.
    private typealias Test = (Unicode.Scalar.Properties) -> Bool

    private static func beginnings(
        of text: String, behind separates: (Unicode.Scalar) -> Bool,
        _ change: (Unicode.Scalar.Properties) -> String
    ) -> String {
        var changed = ""
        var isFirst = true
        for scalar in text.unicodeScalars {
            if isFirst { changed += change(scalar.properties) } else { changed.unicodeScalars.append(scalar) }
            isFirst = separates(scalar)
        }
        return changed
    }

    /// Go's `strings.Title`.
    private static func separatesTitles(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return !Character(scalar).isLetter && !Character(scalar).isNumber && scalar != "_" }
        return scalar.isWhitespace
    }

    private static func ends(_ text: String, with end: String.UTF8View) -> Bool {
        text.utf8.suffix(end.count).elementsEqual(end)
    }

    private static func trimAll(_ arguments: TemplateArguments) throws(TemplateError) -> TemplateValue {
        let cut = Set(try arguments.string(0).unicodeScalars)
        return .string(trimmed(try arguments.string(1)) { cut.contains($0) })
    }

    private static func trimmed(_ text: String, _ cuts: (Unicode.Scalar) -> Bool) -> String {
        var rest = text.unicodeScalars.drop(while: cuts)
        while let last = rest.last, cuts(last) { rest.removeLast() }
        return String(rest)
    }

    private static func indented(_ arguments: TemplateArguments) throws(TemplateError) -> String {
        let (count, text) = (try arguments.int(0), try arguments.string(1))
        guard (0...1000).contains(count) else { throw TemplateError("cannot indent by \(count)") }
        let blanks = String(repeating: " ", count: count)
        return blanks + (try joined(pieces(of: text, by: "\n"), by: "\n" + blanks, arguments))
    }

    private static func joined(
        _ values: [TemplateValue], by separator: String, _ arguments: TemplateArguments
    ) throws(TemplateError) -> String {
        let texts = values.map(\.text)
        let between = max(0, texts.count - 1) * separator.utf8.count
        _ = try arguments.bounded(texts.reduce(between) { $0 + $1.utf8.count })
        return texts.joined(separator: separator)
    }
}

extension Unicode.Scalar {
    fileprivate var isWhitespace: Bool { properties.isWhitespace }
}
