package import SpeculaConfiguration

/// Turns Kubernetes objects into dynamic configuration: a pure function of the objects and the options.
package struct KubernetesTranslation: Sendable {
    /// By provider: `kubernetescrd`, `kubernetesgateway`, and `kubernetes` where short names are wanted.
    package private(set) var configurations: [String: DynamicConfiguration] = [:]
    /// Everything that is wrong, with object, field and namespace.
    package private(set) var diagnostics: [Diagnostic] = []
    /// For the status of Gateways and routes.
    private(set) var gateways = GatewayFindings()

    package init(_ cluster: Cluster, options: KubernetesOptions) {
        if options.readsCustomResources { translateCustomResources(cluster, options) }
        if options.readsGateways { translateGateways(cluster, options) }
    }

    private mutating func translateCustomResources(_ cluster: Cluster, _ options: KubernetesOptions) {
        var resources = CustomResourceTranslator(cluster, options)
        resources.translate()
        var http = resources.http
        if options.shortNames {
            configurations[ProviderNames.short] = Self.wrapped(
                ShortNames.take(
                    from: &http, provider: ProviderNames.customResources, resources.shortNames, log: &resources.log))
        }
        configurations[ProviderNames.customResources] = Self.wrapped(http, resources.tls)
        diagnostics += resources.log.diagnostics
    }

    private mutating func translateGateways(_ cluster: Cluster, _ options: KubernetesOptions) {
        var gateway = GatewayTranslator(cluster, options)
        gateway.translate()
        if gateway.http != HTTPConfiguration() || !options.readsCustomResources {
            configurations[ProviderNames.gateway] = Self.wrapped(gateway.http, gateway.tls)
        }
        diagnostics += gateway.diagnostics
        gateways = gateway.findings
    }

    private static func wrapped(
        _ http: HTTPConfiguration, _ tls: TLSConfiguration = TLSConfiguration()
    ) -> DynamicConfiguration {
        var configuration = DynamicConfiguration()
        configuration.http = http
        configuration.tls = tls
        return configuration
    }
}
