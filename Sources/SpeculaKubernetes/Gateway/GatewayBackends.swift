internal import SpeculaConfiguration

/// Finds the Services that an HTTPRoute sends to, across namespaces where a ReferenceGrant allows it.
struct GatewayBackends {
    let cluster: Cluster
    let resolver: BackendResolver

    /// What a `backendRef` stands for; a load balancer unless it is a TraefikService.
    func resolve(
        _ reference: Node, of route: KubernetesObject
    ) throws(ResolutionError) -> (name: String, balancer: LoadBalancerConfiguration?) {
        let group = reference.string("group") ?? ""
        let kind = reference.string("kind") ?? "Service"
        let name = reference.string("name") ?? ""
        let namespace = reference.string("namespace") ?? route.namespace
        guard namespace == route.namespace || isGranted(group, kind, namespace, name, from: route) else {
            throw ResolutionError(
                message: "no ReferenceGrant in \(namespace) lets HTTPRoutes of \(route.namespace) use \(kind) \(name)",
                key: "namespace", kind: .missing(.referenceGrant, namespace))
        }
        if group == CustomResourceTranslator.group, kind == "TraefikService" {
            return ("\(ProviderNames.joined(namespace, name))@\(ProviderNames.customResources)", nil)
        }
        guard group.isEmpty, kind == "Service" else {
            throw ResolutionError(message: "unsupported backend \(group)/\(kind)", key: "kind")
        }
        guard let object = cluster.service(namespace, name) else {
            throw ResolutionError(
                message: "kubernetes service not found: \(namespace)/\(name)", key: "name",
                kind: .missing(.kubernetesService, "\(namespace)/\(name)"))
        }
        let service = ServiceBackends(service: object)
        guard let number = reference.string("port"), let port = service.port(number) else {
            throw ResolutionError(
                message: "service port not found: \(reference.string("port") ?? "none")", key: "port")
        }
        guard !service.isExternalName else {
            throw ResolutionError(message: "a Service of type ExternalName cannot be a backend", key: "name")
        }
        let scheme = port.number == 443 || port.name.hasPrefix("https") ? "https" : "http"
        var balancer = LoadBalancerConfiguration()
        func server(_ address: String, _ port: Int) -> ServerConfiguration {
            var server = ServerConfiguration()
            server.url = "\(scheme)://\(address.contains(":") ? "[\(address)]" : address):\(port)"
            return server
        }
        let said = object.annotations["traefik.io/service.nativelb"].map { $0 == "true" }
        if said ?? resolver.options.nativeLBByDefault {
            guard let address = service.clusterAddress else {
                throw ResolutionError(message: "no clusterIP found for service: \(namespace)/\(name)", key: "name")
            }
            balancer.servers = [server(address, port.number)]
        } else {
            balancer.servers = resolver.endpoints(of: port, service).map { endpoint in
                var made = server(endpoint.address, endpoint.port)
                made.fenced = endpoint.isFenced
                return made
            }
        }
        return (ProviderNames.joined(namespace, name, "http", number), balancer)
    }

    func isGranted(
        _ group: String, _ kind: String, _ namespace: String, _ name: String, from object: KubernetesObject
    ) -> Bool {
        cluster.all(GatewayListeners.group, "ReferenceGrant").filter { $0.namespace == namespace }.contains { grant in
            let from = grant.spec?.list("from") ?? []
            let to = grant.spec?.list("to") ?? []
            return from.contains { entry in
                (entry.string("group") ?? "") == GatewayListeners.group && entry.string("kind") == object.kind
                    && entry.string("namespace") == object.namespace
            }
                && to.contains { entry in
                    (entry.string("group") ?? "") == group && entry.string("kind") == kind
                        && (entry.string("name") ?? name) == name
                }
        }
    }
}
