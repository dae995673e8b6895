/// `providers.kubernetesManifests` (Specula's own): Kubernetes objects from files, without a cluster.
///
/// What is not about files has the meaning and the default of Traefik's `providers.kubernetesCRD`.
package struct KubernetesManifestsConfiguration: ConfigurationSection {
    package var directory = ""
    package var watch = true
    /// Empty: all.
    package var namespaces: [String] = []
    package var labelSelector = ""
    package var ingressClass = ""
    package var allowCrossNamespace = false
    package var allowExternalNameServices = false
    package var allowEmptyServices = false
    package var nativeLBByDefault = false
    /// Nil: objects of every namespace may name services of other providers.
    package var crossProviderNamespaces: [String]?
    package var ignoreTLS = false
    package var shortNames = false

    package init() {}

    package static let schema = Schema<Self>(
        Field("directory", \.directory, ours: true, "A folder whose `.yml`, `.yaml` and `.json` files are all read."),
        Field("watch", \.watch, ours: true, "Reads again when something changes."),
        Field("namespaces", \.namespaces, ours: true, "Namespaces whose objects count. Default: all."),
        Field("labelSelector", \.labelSelector, ours: true, "Labels of the custom resources that count."),
        Field(
            "ingressClass", \.ingressClass, ours: true,
            "The class of the objects that count. Default: none or `traefik`."),
        Field("allowCrossNamespace", \.allowCrossNamespace, ours: true, "Objects may name those of other namespaces."),
        Field(
            "allowExternalNameServices", \.allowExternalNameServices, ours: true,
            "Services of type ExternalName may be used."),
        Field(
            "allowEmptyServices", \.allowEmptyServices, ours: true,
            "A service without a ready endpoint answers 503 instead of disabling the route."),
        Field(
            "nativeLBByDefault", \.nativeLBByDefault, ours: true,
            "Routes send to a Service's cluster address, not to its endpoints."),
        Field(
            "crossProviderNamespaces", \.crossProviderNamespaces, ours: true,
            "Namespaces whose objects may name services of other providers. Default: all."),
        Field(
            "ignoreTLS", \.ignoreTLS, ours: true,
            "Serves routes that ask for TLS in plain HTTP, for trying manifests on one machine."),
        Field(
            "shortNames", \.shortNames, ours: true,
            "Names Kubernetes services `name@kubernetes` instead of `namespace-name-port@kubernetescrd`.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if directory.isEmpty { context.error(node, "no directory is given") }
    }
}
