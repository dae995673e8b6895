package import SpeculaConfiguration

/// What a user may say about how objects are read, whichever way they come. (Traefik: providers.kubernetesCRD)
package struct KubernetesOptions: Sendable, Equatable {
    /// Empty: all.
    package var namespaces: [String] = []
    /// Of custom resources only.
    package var labelSelector: LabelSelector?
    /// Empty: objects without a class, and those of the class `traefik`.
    package var ingressClass = ""
    package var allowCrossNamespace = false
    package var allowExternalNameServices = false
    package var allowEmptyServices = false
    /// For routes; as in Traefik not for what a TraefikService names.
    package var nativeLBByDefault = false
    /// Nil: all.
    package var crossProviderNamespaces: [String]?
    /// Serves routes that ask for TLS in plain HTTP.
    package var ignoresTLS = false
    /// `staging-service@kubernetes` beside what Traefik would call `default-staging-service-80@kubernetescrd`.
    package var shortNames = false
    /// Ports of the entry points by their names: a Gateway's listeners are served by the one of their port.
    package var entryPoints: [String: Int] = [:]

    package init() {}

    package init(_ settings: KubernetesManifestsConfiguration, entryPoints: [String: EntryPointConfiguration] = [:]) {
        self.entryPoints = entryPoints.compactMapValues { entryPoint in
            let port = entryPoint.address.split(separator: ":").last?.split(separator: "/").first
            return port.flatMap { Int($0) }
        }
        namespaces = settings.namespaces
        labelSelector = settings.labelSelector.isEmpty ? nil : LabelSelector(settings.labelSelector)
        ingressClass = settings.ingressClass
        allowCrossNamespace = settings.allowCrossNamespace
        allowExternalNameServices = settings.allowExternalNameServices
        allowEmptyServices = settings.allowEmptyServices
        nativeLBByDefault = settings.nativeLBByDefault
        crossProviderNamespaces = settings.crossProviderNamespaces
        ignoresTLS = settings.ignoreTLS
        shortNames = settings.shortNames
    }

    func allows(_ namespace: String) -> Bool { namespaces.isEmpty || namespaces.contains(namespace) }

    /// True when a custom resource is ours to read.
    func reads(_ object: KubernetesObject) -> Bool {
        guard allows(object.namespace), labelSelector?.matches(object.labels) ?? true else { return false }
        let named = object.annotations["kubernetes.io/ingress.class"] ?? ""
        let wanted = object.spec?.string("ingressClassName") ?? named
        return ingressClass.isEmpty ? wanted.isEmpty || wanted == "traefik" : wanted == ingressClass
    }
}
