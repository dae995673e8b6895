/// What travels along while a tree is decoded: the key path, and everything found wrong so far.
package struct DecodingContext {
    /// What a known key that is not built yet does.
    package enum UnsupportedKeys: Sendable {
        /// Refuses the source (static configuration).
        case refuse
        /// Marks the nearest `PartlySupported` section above (dynamic configuration).
        case mark
    }

    package private(set) var diagnostics: [Diagnostic] = []
    let unsupportedKeys: UnsupportedKeys
    /// Those not yet claimed by a `PartlySupported` section.
    package var unclaimed: [UnsupportedKey] = []
    /// Keys of the root that belong to the other half of a file that holds both; lower case.
    var foreignRoots: Set<String> = []
    /// Those that were found.
    private(set) var foreignKeys: [Node] = []
    private var path: [PathComponent] = []

    private enum PathComponent {
        case key(String)
        case index(Int)
    }

    package init(unsupportedKeys: UnsupportedKeys) { self.unsupportedKeys = unsupportedKeys }

    /// `http.services.api.mirroring.mirrors[0].percent`.
    package var keyPath: String {
        var text = ""
        for component in path {
            switch component {
            case .key(let key): text += text.isEmpty ? key : "." + key
            case .index(let index): text += "[\(index)]"
            }
        }
        return text
    }

    package mutating func within<Result>(_ key: String, _ body: (inout DecodingContext) -> Result) -> Result {
        path.append(.key(key))
        defer { path.removeLast() }
        return body(&self)
    }

    package mutating func within<Result>(index: Int, _ body: (inout DecodingContext) -> Result) -> Result {
        path.append(.index(index))
        defer { path.removeLast() }
        return body(&self)
    }

    package mutating func error(
        _ node: Node, _ message: String, suggestion: String? = nil, kind: FindingKind = .plain
    ) {
        diagnostics.append(
            Diagnostic(.error, at: node.location, keyPath: keyPath, message, suggestion: suggestion, kind: kind))
    }

    package mutating func warning(_ node: Node, _ message: String) {
        diagnostics.append(Diagnostic(.warning, at: node.location, keyPath: keyPath, message))
    }

    package mutating func wrongType(_ node: Node, expected: String) {
        error(node, "expected \(expected), found \(node.kindName)")
    }

    /// What stands under a key that the section does not know.
    mutating func unknown(_ key: Node, known: [String]) {
        let name = key.text
        if path.isEmpty, foreignRoots.contains(ASCII.lowered(name)) {
            foreignKeys.append(key)
        } else if path.isEmpty, name.hasPrefix("x-") || name.hasPrefix("X-") {
            // By custom the place for anchors.
        } else {
            let candidates = path.isEmpty ? known + foreignRoots.sorted() : known
            within(name) { $0.unknown(key, suggestion: Spelling.nearest(to: name, in: candidates)) }
        }
    }

    /// A key that nobody knows; the path is its own.
    mutating func unknown(_ key: Node, suggestion: String?) {
        error(key, "unknown key", suggestion: suggestion, kind: .unknownKey)
    }

    /// A key of ours to build: known to Traefik, not to the gateway yet.
    mutating func notSupportedYet(_ node: Node) {
        // What is switched off need not be supported.
        if node.kind == .sequence, node.count == 0 { return }
        if node.kind == .plain || node.kind == .quoted, ["", "0", "false"].contains(node.text) { return }
        switch unsupportedKeys {
        case .refuse: error(node, "not supported yet", kind: .notSupported)
        case .mark: unclaimed.append(UnsupportedKey(keyPath: keyPath, location: node.location))
        }
    }

    mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }
}
