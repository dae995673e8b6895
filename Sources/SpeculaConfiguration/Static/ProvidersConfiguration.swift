/// `providers`: where dynamic configuration comes from.
package struct ProvidersConfiguration: ConfigurationSection {
    /// Least time between two configurations of one provider that are put in force.
    package var providersThrottleDuration = Duration.seconds(2)
    /// Which provider's router wins at equal priority; empty: Traefik's order.
    package var precedence: [String] = []
    package var file: FileProviderConfiguration?
    package var kubernetesManifests: KubernetesManifestsConfiguration?
    package var kubernetesCRD: KubernetesCRDConfiguration?
    package var kubernetesGateway: KubernetesGatewayConfiguration?

    package init() {}

    package static let schema = Schema<Self>(
        Field(
            "providersThrottleDuration", \.providersThrottleDuration,
            "Least time between two configurations of one provider."),
        Field("precedence", \.precedence, "Which provider's router wins at equal priority."),
        .unsupported("docker"),
        .unsupported("swarm"),
        Field("file", \.file, "Files on disk."),
        Field(
            "kubernetesManifests", \.kubernetesManifests, ours: true, isShown: false, "Kubernetes manifests on disk."),
        .unsupported("kubernetesIngress"),
        .unsupported("kubernetesIngressNGINX"),
        Field("kubernetesCRD", \.kubernetesCRD, "Traefik's custom resources of a Kubernetes cluster."),
        Field("kubernetesGateway", \.kubernetesGateway, "HTTPRoutes of a Kubernetes cluster."),
        .unsupported("knative"),
        .unsupported("rest"),
        .unsupported("consulCatalog"),
        .unsupported("nomad"),
        .unsupported("ecs"),
        .unsupported("consul"),
        .unsupported("etcd"),
        .unsupported("zooKeeper"),
        .unsupported("redis"),
        .unsupported("http"),
        .unsupported("plugin")
    )

    /// Traefik's order of providers: the first wins at equal priority.
    static let defaultPrecedence = [
        "kubernetesgateway", "kubernetescrd", "kubernetes", "kubernetesingressnginx", "swarm", "docker", "file",
        "redis", "knative", "consul", "consulcatalog", "nomad", "etcd", "ecs", "http", "zookeeper", "rest",
    ]
}

/// `providers.file`.
package struct FileProviderConfiguration: ConfigurationSection {
    package var directory = ""
    package var watch = true
    package var filename = ""
    package var debugLogGeneratedTemplate = false

    package init() {}

    package static let schema = Schema<Self>(
        Field("directory", \.directory, "A folder whose files are all read, with its sub-folders."),
        Field("watch", \.watch, "Reads again when something changes."),
        Field("filename", \.filename, "One file to read."),
        Field(
            "debugLogGeneratedTemplate", \.debugLogGeneratedTemplate, "Logs what a file's templates made, at DEBUG.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if directory.isEmpty, filename.isEmpty {
            context.error(node, "neither filename nor directory is given")
        }
    }
}
