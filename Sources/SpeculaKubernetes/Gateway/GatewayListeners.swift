internal import SpeculaConfiguration

/// A listener of a Gateway, with the entry point that serves it.
struct GatewayListener {
    var gateway: KubernetesObject
    var name: String
    var hostname: String
    var entryPoint: String
    var isTLS: Bool
    /// `allowedRoutes.namespaces`.
    var allowed: Node?
}

/// Finds which listeners a route is attached to. (Gateway API: ParentReference, AllowedRoutes)
struct GatewayListeners {
    static let group = "gateway.networking.k8s.io"

    let cluster: Cluster
    let options: KubernetesOptions
    private(set) var log = TranslationLog()

    init(_ cluster: Cluster, _ options: KubernetesOptions) {
        self.cluster = cluster
        self.options = options
    }

    /// The listeners of one `parentRefs` entry that take the route.
    mutating func listeners(of parent: Node, _ path: String, for route: KubernetesObject) -> [GatewayListener] {
        let kind = parent.string("kind") ?? "Gateway"
        guard kind == "Gateway", let name = parent.string("name") else {
            log.report(
                .warning, route, "\(path).kind", "\(kind) is not supported: only Gateway", at: parent.location)
            return []
        }
        let namespace = parent.string("namespace") ?? route.namespace
        guard let gateway = cluster.object(Self.group, "Gateway", namespace, name) else {
            log.report(
                .error, route, "\(path).name", "there is no Gateway \(namespace)/\(name)", at: parent.location)
            return []
        }
        let nodes = gateway.spec?.list("listeners") ?? []
        let wanted = nodes.enumerated().filter { _, node in
            let section = parent.string("sectionName")
            let port = parent.string("port")
            return (section == nil || section == node.string("name")) && (port == nil || port == node.string("port"))
        }
        if wanted.isEmpty {
            log.report(
                .error, route, path, "the Gateway \(namespace)/\(name) has no such listener", at: parent.location)
        }
        return wanted.compactMap { number, node in
            listener(node, "spec.listeners[\(number)]", gateway).flatMap { allows($0, route) ? $0 : nil }
        }
    }

    private mutating func listener(_ node: Node, _ path: String, _ gateway: KubernetesObject) -> GatewayListener? {
        let kind = node.string("protocol") ?? "HTTP"
        guard kind == "HTTP" || kind == "HTTPS" else {
            log.report(
                .warning, gateway, "\(path).protocol", "\(kind) is not supported: without effect", at: node.location)
            return nil
        }
        let port = node.string("port") ?? ""
        guard let entryPoint = options.entryPoints.filter({ String($0.value) == port }).keys.min() else {
            log.report(
                .error, gateway, "\(path).port", "no entry point listens on port \(port)", at: node.location)
            return nil
        }
        return GatewayListener(
            gateway: gateway, name: node.string("name") ?? "", hostname: node.string("hostname") ?? "",
            entryPoint: entryPoint, isTLS: kind == "HTTPS", allowed: node.at("allowedRoutes", "namespaces"))
    }

    private mutating func allows(_ listener: GatewayListener, _ route: KubernetesObject) -> Bool {
        let from = listener.allowed?.string("from") ?? "Same"
        let isAllowed: Bool
        switch from {
        case "All": isAllowed = true
        case "Selector":
            let wanted = listener.allowed?.at("selector", "matchLabels")?.texts ?? [:]
            let labels = cluster.all("", "Namespace").first { $0.name == route.namespace }?.labels ?? [:]
            isAllowed = wanted.allSatisfy { labels[$0.key] == $0.value }
        default: isAllowed = route.namespace == listener.gateway.namespace
        }
        if !isAllowed {
            log.report(
                .error, route, "spec.parentRefs",
                "the listener \(listener.name) of \(listener.gateway.title) takes no routes of this namespace")
        }
        return isAllowed
    }
}
