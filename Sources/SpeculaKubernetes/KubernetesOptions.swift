package import SpeculaConfiguration

/// What a user may say about how objects are read, whichever way they come. (Traefik: providers.kubernetesCRD)
package struct KubernetesOptions: Sendable, Equatable {
    /// Traefik's custom resources are translated.
    package var readsCustomResources = true
    /// The Gateway API's objects are translated.
    package var readsGateways = true
    /// Controllers of the GatewayClasses whose Gateways are served.
    ///
    /// Nil, as for manifests: all.
    package var gatewayControllers: Set<String>?
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
    /// What the status of Gateways says of their addresses.
    package var statusAddress: GatewayAddressConfiguration?
    /// Ports of the entry points by their names: a Gateway's listeners are served by the one of their port.
    package var entryPoints: [String: Int] = [:]

    /// The `controllerName` of GatewayClasses that are ours; Traefik's is taken too.
    package static let gatewayController = "specula.dev/gateway-controller"
    package static let traefikGatewayController = "traefik.io/gateway-controller"

    package init() {}

    package init(_ settings: KubernetesManifestsConfiguration, entryPoints: [String: EntryPointConfiguration] = [:]) {
        self.init(resources: settings)
        self.entryPoints = Self.ports(of: entryPoints)
        ignoresTLS = settings.ignoreTLS
    }

    /// A cluster's custom resources.
    package init(_ settings: KubernetesCRDConfiguration) {
        self.init(resources: settings)
        readsGateways = false
    }

    /// A cluster's HTTPRoutes.
    package init(_ settings: KubernetesGatewayConfiguration, entryPoints: [String: EntryPointConfiguration]) {
        self.init(any: settings)
        readsCustomResources = false
        gatewayControllers = [Self.gatewayController, Self.traefikGatewayController]
        self.entryPoints = Self.ports(of: entryPoints)
        statusAddress = settings.statusAddress
    }

    private init(any settings: some KubernetesSection) {
        namespaces = settings.namespaces
        labelSelector = settings.labelSelector.isEmpty ? nil : LabelSelector(settings.labelSelector)
        nativeLBByDefault = settings.nativeLBByDefault
    }

    private init(resources settings: some CustomResourceSection) {
        self.init(any: settings)
        ingressClass = settings.ingressClass
        allowCrossNamespace = settings.allowCrossNamespace
        allowExternalNameServices = settings.allowExternalNameServices
        allowEmptyServices = settings.allowEmptyServices
        crossProviderNamespaces = settings.crossProviderNamespaces
        shortNames = settings.shortNames
    }

    private static func ports(of entryPoints: [String: EntryPointConfiguration]) -> [String: Int] {
        entryPoints.compactMapValues { entryPoint in
            let port = entryPoint.address.split(separator: ":").last?.split(separator: "/").first
            return port.flatMap { Int($0) }
        }
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
