/// The objects of a cluster, or of a folder of manifests, at one moment.
package struct Cluster: Sendable {
    private struct Kind: Hashable {
        let group: String
        let name: String
    }

    /// By their kind: a translation asks for one after the other, and a cluster has thousands of some.
    private var kinds: [Kind: [ObjectKey: KubernetesObject]] = [:]

    var isEmpty: Bool { kinds.values.allSatisfy(\.isEmpty) }

    package init(_ objects: some Sequence<KubernetesObject> = []) {
        for object in objects { put(object) }
    }

    /// Takes a new object or a newer version of one.
    ///
    /// - Returns: the one that it replaces.
    @discardableResult
    package mutating func put(_ object: KubernetesObject) -> KubernetesObject? {
        let key = object.key
        return kinds[Kind(group: key.group, name: key.kind), default: [:]].updateValue(object, forKey: key)
    }

    /// - Returns: the object that is gone; nil when there was none.
    @discardableResult
    package mutating func remove(_ key: ObjectKey) -> KubernetesObject? {
        kinds[Kind(group: key.group, name: key.kind)]?.removeValue(forKey: key)
    }

    package func object(_ group: String, _ kind: String, _ namespace: String, _ name: String) -> KubernetesObject? {
        kinds[Kind(group: group, name: kind)]?[
            ObjectKey(group: group, kind: kind, namespace: namespace, name: name)]
    }

    /// A core Service.
    package func service(_ namespace: String, _ name: String) -> KubernetesObject? {
        object("", "Service", namespace, name)
    }

    /// All objects of a kind, in the order of namespace and name: nothing may depend on the order of arrival.
    package func all(_ group: String, _ kind: String) -> [KubernetesObject] {
        (kinds[Kind(group: group, name: kind)] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    /// The kinds of a group of which there are objects.
    package func kinds(of group: String) -> Set<String> {
        Set(kinds.filter { $0.key.group == group && !$0.value.isEmpty }.map(\.key.name))
    }

    /// Every object, in no order.
    package var objects: [KubernetesObject] { kinds.values.flatMap(\.values) }
    package var count: Int { kinds.values.reduce(0) { $0 + $1.count } }
}
