/// What a user may say about how a cluster's objects are read, whichever way they come. (Traefik: providers.kubernetesCRD)
package protocol KubernetesSection: ConfigurationSection {
    /// Empty: all.
    var namespaces: [String] { get set }
    var labelSelector: String { get set }
    var nativeLBByDefault: Bool { get set }
}

/// How Traefik's custom resources are read.
package protocol CustomResourceSection: KubernetesSection {
    var ingressClass: String { get set }
    var allowCrossNamespace: Bool { get set }
    var allowExternalNameServices: Bool { get set }
    var allowEmptyServices: Bool { get set }
    /// Nil: objects of every namespace may name services of other providers.
    var crossProviderNamespaces: [String]? { get set }
    var shortNames: Bool { get set }
}

/// How a cluster's API server is reached.
package protocol ClusterSection: KubernetesSection {
    var endpoint: String { get set }
    var token: String { get set }
    var certAuthFilePath: String { get set }
    var throttleDuration: Duration { get set }
}

extension Field where Section: KubernetesSection {
    static func namespaces(ours: Bool = false) -> Field {
        Field("namespaces", \.namespaces, ours: ours, "Namespaces whose objects count. Default: all.")
    }

    static func labelSelector(ours: Bool = false) -> Field {
        Field("labelSelector", \.labelSelector, ours: ours, "Labels of the custom resources that count.")
    }

    static func nativeLBByDefault(ours: Bool = false) -> Field {
        Field(
            "nativeLBByDefault", \.nativeLBByDefault, ours: ours,
            "Routes send to a Service's cluster address, not to its endpoints.")
    }
}

extension Field where Section: CustomResourceSection {
    static func ingressClass(ours: Bool = false) -> Field {
        Field(
            "ingressClass", \.ingressClass, ours: ours,
            "The class of the objects that count. Default: none or `traefik`.")
    }

    static func allowCrossNamespace(ours: Bool = false) -> Field {
        Field("allowCrossNamespace", \.allowCrossNamespace, ours: ours, "Objects may name those of other namespaces.")
    }

    static func allowExternalNameServices(ours: Bool = false) -> Field {
        Field(
            "allowExternalNameServices", \.allowExternalNameServices, ours: ours,
            "Services of type ExternalName may be used.")
    }

    static func allowEmptyServices(ours: Bool = false) -> Field {
        Field(
            "allowEmptyServices", \.allowEmptyServices, ours: ours,
            "A service without a ready endpoint answers 503 instead of disabling the route.")
    }

    static func crossProviderNamespaces(ours: Bool = false) -> Field {
        Field(
            "crossProviderNamespaces", \.crossProviderNamespaces, ours: ours,
            "Namespaces whose objects may name services of other providers. Default: all.")
    }

    static func shortNames(isShown: Bool = true) -> Field {
        Field(
            "shortNames", \.shortNames, ours: true, isShown: isShown,
            "Names Kubernetes services `name@kubernetes` instead of `namespace-name-port@kubernetescrd`.")
    }
}

extension Field where Section: ClusterSection {
    static func endpoint() -> Field {
        Field(
            "endpoint", \.endpoint,
            "The API server, `https://host:port`. Default: in a pod its own, else that of `KUBECONFIG`.")
    }

    static func token() -> Field {
        Field("token", \.token, isShown: false, "A bearer token, or the path of a file with one, which may change.")
    }

    static func certAuthFilePath() -> Field {
        Field(
            "certAuthFilePath", \.certAuthFilePath,
            "A file with the certificates that vouch for the API server. Default: the system's.")
    }

    static func throttleDuration() -> Field {
        Field("throttleDuration", \.throttleDuration, "Least time between two readings of what changed.")
    }
}
