package import SpeculaConfiguration

/// Which labels an object must have: `app=api,env!=test,tier in (a,b),!old`. (Kubernetes: label selectors)
package struct LabelSelector: Sendable, Equatable {
    private enum Requirement: Sendable, Equatable {
        case isOne(String, of: Set<String>)
        case isNone(String, of: Set<String>)
        case exists(String)
        case isMissing(String)
    }

    private var requirements: [Requirement] = []

    /// Nil when the text is no selector; an empty one matches everything.
    package init?(_ text: String) {
        for part in Self.parts(text) {
            guard let requirement = Self.requirement(part) else { return nil }
            requirements.append(requirement)
        }
    }

    /// `matchLabels` and `matchExpressions`; nil when one of them is none.
    package init?(_ node: Node?) {
        for (key, value) in (node?.value(named: "matchLabels")?.texts ?? [:]).sorted(by: { $0.key < $1.key }) {
            requirements.append(.isOne(key, of: [value]))
        }
        for expression in node?.list("matchExpressions") ?? [] {
            let key = expression.string("key") ?? ""
            let values = Set(expression.list("values").map(\.text))
            switch expression.string("operator") {
            case "In": requirements.append(.isOne(key, of: values))
            case "NotIn": requirements.append(.isNone(key, of: values))
            case "Exists": requirements.append(.exists(key))
            case "DoesNotExist": requirements.append(.isMissing(key))
            default: return nil
            }
        }
    }

    package func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { requirement in
            switch requirement {
            case .isOne(let key, let values): labels[key].map { values.contains($0) } ?? false
            case .isNone(let key, let values): labels[key].map { !values.contains($0) } ?? true
            case .exists(let key): labels[key] != nil
            case .isMissing(let key): labels[key] == nil
            }
        }
    }

    /// Split at commas outside of brackets.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if character == ",", depth == 0 {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        parts.append(current)
        return parts.map(trimmed).filter { !$0.isEmpty }
    }

    private static func requirement(_ part: String) -> Requirement? {
        for (mark, isEqual) in [("!=", false), ("==", true), ("=", true)] {
            guard let range = part.firstRange(of: mark) else { continue }
            let key = trimmed(String(part[..<range.lowerBound]))
            let value = trimmed(String(part[range.upperBound...]))
            guard isKey(key), !value.contains("=") else { return nil }
            return isEqual ? .isOne(key, of: [value]) : .isNone(key, of: [value])
        }
        if part.hasPrefix("!") {
            let key = trimmed(String(part.dropFirst()))
            return isKey(key) ? .isMissing(key) : nil
        }
        guard let bracket = part.firstIndex(of: "(") else { return isKey(part) ? .exists(part) : nil }
        let words = part[..<bracket].split(separator: " ")
        guard words.count == 2, part.hasSuffix(")") else { return nil }
        let values = part[part.index(after: bracket)...].dropLast().split(separator: ",").map { trimmed(String($0)) }
        switch words[1] {
        case "in": return .isOne(String(words[0]), of: Set(values))
        case "notin": return .isNone(String(words[0]), of: Set(values))
        default: return nil
        }
    }

    private static func isKey(_ text: String) -> Bool {
        !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || "-_./".contains($0) }
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
