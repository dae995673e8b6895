internal import SpeculaConfiguration

/// The listeners of all Gateways that are ours, and which of them take a route. (Gateway API: ParentReference, AllowedRoutes)
struct GatewayListeners {
    static let group = "gateway.networking.k8s.io"

    /// What one of a route's `parentRefs` leads to.
    struct Attachment {
        /// A listener that takes the route, by its position, with the host names that both accept.
        struct Place {
            let listener: Int
            let hostnames: [String]
        }

        let gateway: KubernetesObject
        var places: [Place] = []
        /// Why no listener takes it. (Gateway API: RouteConditionReason)
        var refusal: (reason: String, field: String, message: String)?
    }

    let cluster: Cluster
    private let backends: GatewayBackends
    private(set) var listeners: [ObjectKey: [GatewayListener]] = [:]
    private(set) var log = TranslationLog()

    init(_ cluster: Cluster, _ options: KubernetesOptions, _ backends: GatewayBackends) {
        self.cluster = cluster
        self.backends = backends
        let classes = Self.classes(of: cluster, options)
        for gateway in cluster.all(Self.group, "Gateway") {
            guard classes?.contains(gateway.spec?.string("gatewayClassName") ?? "") ?? true else { continue }
            listeners[gateway.key] = (gateway.spec?.list("listeners") ?? []).map { node in
                var listener = GatewayListener(node, options)
                listener.resolveCertificates(of: gateway, backends)
                return listener
            }
            report(gateway)
        }
    }

    /// The classes whose controller is ours, as other controllers may serve the same cluster.
    ///
    /// Nil: all.
    private static func classes(of cluster: Cluster, _ options: KubernetesOptions) -> Set<String>? {
        guard let controllers = options.gatewayControllers else { return nil }
        let ours = cluster.all(group, "GatewayClass").filter { object in
            options.labelSelector?.matches(object.labels) ?? true
                && controllers.contains(object.spec?.string("controllerName") ?? "")
        }
        return Set(ours.map(\.name))
    }

    private mutating func report(_ gateway: KubernetesObject) {
        for (number, listener) in (listeners[gateway.key] ?? []).enumerated() {
            for problem in listener.problems {
                log.report(
                    problem.severity, gateway, "spec.listeners[\(number)].\(problem.field)", problem.message,
                    at: listener.location, kind: problem.kind)
            }
        }
    }

    /// Attaches a route to the listeners of one of its `parentRefs`.
    ///
    /// - Returns: nil when that is nothing of ours: another controller's Gateway, or none at all, which is told.
    mutating func attach(
        _ route: KubernetesObject, to parent: Node, _ path: String, hostnames: [String]
    ) -> Attachment? {
        let kind = parent.string("kind") ?? "Gateway"
        guard kind == "Gateway", let name = parent.string("name") else {
            log.report(
                .warning, route, "\(path).kind", "\(kind) is not supported: only Gateway", at: parent.location,
                kind: .notSupported)
            return nil
        }
        let namespace = parent.string("namespace") ?? route.namespace
        guard let gateway = cluster.object(Self.group, "Gateway", namespace, name) else {
            log.report(
                .error, route, "\(path).name", "there is no Gateway \(namespace)/\(name)", at: parent.location,
                kind: .missing(.gateway, "\(namespace)/\(name)"))
            return nil
        }
        guard let all = listeners[gateway.key] else { return nil }
        var attachment = Attachment(gateway: gateway)
        let (section, port) = (parent.string("sectionName"), parent.string("port"))
        let nodes = gateway.spec?.list("listeners") ?? []
        let named = all.indices.filter { number in
            (section == nil || section == all[number].name) && (port == nil || port == nodes[number].string("port"))
        }
        let open = named.filter { number in
            all[number].kinds.contains(route.kind) && all[number].allows(route.namespace, of: gateway, in: cluster)
        }
        for number in open {
            guard let common = RouteMatchRule.common(listener: all[number].hostname, route: hostnames) else { continue }
            attachment.places.append(.init(listener: number, hostnames: common))
            listeners[gateway.key]?[number].routes.insert(route.key)
        }
        if named.isEmpty {
            attachment.refusal = ("NoMatchingParent", path, "\(gateway.title) has no such listener")
        } else if open.isEmpty {
            let names = named.map { all[$0].name }.joined(separator: ", ")
            attachment.refusal = (
                "NotAllowedByListeners", path,
                "\(gateway.title) takes no \(route.kind) of this namespace at: \(names)"
            )
        } else if attachment.places.isEmpty {
            let names = open.map { all[$0].hostname }.joined(separator: ", ")
            attachment.refusal = (
                "NoMatchingListenerHostname", "spec.hostnames", "none is one of the listener's: \(names)"
            )
        }
        if let refusal = attachment.refusal {
            log.report(.error, route, refusal.field, refusal.message, at: parent.location)
        }
        return attachment
    }
}
