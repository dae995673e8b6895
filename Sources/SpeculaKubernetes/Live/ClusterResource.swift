internal import SpeculaConfiguration

/// A kind of objects as the API server serves it.
package struct ClusterResource: Sendable, Hashable {
    /// Empty for the core group.
    package let group: String
    package let version: String
    /// As paths, metrics and RBAC rules have it: `ingressroutes`.
    package let plural: String
    package let kind: String
    package var isNamespaced = true
    /// Whether `labelSelector` is about it.
    package var isSelected = false
    /// A condition on labels that keeps away what is never needed.
    package var condition = ""
    /// Routes do without it, but for a few.
    package var isRarelyNeeded = false

    init(_ group: String, _ version: String, _ plural: String, _ kind: String) {
        self.group = group
        self.version = version
        self.plural = plural
        self.kind = kind
    }

    /// Secrets but for those that Helm keeps its releases in: hundreds of them in many clusters, up to a megabyte each.
    private static var secrets: ClusterResource {
        var secrets = ClusterResource("", "v1", "secrets", "Secret")
        secrets.condition = "owner!=helm"
        return secrets
    }

    package var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

    /// What stands before the query.
    ///
    /// - Parameter namespace: nil: all of them.
    /// - Returns: `/apis/traefik.io/v1alpha1/namespaces/default/ingressroutes`.
    package func path(in namespace: String?) -> String {
        let base = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        guard let namespace, isNamespaced else { return "\(base)/\(plural)" }
        return "\(base)/namespaces/\(namespace)/\(plural)"
    }

    /// What routes are made of, each kind with what takes its place in older clusters.
    static var backends: [[ClusterResource]] {
        [
            [ClusterResource("", "v1", "services", "Service")],
            [
                ClusterResource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice"),
                ClusterResource("discovery.k8s.io", "v1beta1", "endpointslices", "EndpointSlice"),
                ClusterResource("", "v1", "endpoints", "Endpoints"),
            ],
        ]
    }

    /// What the provider `kubernetesCRD` follows.
    package static var customResources: [[ClusterResource]] {
        let served = [
            ("ingressroutes", "IngressRoute"), ("traefikservices", "TraefikService"), ("middlewares", "Middleware"),
            ("serverstransports", "ServersTransport"),
        ]
        let told = [
            ("ingressroutetcps", "IngressRouteTCP"), ("ingressrouteudps", "IngressRouteUDP"),
            ("middlewaretcps", "MiddlewareTCP"), ("serverstransporttcps", "ServersTransportTCP"),
            ("tlsoptions", "TLSOption"), ("tlsstores", "TLSStore"),
        ]
        let kinds = (served + told).enumerated().map { number, names in
            var resource = ClusterResource("traefik.io", "v1alpha1", names.0, names.1)
            resource.isSelected = true
            resource.isRarelyNeeded = number >= served.count
            return [resource]
        }
        var nodes = ClusterResource("", "v1", "nodes", "Node")
        nodes.isNamespaced = false
        nodes.isRarelyNeeded = true
        let others = [secrets, ClusterResource("", "v1", "configmaps", "ConfigMap"), nodes]
        return kinds + backends + others.map { [$0] }
    }

    /// What the provider `kubernetesGateway` follows.
    package static var gateways: [[ClusterResource]] {
        let group = GatewayListeners.group
        var classes = ClusterResource(group, "v1", "gatewayclasses", "GatewayClass")
        classes.isNamespaced = false
        classes.isSelected = true
        var calls = ClusterResource(group, "v1", "grpcroutes", "GRPCRoute")
        calls.isRarelyNeeded = true
        var namespaces = ClusterResource("", "v1", "namespaces", "Namespace")
        namespaces.isNamespaced = false
        return [
            [classes], [ClusterResource(group, "v1", "gateways", "Gateway")],
            [ClusterResource(group, "v1", "httproutes", "HTTPRoute")], [calls],
            [
                ClusterResource(group, "v1", "referencegrants", "ReferenceGrant"),
                ClusterResource(group, "v1beta1", "referencegrants", "ReferenceGrant"),
            ],
            [namespaces], [secrets],
        ] + backends
    }
}

extension KubernetesObject {
    /// An object of a list or a watch; items of lists do not say what they are.
    ///
    /// - Returns: nil when it has no name.
    init?(_ value: JSONValue, of resource: ClusterResource) {
        var whole = value
        if whole["kind"] == nil { whole = whole.adding("kind", .string(resource.kind)) }
        if whole["apiVersion"] == nil { whole = whole.adding("apiVersion", .string(resource.apiVersion)) }
        self.init(SourceTree(json: whole, source: "kubernetes", leavingOut: Self.unread).root)
    }

    /// What nobody reads and what is as large as all the rest: who changed which field, and the object once more as text.
    private static let unread: Set<String> = ["managedFields", "kubectl.kubernetes.io/last-applied-configuration"]
}
