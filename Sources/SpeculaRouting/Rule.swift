/// A router's rule, parsed: which requests it takes.
///
/// The language is Traefik's v3: matchers with string arguments, `!`, `&&`, `||` and parentheses, with Go's precedence and
/// Go's string literals. (Traefik: routing, "Rules & Priority")
package struct Rule: Hashable, Sendable {
    /// Parentheses and negations inside one another that a rule may have.
    package static let depthLimit = 64

    let root: RuleNode

    /// Parses a rule.
    ///
    /// - Throws: `RuleError` with the byte offset of the first thing that is wrong.
    package init(parsing text: String) throws(RuleError) {
        var parser = RuleParser(text: text)
        root = try parser.parse()
    }

    /// The priority of a router that has none: the bytes of its rule, so that longer rules come first.
    package static func defaultPriority(of text: String) -> Int { text.utf8.count }

    /// The names that `Host` matchers of the rule name, as written but in lower case, in the order of their appearance.
    ///
    /// Which TLS options or certificates a host wants is decided by them.
    package var hosts: [String] {
        var found: [String] = []
        root.forEachMatcher { matcher in
            guard case .host(let pattern) = matcher else { return }
            let name = pattern.text
            if !found.contains(name) { found.append(name) }
        }
        return found
    }
}

/// A node of a rule: operators hold two or more operands, so that a long chain is not a deep tree.
indirect enum RuleNode: Hashable, Sendable {
    case matcher(Matcher)
    case not(RuleNode)
    case all([RuleNode])
    case any([RuleNode])

    func forEachMatcher(_ body: (Matcher) -> Void) {
        switch self {
        case .matcher(let matcher): body(matcher)
        case .not(let node): node.forEachMatcher(body)
        case .all(let nodes), .any(let nodes):
            for node in nodes { node.forEachMatcher(body) }
        }
    }
}
