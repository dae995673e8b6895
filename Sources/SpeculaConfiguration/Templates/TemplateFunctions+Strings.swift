extension TemplateFunctions {
    /// Functions over text; the text comes last, so that it can come from a pipe.
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
            return .string(values.filter { $0 != .missing }.map(\.text).joined(separator: separator))
        },
        "normalize": { arguments throws(TemplateError) in .string(normalized(try arguments.string(0))) },
        "upper": { arguments throws(TemplateError) in .string(try arguments.string(0).uppercased()) },
        "lower": { arguments throws(TemplateError) in .string(try arguments.string(0).lowercased()) },
        "title": { arguments throws(TemplateError) in
            .string(words(try arguments.string(0)) { $0.prefix(1).uppercased() + $0.dropFirst() })
        },
        "untitle": { arguments throws(TemplateError) in
            .string(words(try arguments.string(0)) { $0.prefix(1).lowercased() + $0.dropFirst() })
        },
        "trim": { arguments throws(TemplateError) in
            .string(trimmed(try arguments.string(0)) { $0.isWhitespace })
        },
        "trimAll": { arguments throws(TemplateError) in
            let cut = try arguments.string(0)
            return .string(trimmed(try arguments.string(1)) { cut.contains($0) })
        },
        "trimPrefix": { arguments throws(TemplateError) in
            let (cut, text) = (try arguments.string(0), try arguments.string(1))
            return .string(text.hasPrefix(cut) ? String(text.dropFirst(cut.count)) : text)
        },
        "trimSuffix": { arguments throws(TemplateError) in
            let (cut, text) = (try arguments.string(0), try arguments.string(1))
            return .string(text.hasSuffix(cut) ? String(text.dropLast(cut.count)) : text)
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
            .bool(try arguments.string(1).hasPrefix(try arguments.string(0)))
        },
        "hasSuffix": { arguments throws(TemplateError) in
            .bool(try arguments.string(1).hasSuffix(try arguments.string(0)))
        },
        "replace": { arguments throws(TemplateError) in
            let (old, new) = (try arguments.string(0), try arguments.string(1))
            let text = try arguments.string(2)
            guard !old.isEmpty else { return .string(text) }
            return .string(pieces(of: text, by: old).map(\.text).joined(separator: new))
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
            .string(try indented(try arguments.string(1), try arguments.int(0)))
        },
        "nindent": { arguments throws(TemplateError) in
            .string("\n" + (try indented(try arguments.string(1), try arguments.int(0))))
        },
        "toString": { arguments throws(TemplateError) in .string(try arguments.text(0)) },
        "toStrings": { arguments throws(TemplateError) in
            .list(try arguments.list(0).map { .string($0.text) })
        },
        "base": { arguments throws(TemplateError) in
            let parts = try arguments.string(0).split(separator: "/")
            let none = try arguments.string(0).isEmpty ? "." : "/"
            return .string(parts.last.map { String($0) } ?? none)
        },
        "ext": { arguments throws(TemplateError) in
            let name = try arguments.string(0).split(separator: "/").last ?? ""
            return .string(name.lastIndex(of: ".").map { String(name[$0...]) } ?? "")
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

    private static func words(_ text: String, _ change: (Substring) -> String) -> String {
        text.split(separator: " ", omittingEmptySubsequences: false).map(change).joined(separator: " ")
    }

    private static func trimmed(_ text: String, _ cuts: (Character) -> Bool) -> String {
        var rest = text.drop(while: cuts)
        while let last = rest.last, cuts(last) { rest.removeLast() }
        return String(rest)
    }

    private static func indented(_ text: String, _ count: Int) throws(TemplateError) -> String {
        guard (0...1000).contains(count) else { throw TemplateError("cannot indent by \(count)") }
        let blanks = String(repeating: " ", count: count)
        return blanks + text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n" + blanks)
    }
}
