package import SpeculaConfiguration

/// The objects of the stand-in with their history, as etcd keeps them.
package struct StandInStore: Sendable {
    package struct Key: Hashable, Sendable, Comparable {
        package let kind: StandInKind
        package let namespace, name: String

        package static func < (first: Key, second: Key) -> Bool {
            (first.namespace, first.name) < (second.namespace, second.name)
        }
    }

    struct Event: Sendable {
        let version: Int
        let type: String
        let key: Key
        let object: JSONValue
    }

    private(set) var objects: [Key: JSONValue] = [:]
    private(set) var version = 100
    private(set) var history: [Event] = []
    /// Watches and continuations from before this version are too old.
    private(set) var oldest = 100

    /// Creates or replaces an object.
    ///
    /// - Returns: it as it is stored; nil when it is of no kind that is served.
    @discardableResult
    mutating func put(_ object: JSONValue) -> JSONValue? {
        guard case .string(let kindName) = object["kind"], case .string(let apiVersion) = object["apiVersion"],
            let kind = StandInKind.all.first(where: { $0.kind == kindName && $0.apiVersion == apiVersion }),
            var metadata = object["metadata"]
        else { return nil }
        version += 1
        var name = metadata["name"].flatMap(Self.text) ?? ""
        if name.isEmpty {
            name = "\(metadata["generateName"].flatMap(Self.text) ?? "")\(version)"
            metadata = metadata.setting("name", .string(name))
        }
        let namespace = kind.isNamespaced ? metadata["namespace"].flatMap(Self.text) ?? "default" : ""
        if kind.isNamespaced { metadata = metadata.setting("namespace", .string(namespace)) }
        metadata = metadata.setting("uid", .string("uid-\(kind.plural)-\(namespace)-\(name)"))
        metadata = metadata.setting("resourceVersion", .string(String(version)))
        metadata = metadata.setting("creationTimestamp", "2026-01-01T00:00:00Z")
        let stored = object.setting("metadata", metadata)
        let key = Key(kind: kind, namespace: namespace, name: name)
        let type = objects.updateValue(stored, forKey: key) == nil ? "ADDED" : "MODIFIED"
        history.append(Event(version: version, type: type, key: key, object: stored))
        return stored
    }

    @discardableResult
    mutating func remove(_ key: Key) -> JSONValue? {
        guard let object = objects.removeValue(forKey: key) else { return nil }
        version += 1
        let metadata = (object["metadata"] ?? .object([])).setting("resourceVersion", .string(String(version)))
        let last = object.setting("metadata", metadata)
        history.append(Event(version: version, type: "DELETED", key: key, object: last))
        return last
    }

    /// Forgets the history, as etcd does every few minutes.
    mutating func compact() {
        history.removeAll()
        oldest = version
    }

    /// All objects of a kind, by its plural.
    package func objects(of plural: String) -> [JSONValue] {
        objects.filter { $0.key.kind.plural == plural }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Objects of a kind in the order of their names.
    func list(_ kind: StandInKind, _ namespace: String?, _ selector: String) -> [JSONValue] {
        let keys = objects.keys.filter { $0.kind == kind && (namespace == nil || $0.namespace == namespace) }
        return keys.sorted().compactMap { objects[$0] }.filter { Self.matches($0, selector) }
    }

    /// `a=b,c!=d` alone.
    static func matches(_ object: JSONValue, _ selector: String) -> Bool {
        selector.split(separator: ",").allSatisfy { part in
            let isNegated = part.contains("!=")
            let words = part.split { "!=".contains($0) }
            guard words.count == 2 else { return false }
            let isEqual = object["metadata"]?["labels"]?[String(words[0])].flatMap(text) == String(words[1])
            return isEqual != isNegated
        }
    }

    static func text(_ value: JSONValue) -> String? {
        if case .string(let text) = value { return text }
        return nil
    }
}

extension JSONValue {
    /// An object with a member replaced or added; anything else stays what it is.
    func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var members) = self else { return self }
        members.removeAll { $0.name == name }
        members.append(Member(name, value))
        return .object(members)
    }

    /// RFC 7396.
    package func merged(with patch: JSONValue) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result = self
        if case .object = result {} else { result = .object([]) }
        for change in changes {
            if case .null = change.value {
                guard case .object(var members) = result else { continue }
                members.removeAll { $0.name == change.name }
                result = .object(members)
            } else {
                result = result.setting(change.name, (result[change.name] ?? .null).merged(with: change.value))
            }
        }
        return result
    }
}
