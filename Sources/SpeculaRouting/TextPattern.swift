/// An expression in Go's syntax for the control plane: finds, splits and replaces as Go's `regexp` does.
package struct TextPattern {
    private let expression: RegularExpression
    private let isEmpty: Bool

    /// - Throws: `RegexError` when Go would refuse the pattern.
    package init(_ pattern: String) throws(RegexError) {
        expression = try RegularExpression(RegexPattern(Array(pattern.utf8)).bytes)
        isEmpty = pattern.isEmpty
    }

    /// True if the expression matches somewhere in the text.
    package func matches(_ text: String) -> Bool { expression.matches(Array(text.utf8).span) }

    /// The first match.
    package func first(in text: String) -> String? {
        let bytes = Array(text.utf8)
        guard let range = expression.find(in: bytes, from: 0)?[0] else { return nil }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// The matches, one behind the other; at most `most` of them, all where it is negative.
    package func all(in text: String, most: Int) -> [String] {
        let bytes = Array(text.utf8)
        return ranges(in: bytes, most: most).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// What is between the matches, in at most `most` parts, or any number where it is negative.
    package func split(_ text: String, most: Int) -> [String] {
        if most == 0 { return [] }
        if text.isEmpty, !isEmpty { return [""] }
        let bytes = Array(text.utf8)
        var parts: [String] = []
        var (start, end) = (0, 0)
        for range in ranges(in: bytes, most: most) {
            if most > 0, parts.count == most - 1 { break }
            end = range.lowerBound
            if range.upperBound != 0 { parts.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
            start = range.upperBound
        }
        if end != bytes.count { parts.append(String(decoding: bytes[start...], as: UTF8.self)) }
        return parts
    }

    /// The text with `replacement` in place of each match; `$1` and `${name}` in it stand for groups unless it is `isLiteral`.
    ///
    /// Nil where that would be more than `limit` bytes.
    package func replacing(_ text: String, with replacement: String, isLiteral: Bool, limit: Int) -> String? {
        let bytes = Array(text.utf8)
        let pieces = isLiteral ? [.text(Array(replacement.utf8))] : Self.pieces(of: replacement)
        var out: [UInt8] = []
        var (lastEnd, position) = (0, 0)
        while position <= bytes.count, let groups = expression.find(in: bytes, from: position), let match = groups[0] {
            out += bytes[lastEnd..<match.lowerBound]
            // An empty match right behind another one is none.
            if match.upperBound > lastEnd || match.lowerBound == 0 {
                for piece in pieces { append(piece, groups, bytes, to: &out) }
            }
            guard out.count <= limit else { return nil }
            lastEnd = match.upperBound
            position = max(match.upperBound, Self.next(after: position, in: bytes))
        }
        out += bytes[lastEnd...]
        return out.count <= limit ? String(decoding: out, as: UTF8.self) : nil
    }

    private func ranges(in bytes: [UInt8], most: Int) -> [Range<Int>] {
        var found: [Range<Int>] = []
        var (position, lastEnd) = (0, -1)
        while most < 0 || found.count < most, position <= bytes.count,
            let match = expression.find(in: bytes, from: position)?[0]
        {
            // An empty match right behind another one is none.
            if match.upperBound != position || match.lowerBound != lastEnd { found.append(match) }
            position = match.upperBound == position ? Self.next(after: position, in: bytes) : match.upperBound
            lastEnd = match.upperBound
        }
        return found
    }

    /// Where the next character begins; behind the end there is one more place.
    private static func next(after position: Int, in bytes: [UInt8]) -> Int {
        var next = position + 1
        while next < bytes.count, bytes[next] & 0xc0 == 0x80 { next += 1 }
        return next
    }

    // MARK: Replacements

    private enum Piece {
        case text([UInt8])
        case group(Int)
        case name([UInt8])
    }

    private func append(_ piece: Piece, _ groups: [Range<Int>?], _ bytes: [UInt8], to out: inout [UInt8]) {
        var number: Int?
        switch piece {
        case .text(let text): out += text
        case .group(let group): number = group
        case .name(let name): number = expression.group(named: name)
        }
        if let number, groups.indices.contains(number), let range = groups[number] { out += bytes[range] }
    }

    /// Go's `Regexp.Expand`: `$name` takes as many letters, digits and underscores as there are; `$$` is one `$`.
    private static func pieces(of replacement: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = Substring(replacement)
        while let dollar = rest.firstIndex(of: "$") {
            pieces.append(.text(Array(rest[..<dollar].utf8)))
            rest = rest[rest.index(after: dollar)...]
            if rest.hasPrefix("$") {
                pieces.append(.text([UInt8(ascii: "$")]))
                rest = rest.dropFirst()
                continue
            }
            let isBraced = rest.hasPrefix("{")
            let inside = rest.dropFirst(isBraced ? 1 : 0)
            let name = inside.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            let behind = inside[name.endIndex...]
            guard !name.isEmpty, !isBraced || behind.hasPrefix("}") else {
                pieces.append(.text([UInt8(ascii: "$")]))
                continue
            }
            let isNumber = name.utf8.allSatisfy { (0x30...0x39).contains($0) } && (name.count == 1 || name.first != "0")
            if isNumber, let number = Int(name) {
                pieces.append(.group(number))
            } else {
                pieces.append(.name(Array(name.utf8)))
            }
            rest = behind.dropFirst(isBraced ? 1 : 0)
        }
        pieces.append(.text(Array(rest.utf8)))
        return pieces
    }
}
