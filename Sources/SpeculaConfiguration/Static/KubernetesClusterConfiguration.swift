/// `providers.kubernetesCRD`: Traefik's custom resources, from a cluster's API server.
package struct KubernetesCRDConfiguration: ClusterSection, CustomResourceSection {
    package var endpoint = ""
    package var token = ""
    package var certAuthFilePath = ""
    package var namespaces: [String] = []
    package var allowCrossNamespace = false
    package var allowExternalNameServices = false
    package var labelSelector = ""
    package var ingressClass = ""
    package var throttleDuration = Duration.zero
    package var allowEmptyServices = false
    package var nativeLBByDefault = false
    package var disableClusterScopeResources = false
    package var crossProviderNamespaces: [String]?
    package var shortNames = false

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        .endpoint(), .token(), .certAuthFilePath(), .namespaces(), .allowCrossNamespace(),
        .allowExternalNameServices(), .labelSelector(), .ingressClass(), .throttleDuration(), .allowEmptyServices(),
        .nativeLBByDefault(),
        Field(
            "disableClusterScopeResources", \.disableClusterScopeResources,
            "Nothing outside of namespaces is read: `nodePortLB` finds no nodes."),
        .crossProviderNamespaces(), .shortNames(isShown: false)
    )
}

/// `providers.kubernetesGateway`: the Gateway API's HTTPRoutes, from a cluster's API server.
package struct KubernetesGatewayConfiguration: ClusterSection {
    package var endpoint = ""
    package var token = ""
    package var certAuthFilePath = ""
    package var namespaces: [String] = []
    package var labelSelector = ""
    package var throttleDuration = Duration.zero
    package var experimentalChannel = false
    /// Nil: Gateways say no address.
    package var statusAddress: GatewayAddressConfiguration?
    package var nativeLBByDefault = false

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        .endpoint(), .token(), .certAuthFilePath(), .namespaces(), .labelSelector(), .throttleDuration(),
        Field("experimentalChannel", \.experimentalChannel, "Accepted; of its kinds none is served."),
        Field("statusAddress", \.statusAddress, "The address that the status of Gateways says."),
        .nativeLBByDefault()
    )
}
