/// What a request's host and path must at least be for a rule to hold: by this a table finds its candidates.
///
/// Never narrower than the rule: a candidate is still asked.
struct RouteKey: Hashable {
    var host: HostKey
    var path: PathKey

    static let anything = RouteKey(host: .any, path: .any)

    enum HostKey: Hashable {
        case any
        /// Without dots at the end.
        case name([UInt8])
        /// From the first dot on, without dots at the end.
        case suffix([UInt8])
    }

    enum PathKey: Hashable {
        case any
        case exactly([UInt8])
        case prefix([UInt8])
    }

    /// The alternatives of a rule: it holds only for requests that meet one of them.
    static func keys(of node: RuleNode) -> [RouteKey] {
        switch node {
        case .not:
            return [.anything]
        case .any(let operands):
            let keys = operands.flatMap(keys(of:))
            return keys.contains(.anything) ? [.anything] : keys
        case .all(let operands):
            return operands.map(keys(of:)).reduce([.anything], product)
        case .matcher(.host(.exactly(let name))):
            let key = withoutEndDots(name)
            return [RouteKey(host: key.isEmpty ? .any : .name(key), path: .any)]
        case .matcher(.host(.oneLabelBefore(let suffix))):
            let key = withoutEndDots(suffix)
            return [RouteKey(host: key.isEmpty ? .any : .suffix(key), path: .any)]
        case .matcher(.path(let path)):
            return [RouteKey(host: .any, path: .exactly(path))]
        case .matcher(.pathPrefix(let path)):
            return [RouteKey(host: .any, path: path == [UInt8(ascii: "/")] ? .any : .prefix(path))]
        case .matcher:
            return [.anything]
        }
    }

    /// Alternatives that both hold; with very many of them, only the side that says more.
    private static func product(_ a: [RouteKey], _ b: [RouteKey]) -> [RouteKey] {
        if a == [.anything] { return b }
        if b == [.anything] { return a }
        if a.count * b.count > 1024 { return a.contains { $0.host == .any } ? b : a }
        return a.flatMap { left in
            b.map { right in RouteKey(host: narrower(left.host, right.host), path: narrower(left.path, right.path)) }
        }
    }

    private static func narrower(_ a: HostKey, _ b: HostKey) -> HostKey {
        switch (a, b) {
        case (.any, _), (.suffix, .name): b
        default: a
        }
    }

    private static func narrower(_ a: PathKey, _ b: PathKey) -> PathKey {
        switch (a, b) {
        case (.any, _), (.prefix, .exactly): b
        case (.prefix(let first), .prefix(let second)): second.count > first.count ? b : a
        default: a
        }
    }

    private static func withoutEndDots(_ name: [UInt8]) -> [UInt8] {
        var name = name
        while name.last == UInt8(ascii: ".") { name.removeLast() }
        return name
    }
}
