/// `providers.kubernetesManifests` (Specula's own): Kubernetes objects from files, without a cluster.
///
/// What is not about files has the meaning and the default of Traefik's `providers.kubernetesCRD`.
package struct KubernetesManifestsConfiguration: CustomResourceSection {
    package var directory = ""
    package var watch = true
    package var namespaces: [String] = []
    package var labelSelector = ""
    package var ingressClass = ""
    package var allowCrossNamespace = false
    package var allowExternalNameServices = false
    package var allowEmptyServices = false
    package var nativeLBByDefault = false
    package var crossProviderNamespaces: [String]?
    package var ignoreTLS = false
    package var shortNames = false

    package init() {}

    package static let schema = Schema<Self>(
        Field("directory", \.directory, ours: true, "A folder whose `.yml`, `.yaml` and `.json` files are all read."),
        Field("watch", \.watch, ours: true, "Reads again when something changes."),
        .namespaces(ours: true), .labelSelector(ours: true), .ingressClass(ours: true),
        .allowCrossNamespace(ours: true), .allowExternalNameServices(ours: true), .allowEmptyServices(ours: true),
        .nativeLBByDefault(ours: true), .crossProviderNamespaces(ours: true),
        Field(
            "ignoreTLS", \.ignoreTLS, ours: true,
            "Serves routes that ask for TLS in plain HTTP, for trying manifests on one machine."),
        .shortNames()
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if directory.isEmpty { context.error(node, "no directory is given") }
    }
}
