/// A version as SemVer 2 has it, read as leniently as sprig's library does: `v1`, `1.2`. (Masterminds/semver, version 3)
struct SemanticVersion: Sendable, Equatable {
    var major: UInt64
    var minor: UInt64
    var patch: UInt64
    var prerelease: String
    var metadata: String
    /// As it was written.
    var original: String

    /// - Throws: `TemplateError` for what is no version.
    init(_ text: String) throws(TemplateError) {
        var rest = Substring(text)
        if rest.hasPrefix("v") { rest.removeFirst() }
        var (metadata, prerelease): (Substring?, Substring?)
        if let plus = rest.firstIndex(of: "+") {
            metadata = rest[rest.index(after: plus)...]
            rest = rest[..<plus]
        }
        if let dash = rest.firstIndex(of: "-") {
            prerelease = rest[rest.index(after: dash)...]
            rest = rest[..<dash]
        }
        let numbers = rest.split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
        guard (1...3).contains(numbers.count), let major = numbers[0],
            numbers.allSatisfy({ $0 != nil }), Self.areIdentifiers(prerelease), Self.areIdentifiers(metadata)
        else { throw TemplateError("Invalid Semantic Version") }
        self.major = major
        minor = (numbers.count > 1 ? numbers[1] : nil) ?? 0
        patch = (numbers.count > 2 ? numbers[2] : nil) ?? 0
        self.prerelease = String(prerelease ?? "")
        self.metadata = String(metadata ?? "")
        original = text
    }

    private static func number(_ digits: Substring) -> UInt64? {
        digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(digits) : nil
    }

    /// Letters, digits and dashes between dots; nil: there are none.
    private static func areIdentifiers(_ text: Substring?) -> Bool {
        guard let text else { return true }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" }
        }
    }

    /// The whole, as it is printed.
    var text: String {
        "\(major).\(minor).\(patch)" + (prerelease.isEmpty ? "" : "-\(prerelease)")
            + (metadata.isEmpty ? "" : "+\(metadata)")
    }

    /// Below zero when this one comes first; metadata does not count. (SemVer 2, section 11)
    func compare(_ other: SemanticVersion) -> Int {
        for (mine, theirs) in [(major, other.major), (minor, other.minor), (patch, other.patch)] where mine != theirs {
            return mine < theirs ? -1 : 1
        }
        if prerelease == other.prerelease { return 0 }
        if prerelease.isEmpty { return 1 }
        if other.prerelease.isEmpty { return -1 }
        let (mine, theirs) = (prerelease.split(separator: "."), other.prerelease.split(separator: "."))
        for (first, second) in zip(mine, theirs) where first != second {
            switch (Self.number(first), Self.number(second)) {
            case (.some(let a), .some(let b)): return a < b ? -1 : 1
            case (.some, nil): return -1
            case (nil, .some): return 1
            case (nil, nil): return first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1
            }
        }
        return mine.count < theirs.count ? -1 : mine.count > theirs.count ? 1 : 0
    }
}

/// What a version has to be: `>= 1.2, < 3.0.0 || ^4.2`. (Masterminds/semver, version 3)
struct VersionConstraint {
    private enum Operator: String, CaseIterable {
        case notEqual = "!="
        case atLeast = ">="
        case least = "=>"
        case atMost = "<="
        case most = "=<"
        case pessimistic = "~>"
        case equal = "="
        case greater = ">"
        case less = "<"
        case tilde = "~"
        case caret = "^"
    }

    /// One comparison.
    private struct Comparison {
        var sign: Operator
        var version: SemanticVersion
        /// Numbers that are said; the others are free.
        var precision: Int

        func accepts(_ candidate: SemanticVersion) -> Bool {
            // Pre-releases are taken only by those who name one.
            let isUnasked = !candidate.prerelease.isEmpty && version.prerelease.isEmpty
            if sign == .notEqual {
                return !(isUnasked && precision < 3) && !isOneOf(candidate)
            }
            guard !isUnasked else { return false }
            let order = candidate.compare(version)
            switch sign {
            case .notEqual: return false
            case .equal: return precision < 3 ? isWithinTilde(candidate) : order == 0
            case .greater:
                if precision == 3 || candidate.major != version.major || precision == 0 {
                    return precision == 3 || precision == 0 ? order > 0 : candidate.major > version.major
                }
                return precision == 2 && candidate.minor > version.minor
            case .less: return order < 0
            case .atLeast, .least: return order >= 0
            case .atMost, .most:
                if precision == 3 { return order <= 0 }
                if candidate.major > version.major { return false }
                return precision == 1 || candidate.major < version.major || candidate.minor <= version.minor
            case .tilde, .pessimistic: return isWithinTilde(candidate)
            case .caret: return order >= 0 && isWithinCaret(candidate)
            }
        }

        private func isOneOf(_ candidate: SemanticVersion) -> Bool {
            if precision == 3 || precision == 0 { return candidate.compare(version) == 0 }
            guard candidate.major == version.major else { return false }
            if precision == 1 { return true }
            guard candidate.minor == version.minor else { return false }
            return candidate.prerelease == version.prerelease
        }

        private func isWithinTilde(_ candidate: SemanticVersion) -> Bool {
            guard candidate.compare(version) >= 0 else { return false }
            // `*` and `~0.0.0` take everything.
            let isOpen = precision == 0 || precision == 3
            if isOpen, version.major == 0, version.minor == 0, version.patch == 0 { return true }
            return candidate.major == version.major && (precision == 1 || candidate.minor == version.minor)
        }

        /// The first number that is not zero stays.
        private func isWithinCaret(_ candidate: SemanticVersion) -> Bool {
            if version.major > 0 || precision == 1 { return candidate.major == version.major }
            if precision == 0 { return true }
            guard candidate.major == 0 else { return false }
            if version.minor > 0 || precision == 2 { return candidate.minor == version.minor }
            return candidate.minor == 0 && candidate.patch == version.patch
        }
    }

    /// Any of these, each of which wants all of its comparisons.
    private let alternatives: [[Comparison]]

    /// - Throws: `TemplateError` for what is no constraint.
    init(_ text: String) throws(TemplateError) {
        var alternatives: [[Comparison]] = []
        for part in TemplateFunctions.pieces(of: text, by: "||") {
            alternatives.append(try Self.comparisons(part.text))
        }
        self.alternatives = alternatives
    }

    func accepts(_ version: SemanticVersion) -> Bool {
        alternatives.contains { all in all.allSatisfy { $0.accepts(version) } }
    }

    private static func comparisons(_ text: String) throws(TemplateError) -> [Comparison] {
        let mistake = TemplateError("improper constraint: \(text)")
        var found: [Comparison] = []
        var words = text.split { $0 == " " || $0 == "\t" || $0 == "," }.map(String.init)[...]
        if words.isEmpty {
            guard !text.contains(",") else { throw mistake }
            return [try comparison("*", .equal, mistake)]
        }
        while let word = words.popFirst() {
            // `1.2 - 1.4.5`: both ends belong to it.
            if words.first == "-", let end = words.dropFirst().first {
                found.append(try comparison(word, .atLeast, mistake))
                found.append(try comparison(end, .atMost, mistake))
                words = words.dropFirst(2)
                continue
            }
            let sign = Operator.allCases.first { word.hasPrefix($0.rawValue) }
            var rest = String(word.dropFirst(sign?.rawValue.count ?? 0))
            if rest.isEmpty {
                guard let next = words.popFirst() else { throw mistake }
                rest = next
            }
            found.append(try comparison(rest, sign ?? .equal, mistake))
        }
        return found
    }

    private static func comparison(
        _ text: String, _ sign: Operator, _ mistake: TemplateError
    ) throws(TemplateError) -> Comparison {
        let end = text.firstIndex { $0 == "-" || $0 == "+" } ?? text.endIndex
        var core = text[..<end]
        if core.hasPrefix("v") { core.removeFirst() }
        let parts = core.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...3).contains(parts.count) else { throw mistake }
        let free = parts.firstIndex { ["x", "X", "*"].contains($0) }
        let precision = free ?? parts.count
        var numbers = parts.prefix(precision).map(String.init)
        while numbers.count < 3 { numbers.append("0") }
        do throws(TemplateError) {
            let version = try SemanticVersion(numbers.joined(separator: ".") + text[end...])
            return Comparison(sign: sign, version: version, precision: precision)
        } catch {
            throw mistake
        }
    }
}
