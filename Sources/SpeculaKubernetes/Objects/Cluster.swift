/// The objects of a cluster, or of a folder of manifests, at one moment.
package struct Cluster: Sendable {
    package private(set) var objects: [ObjectKey: KubernetesObject] = [:]

    package init(_ objects: some Sequence<KubernetesObject> = []) {
        for object in objects { self.objects[object.key] = object }
    }

    /// Takes a new object or a newer version of one.
    ///
    /// - Returns: the one that it replaces.
    @discardableResult
    package mutating func put(_ object: KubernetesObject) -> KubernetesObject? {
        objects.updateValue(object, forKey: object.key)
    }

    /// - Returns: the object that is gone; nil when there was none.
    @discardableResult
    package mutating func remove(_ key: ObjectKey) -> KubernetesObject? { objects.removeValue(forKey: key) }

    package func object(_ group: String, _ kind: String, _ namespace: String, _ name: String) -> KubernetesObject? {
        objects[ObjectKey(group: group, kind: kind, namespace: namespace, name: name)]
    }

    /// A core Service.
    package func service(_ namespace: String, _ name: String) -> KubernetesObject? {
        object("", "Service", namespace, name)
    }

    /// All objects of a kind, in the order of namespace and name: nothing may depend on the order of arrival.
    package func all(_ group: String, _ kind: String) -> [KubernetesObject] {
        objects.values.filter { $0.kind == kind && $0.group == group }.sorted { $0.key < $1.key }
    }
}
