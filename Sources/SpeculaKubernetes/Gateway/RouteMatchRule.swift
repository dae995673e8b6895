internal import SpeculaConfiguration

/// The rule and the priority of a match of an HTTPRoute. (Gateway API: HTTPRouteMatch and its order of precedence)
struct RouteMatchRule {
    private(set) var rule: String
    private(set) var priority: Int
    /// Why there is none: the key and the reason.
    private(set) var problem: (key: String, message: String)?

    /// - Parameters:
    ///   - match: nil: everything.
    ///   - hostnames: none: any.
    ///   - number: the position of the route's rule: the first wins among equals.
    init(_ match: Node?, hostnames: [String], number: Int) {
        var parts: [String] = []
        var host = 0
        if !hostnames.isEmpty {
            let rules = hostnames.map(Self.host)
            parts.append(rules.count == 1 ? rules[0] : "(\(rules.joined(separator: " || ")))")
            host = hostnames.map { $0.hasPrefix("*") ? $0.utf8.count : 256 + $0.utf8.count }.max() ?? 0
        }
        var problem: (key: String, message: String)?
        let (pathRule, path) = Self.path(match?.value(named: "path"), &problem)
        parts.append(pathRule)
        let method = match?.string("method")
        if let method { parts.append("Method(\(Self.quoted(method)))") }
        let headers = match?.list("headers") ?? []
        parts += headers.map { Self.pair("Header", $0) }
        let query = match?.list("queryParams") ?? []
        parts += query.map { Self.pair("Query", $0) }
        rule = parts.joined(separator: " && ")
        let score = host * 100_000_000 + path * 10_000 + (method == nil ? 0 : 5000) + headers.count * 100 + query.count
        priority = score * 100 + max(0, 99 - number)
        self.problem = problem
    }

    private static func host(_ name: String) -> String {
        guard name.hasPrefix("*.") else { return "Host(\(quoted(name)))" }
        let rest = name.dropFirst(2).split(separator: ".", omittingEmptySubsequences: false).joined(separator: #"\."#)
        return "HostRegexp(\(quoted(#"^[a-z0-9-\.]+\."# + rest + "$")))"
    }

    /// As a string of a rule, which none of its characters ends.
    private static func quoted(_ text: String) -> String {
        guard text.contains("`") else { return "`\(text)`" }
        let escaped = text.unicodeScalars.map { scalar in
            scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : scalar == "\n" ? "\\n" : String(scalar)
        }
        return "\"\(escaped.joined())\""
    }

    private static func path(_ node: Node?, _ problem: inout (key: String, message: String)?) -> (String, Int) {
        let value = node?.string("value") ?? "/"
        switch node?.string("type") ?? "PathPrefix" {
        case "Exact": return ("Path(\(quoted(value)))", 4000 + value.utf8.count)
        case "RegularExpression": return ("PathRegexp(\(quoted(value)))", value.utf8.count)
        case "PathPrefix":
            if value == "/" { return ("PathPrefix(`/`)", 1) }
            let bare = value.hasSuffix("/") ? String(value.dropLast()) : value
            return ("(Path(\(quoted(bare))) || PathPrefix(\(quoted(bare + "/"))))", value.utf8.count)
        case let other:
            problem = ("path.type", "unsupported type \(other)")
            return ("PathPrefix(`/`)", 1)
        }
    }

    private static func pair(_ what: String, _ node: Node) -> String {
        let suffix = node.string("type") == "RegularExpression" ? "Regexp" : ""
        return "\(what)\(suffix)(\(quoted(node.string("name") ?? "")), \(quoted(node.string("value") ?? "")))"
    }

    /// Host names that both a listener and a route accept; nil when there are none.
    static func common(listener: String, route: [String]) -> [String]? {
        guard !listener.isEmpty else { return route }
        guard !route.isEmpty else { return [listener] }
        let both = route.compactMap { name -> String? in
            if name == listener { return name }
            if listener.hasPrefix("*."), name.hasSuffix(listener.dropFirst(1)) { return name }
            if name.hasPrefix("*."), listener.hasSuffix(name.dropFirst(1)) { return listener }
            return nil
        }
        return both.isEmpty ? nil : both
    }
}
