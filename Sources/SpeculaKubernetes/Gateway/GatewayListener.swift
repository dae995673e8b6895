internal import SpeculaConfiguration

/// A listener of a Gateway, with the entry point that serves it and whatever is wrong with it.
struct GatewayListener {
    /// What stands in its way. (Gateway API: ListenerConditionReason)
    struct Problem {
        /// Of the conditions `Accepted` and `ResolvedRefs` the one that is false.
        let condition: String
        let reason: String
        /// Below the listener.
        let field: String
        let message: String
        var severity = Diagnostic.Severity.error
        var kind = FindingKind.plain
    }

    let name: String
    let hostname: String
    let location: Location
    /// Nil: nobody serves it.
    private(set) var entryPoint: String?
    let isTLS: Bool
    let tls: Node?
    /// `allowedRoutes.namespaces`.
    let allowed: Node?
    /// Of the kinds of routes that it takes those that are served here.
    private(set) var kinds: [String] = ["HTTPRoute"]
    private(set) var certificates: [CertificateConfiguration] = []
    private(set) var problems: [Problem] = []
    /// The routes that are attached to it.
    var routes: Set<ObjectKey> = []

    /// Reads one as it was written.
    init(_ node: Node, _ options: KubernetesOptions) {
        let kind = node.string("protocol") ?? "HTTP"
        name = node.string("name") ?? ""
        hostname = node.string("hostname") ?? ""
        location = node.location
        isTLS = kind == "HTTPS"
        tls = node.value(named: "tls")
        allowed = node.at("allowedRoutes", "namespaces")
        readKinds(node.at("allowedRoutes")?.list("kinds") ?? [])
        guard kind == "HTTP" || kind == "HTTPS" else {
            kinds = []
            problems.append(
                Problem(
                    condition: "Accepted", reason: "UnsupportedProtocol", field: "protocol",
                    message: "\(kind) is not supported: without effect", severity: .warning, kind: .notSupported))
            return
        }
        let port = node.string("port") ?? ""
        entryPoint = options.entryPoints.filter { String($0.value) == port }.keys.min()
        if entryPoint == nil {
            problems.append(
                Problem(
                    condition: "Accepted", reason: "PortUnavailable", field: "port",
                    message: "no entry point listens on port \(port)"))
        }
    }

    /// Only HTTPRoutes are served; a listener that wants others, too, goes on without them.
    private mutating func readKinds(_ wanted: [Node]) {
        guard !wanted.isEmpty else { return }
        let isServed = wanted.map { kind in
            kind.string("kind") == "HTTPRoute"
                && (kind.string("group") ?? GatewayListeners.group) == GatewayListeners.group
        }
        if !isServed.contains(true) { kinds = [] }
        for (kind, isServed) in zip(wanted, isServed) where !isServed {
            problems.append(
                Problem(
                    condition: "ResolvedRefs", reason: "InvalidRouteKinds", field: "allowedRoutes.kinds",
                    message: "\(kind.string("kind") ?? "") is not served: only HTTPRoute", severity: .warning))
        }
    }

    /// Finds the certificates that it names.
    mutating func resolveCertificates(of gateway: KubernetesObject, _ backends: GatewayBackends) {
        guard isTLS, !backends.resolver.options.ignoresTLS else { return }
        for (number, reference) in (tls?.list("certificateRefs") ?? []).enumerated() {
            let path = "tls.certificateRefs[\(number)]"
            func refuse(
                _ field: String, _ message: String, _ reason: String = "InvalidCertificateRef",
                kind: FindingKind = .plain
            ) {
                problems.append(
                    Problem(
                        condition: "ResolvedRefs", reason: reason, field: path + field, message: message, kind: kind))
            }
            let name = reference.string("name") ?? ""
            let namespace = reference.string("namespace") ?? gateway.namespace
            let kind = reference.string("kind") ?? "Secret"
            guard kind == "Secret", (reference.string("group") ?? "").isEmpty else {
                refuse(".kind", "unsupported certificate \(kind)")
                continue
            }
            guard namespace == gateway.namespace || backends.isGranted("", "Secret", namespace, name, from: gateway)
            else {
                refuse(
                    ".namespace",
                    "no ReferenceGrant in \(namespace) lets Gateways of \(gateway.namespace) use Secret \(name)",
                    "RefNotPermitted", kind: .missing(.referenceGrant, namespace))
                continue
            }
            do throws(SecretCertificates.Failure) {
                certificates.append(
                    try SecretCertificates(cluster: backends.cluster).certificate(namespace, name))
            } catch {
                refuse("", error.message, kind: error.kind)
            }
        }
    }

    /// Whether routes of that namespace may be attached. (Gateway API: FromNamespaces)
    func allows(_ namespace: String, of gateway: KubernetesObject, in cluster: Cluster) -> Bool {
        switch allowed?.string("from") ?? "Same" {
        case "All": return true
        case "Same": return namespace == gateway.namespace
        case "Selector":
            guard let selector = LabelSelector(allowed?.value(named: "selector")) else { return false }
            var labels = cluster.all("", "Namespace").first { $0.name == namespace }?.labels ?? [:]
            // Every namespace of a cluster has this one; in a folder of manifests nobody writes it.
            labels["kubernetes.io/metadata.name"] = namespace
            return selector.matches(labels)
        default: return false
        }
    }
}
