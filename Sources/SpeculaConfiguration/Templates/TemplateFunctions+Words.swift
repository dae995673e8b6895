extension TemplateFunctions {
    /// Functions that know words: their cases, first letters, and where a line is broken.
    static let words: [String: Function] = [
        "snakecase": { arguments throws(TemplateError) in .string(joinedWords(try arguments.string(0), by: "_")) },
        "kebabcase": { arguments throws(TemplateError) in .string(joinedWords(try arguments.string(0), by: "-")) },
        "camelcase": { arguments throws(TemplateError) in .string(camelCase(try arguments.string(0))) },
        "initials": { arguments throws(TemplateError) in
            let words = try arguments.string(0).unicodeScalars.split { $0.properties.isWhitespace }
            return .string(words.compactMap { $0.first.map { String($0) } }.joined())
        },
        "wrap": { arguments throws(TemplateError) in
            .string(
                try wrapped(try arguments.string(1), at: try arguments.int(0), by: "\n", cutsWords: false, arguments))
        },
        "wrapWith": { arguments throws(TemplateError) in
            let mark = try arguments.string(1)
            return .string(
                try wrapped(
                    try arguments.string(2), at: try arguments.int(0), by: mark.isEmpty ? "\n" : mark, cutsWords: true,
                    arguments))
        },
        "abbrevboth": { arguments throws(TemplateError) in
            .string(abbreviated(try arguments.string(2), try arguments.int(0), try arguments.int(1)))
        },
    ]

    // MARK: Cases

    /// What a run of letters is.
    private enum WordKind: Equatable { case number, upper, lower, gap, mark, other }

    private static func kind(of scalar: Unicode.Scalar) -> WordKind {
        let properties = scalar.properties
        if scalar == "-" || scalar == "_" || properties.isWhitespace { return .gap }
        switch properties.generalCategory {
        case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
            .finalPunctuation, .otherPunctuation:
            return .mark
        case .uppercaseLetter: return .upper
        // Letters without cases are no words of their own.
        case .lowercaseLetter, .titlecaseLetter: return .lower
        case .decimalNumber, .letterNumber, .otherNumber: return .number
        default: return .other
        }
    }

    /// `HTTPServer` is `HTTP` and `Server`; a capital begins a word.
    private static func words(of text: String) -> [(kind: WordKind, text: [Unicode.Scalar])] {
        let scalars = Array(text.unicodeScalars)
        let kinds = scalars.map(kind)
        var found: [(kind: WordKind, text: [Unicode.Scalar])] = []
        var start = 0
        while start < scalars.count {
            var end = start + 1
            while end < scalars.count, kinds[end] == kinds[start] { end += 1 }
            if kinds[start] == .upper, end < scalars.count, kinds[end] == .lower {
                if end - start > 1 {
                    end -= 1
                } else {
                    while end < scalars.count, kinds[end] == .lower { end += 1 }
                }
            }
            found.append((kinds[start], Array(scalars[start..<end])))
            start = end
        }
        return found
    }

    /// Words in small letters.
    ///
    /// A number belongs to the small letters behind it (`http_20x`), else to the word before (`bld4`).
    private static func joinedWords(_ text: String, by mark: String) -> String {
        let all = words(of: text)
        var groups: [(isWord: Bool, text: String)] = []
        var position = 0
        while position < all.count {
            let word = all[position]
            position += 1
            switch word.kind {
            case .gap: groups.append((false, String(repeating: mark, count: word.text.count)))
            case .mark: groups.append((false, Self.text(word.text)))
            case .upper, .lower, .other:
                groups.append((true, word.kind == .upper ? Self.text(word.text).lowercased() : Self.text(word.text)))
            case .number:
                var number = Self.text(word.text)
                let isAlone = position == all.count || all[position].kind != .lower
                while position < all.count, all[position].kind == .lower || all[position].kind == .number {
                    number += Self.text(all[position].text)
                    position += 1
                }
                if isAlone, let last = groups.indices.last, groups[last].isWord {
                    groups[last].text += number
                } else {
                    groups.append((true, number))
                }
            }
        }
        var result = ""
        for (number, group) in groups.enumerated() {
            if number > 0, group.isWord, groups[number - 1].isWord { result += mark }
            result += group.text
        }
        return result
    }

    private static func text(_ scalars: [Unicode.Scalar]) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }

    /// `http_server` is `HttpServer`; of several gaps in a row all but one stay, and those at the ends.
    private static func camelCase(_ text: String) -> String {
        let all = words(ofGaps: text)
        var result = ""
        for (number, part) in all.enumerated() {
            guard part.isGap else {
                let rest = part.text.dropFirst().map { $0.properties.lowercaseMapping }.joined()
                result += (part.text.first?.properties.uppercaseMapping ?? "") + rest
                continue
            }
            let isAtEnd = number == 0 || number == all.count - 1
            result += Self.text(Array(isAtEnd ? part.text[...] : part.text.dropLast()))
        }
        return result
    }

    private static func words(ofGaps text: String) -> [(isGap: Bool, text: [Unicode.Scalar])] {
        var found: [(isGap: Bool, text: [Unicode.Scalar])] = []
        for scalar in text.unicodeScalars {
            let isGap = kind(of: scalar) == .gap
            if let last = found.indices.last, found[last].isGap == isGap {
                found[last].text.append(scalar)
            } else {
                found.append((isGap, [scalar]))
            }
        }
        return found
    }

    // MARK: Lines

    /// Lines of at most so many bytes where there are blanks to break them at.
    private static func wrapped(
        _ text: String, at width: Int, by mark: String, cutsWords: Bool, _ arguments: TemplateArguments
    ) throws(TemplateError) -> String {
        let (bytes, width, blank) = (Array(text.utf8), max(1, width), UInt8(ascii: " "))
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        while bytes.count - start > width {
            if bytes[start] == blank {
                start += 1
            } else if let end = bytes[start...(start + width)].lastIndex(of: blank) {
                lines.append(bytes[start..<end])
                start = end + 1
            } else if cutsWords {
                lines.append(bytes[start..<start + width])
                start += width
            } else if let end = bytes[(start + width)...].firstIndex(of: blank) {
                lines.append(bytes[start..<end])
                start = end + 1
            } else {
                lines.append(bytes[start...])
                start = bytes.count
                return String(decoding: try joinedLines(lines, by: mark, arguments), as: UTF8.self)
            }
        }
        lines.append(bytes[start...])
        return String(decoding: try joinedLines(lines, by: mark, arguments), as: UTF8.self)
    }

    private static func joinedLines(
        _ lines: [ArraySlice<UInt8>], by mark: String, _ arguments: TemplateArguments
    ) throws(TemplateError) -> [UInt8] {
        let between = (lines.count - 1) * mark.utf8.count
        _ = try arguments.bounded(lines.reduce(between) { $0 + $1.count })
        return Array(lines.joined(separator: mark.utf8))
    }

    /// At most `width` bytes from about `left` on, with dots where something is left out.
    private static func abbreviated(_ text: String, _ left: Int, _ width: Int) -> String {
        guard width >= 4, left <= 0 || width >= 7 else { return text }
        let bytes = Array(text.utf8)
        guard bytes.count > width else { return text }
        let room = width - 3
        func shown(_ part: ArraySlice<UInt8>) -> String { String(decoding: part, as: UTF8.self) }
        let start = min(left, bytes.count - room)
        if start <= 4 { return shown(bytes.prefix(room)) + "..." }
        guard start + room < bytes.count else { return "..." + shown(bytes.suffix(room)) }
        return "..." + shown(bytes[start...].prefix(room - 3)) + "..."
    }
}
