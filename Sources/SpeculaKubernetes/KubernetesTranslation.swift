package import SpeculaConfiguration

/// Turns Kubernetes objects into dynamic configuration: a pure function of the objects and the options.
package struct KubernetesTranslation: Sendable {
    /// By provider: `kubernetescrd`, `kubernetesgateway`, and `kubernetes` where short names are wanted.
    package private(set) var configurations: [String: DynamicConfiguration] = [:]
    /// Everything that is wrong, with object, field and namespace.
    package private(set) var diagnostics: [Diagnostic] = []

    package init(_ cluster: Cluster, options: KubernetesOptions) {
        var resources = CustomResourceTranslator(cluster, options)
        resources.translate()
        var http = resources.http
        if options.shortNames {
            configurations[ProviderNames.short] = Self.wrapped(
                ShortNames.take(
                    from: &http, provider: ProviderNames.customResources, resources.shortNames, log: &resources.log))
        }
        configurations[ProviderNames.customResources] = Self.wrapped(http)
        diagnostics += resources.log.diagnostics
        var gateway = GatewayTranslator(cluster, options)
        gateway.translate()
        if gateway.http != HTTPConfiguration() { configurations[ProviderNames.gateway] = Self.wrapped(gateway.http) }
        diagnostics += gateway.diagnostics
    }

    private static func wrapped(_ http: HTTPConfiguration) -> DynamicConfiguration {
        var configuration = DynamicConfiguration()
        configuration.http = http
        return configuration
    }
}
