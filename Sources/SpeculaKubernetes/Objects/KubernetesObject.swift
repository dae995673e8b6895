package import SpeculaConfiguration

/// A Kubernetes object as it was written or sent: what every kind has, and the tree with all the rest.
package struct KubernetesObject: Sendable {
    package let apiVersion: String
    package let kind: String
    /// `default` where none is given, as `kubectl apply` puts it there.
    package let namespace: String
    package let name: String
    package let node: Node

    /// Nil when the tree is no object: it has no kind, no apiVersion or no name.
    package init?(_ node: Node) {
        guard let kind = node.string("kind"), let apiVersion = node.string("apiVersion"),
            let metadata = node.value(named: "metadata"), let name = metadata.string("name")
        else { return nil }
        self.kind = kind
        self.apiVersion = apiVersion
        self.name = name
        namespace = metadata.string("namespace") ?? "default"
        self.node = node
    }

    /// What stands before the slash of `apiVersion`; empty for the core group.
    package var group: String {
        guard let slash = apiVersion.firstIndex(of: "/") else { return "" }
        return String(apiVersion[..<slash])
    }

    /// `IngressRoute default/api`, as diagnostics begin.
    package var title: String { "\(kind) \(namespace)/\(name)" }

    package var labels: [String: String] { node.at("metadata", "labels")?.texts ?? [:] }
    package var annotations: [String: String] { node.at("metadata", "annotations")?.texts ?? [:] }
    package var resourceVersion: String { node.at("metadata", "resourceVersion")?.text ?? "" }
    package var spec: Node? { node.value(named: "spec") }

    package var key: ObjectKey { ObjectKey(group: group, kind: kind, namespace: namespace, name: name) }
}

/// What makes an object one and the same through all its versions.
package struct ObjectKey: Sendable, Hashable, Comparable {
    package var group: String
    package var kind: String
    package var namespace: String
    package var name: String

    package init(group: String, kind: String, namespace: String, name: String) {
        self.group = group
        self.kind = kind
        self.namespace = namespace
        self.name = name
    }

    package static func < (first: ObjectKey, second: ObjectKey) -> Bool {
        (first.kind, first.namespace, first.name, first.group) < (
            second.kind, second.namespace, second.name, second.group
        )
    }
}

extension Node {
    /// The value at the end of a way of keys.
    package func at(_ keys: String...) -> Node? {
        var current = self
        for key in keys {
            guard let next = current.value(named: key) else { return nil }
            current = next
        }
        return current
    }

    /// A word under a key; nil when there is none or when it is empty.
    package func string(_ key: String) -> String? {
        guard let text = value(named: key)?.text, !text.isEmpty else { return nil }
        return text
    }

    /// The children of a list under a key.
    package func list(_ key: String) -> [Node] {
        guard let node = value(named: key), node.kind == .sequence else { return [] }
        return (0..<node.count).map { node.element($0) }
    }

    /// A truth under a key; nil when it is not said.
    package func truth(_ key: String) -> Bool? {
        switch value(named: key)?.text {
        case "true": true
        case "false": false
        default: nil
        }
    }

    /// A mapping of words.
    package var texts: [String: String] {
        guard kind == .mapping else { return [:] }
        var texts: [String: String] = [:]
        for position in 0..<count {
            let (key, value) = pair(position)
            texts[key.text] = value.text
        }
        return texts
    }
}
