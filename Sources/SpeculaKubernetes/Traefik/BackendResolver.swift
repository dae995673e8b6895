internal import SpeculaConfiguration

/// Why something that a custom resource names cannot be used.
struct ResolutionError: Error {
    let message: String
    /// The key below the reference that is to blame.
    let key: String
    var suggestion: String?
    var kind = FindingKind.plain
}

/// Finds what a `LoadBalancerSpec` names: a Service's servers, or another service.
struct BackendResolver {
    let cluster: Cluster
    let options: KubernetesOptions
    /// EndpointSlices by `namespace/service`.
    private let slices: [String: [KubernetesObject]]
    /// Services by namespace, in the order of their names.
    private let names: [String: [String]]
    /// Names among which the one is looked for that was probably meant: a thousand wrong names among thousands of Services
    /// would hold up everybody's endpoints.
    private static let mostNames = 100

    init(_ cluster: Cluster, _ options: KubernetesOptions) {
        self.cluster = cluster
        self.options = options
        slices = Dictionary(grouping: cluster.all("discovery.k8s.io", "EndpointSlice")) {
            "\($0.namespace)/\($0.labels["kubernetes.io/service-name"] ?? "")"
        }
        names = Dictionary(grouping: cluster.all("", "Service"), by: \.namespace).mapValues { $0.map(\.name) }
    }

    /// What a reference stands for.
    struct Resolved {
        /// As other services name it.
        var name: String
        /// Nil for a TraefikService.
        var balancer: LoadBalancerConfiguration?
    }

    /// The name alone: known even when the rest is wrong.
    func name(of spec: LoadBalancerSpec, parent: String) -> String {
        let (name, provider) = ProviderNames.split(spec.name)
        let namespace = spec.namespace.isEmpty ? parent : spec.namespace
        if !spec.port.isEmpty, spec.port != "0" { return ProviderNames.joined(namespace, spec.name, spec.port) }
        guard let provider, provider != ProviderNames.customResources else {
            return ProviderNames.joined(namespace, name)
        }
        return "\(ProviderNames.normalized(name))@\(provider)"
    }

    /// - Parameters:
    ///   - spec: the reference.
    ///   - parent: the namespace of the object that it stands in.
    ///   - nativeByDefault: the cluster address is taken unless `nativeLB: false` stands there.
    /// - Returns: its name, and its servers when it is a core Service.
    /// - Throws: why it cannot be used, with the key that is to blame.
    func resolve(
        _ spec: LoadBalancerSpec, parent: String, nativeByDefault: Bool
    ) throws(ResolutionError) -> Resolved {
        let (_, provider) = ProviderNames.split(spec.name)
        let namespace = spec.namespace.isEmpty ? parent : spec.namespace
        guard !spec.name.isEmpty else { throw ResolutionError(message: "names no service", key: "name") }
        guard options.allowCrossNamespace || namespace == parent else {
            throw ResolutionError(
                message: "service \(namespace)/\(spec.name) not in the parent resource namespace \(parent): "
                    + "allowCrossNamespace is off", key: "namespace")
        }
        switch spec.kind {
        case "", "Service":
            if provider != nil {
                throw ResolutionError(
                    message: "kubernetes service not found: /\(spec.name)", key: "name",
                    suggestion: "kind: TraefikService",
                    kind: .missing(.kubernetesService, "\(namespace)/\(spec.name)"))
            }
            let service = try service(namespace, spec.name)
            return Resolved(
                name: name(of: spec, parent: parent),
                balancer: try balancer(spec, service, parent, nativeByDefault: nativeByDefault))
        case "TraefikService":
            if let provider, provider != ProviderNames.customResources, let allowed = options.crossProviderNamespaces,
                !allowed.contains(parent)
            {
                throw ResolutionError(
                    message: "service \"\(spec.name)\" reference is not allowed: namespace \"\(parent)\" "
                        + "is not in crossProviderNamespaces", key: "name")
            }
            return Resolved(name: name(of: spec, parent: parent), balancer: nil)
        default: throw ResolutionError(message: "unsupported service kind \(spec.kind)", key: "kind")
        }
    }

    private func service(_ namespace: String, _ name: String) throws(ResolutionError) -> ServiceBackends {
        guard options.allows(namespace), let object = cluster.service(namespace, name) else {
            let names = names[namespace] ?? []
            throw ResolutionError(
                message: "kubernetes service not found: \(namespace)/\(name)", key: "name",
                suggestion: names.count > Self.mostNames ? nil : Spelling.nearest(to: name, in: names),
                kind: .missing(.kubernetesService, "\(namespace)/\(name)"))
        }
        return ServiceBackends(service: object)
    }

    private func balancer(
        _ spec: LoadBalancerSpec, _ service: ServiceBackends, _ parent: String, nativeByDefault: Bool
    ) throws(ResolutionError) -> LoadBalancerConfiguration {
        var balancer = LoadBalancerConfiguration()
        balancer.servers = try servers(spec, service, nativeByDefault: nativeByDefault)
        // The only value before there were others.
        balancer.strategy = spec.hasOldStrategy ? "wrr" : spec.strategy
        balancer.passHostHeader = spec.passHostHeader
        balancer.responseForwarding = spec.responseForwarding
        balancer.sticky = spec.sticky
        balancer.healthCheck = spec.healthCheck
        balancer.passiveHealthCheck = spec.passiveHealthCheck
        balancer.serversTransport = try transport(spec, parent)
        return balancer
    }

    /// A transport without a namespace of its own is looked for beside the Service.
    private func transport(_ spec: LoadBalancerSpec, _ parent: String) throws(ResolutionError) -> String {
        let (name, provider) = ProviderNames.split(spec.serversTransport)
        guard !name.isEmpty else { return "" }
        guard let provider else {
            let namespace = spec.namespace.isEmpty ? parent : spec.namespace
            return "\(ProviderNames.joined(namespace, name))@\(ProviderNames.customResources)"
        }
        // Such a name may be one of any namespace.
        guard options.allowCrossNamespace || provider != ProviderNames.customResources else {
            throw ResolutionError(
                message: "invalid reference to serversTransport \(spec.serversTransport): namespace-name@kubernetescrd "
                    + "format is not allowed when crossnamespace is disallowed", key: "serversTransport",
                suggestion: "the name alone")
        }
        return spec.serversTransport
    }

    private func servers(
        _ spec: LoadBalancerSpec, _ service: ServiceBackends, nativeByDefault: Bool
    ) throws(ResolutionError) -> [ServerConfiguration] {
        let title = "\(service.service.namespace)/\(service.service.name)"
        if spec.healthCheck != nil, !service.isExternalName {
            throw ResolutionError(
                message: "healthCheck allowed only for ExternalName services: \(title)", key: "healthCheck")
        }
        if service.isExternalName, !options.allowExternalNameServices {
            throw ResolutionError(message: "externalName services not allowed: \(title)", key: "name")
        }
        let port = try port(spec, service)
        let scheme = Self.scheme(spec.scheme, port)
        func server(_ host: String, _ number: Int) -> ServerConfiguration {
            var server = ServerConfiguration()
            server.url = "\(scheme)://\(host.contains(":") ? "[\(host)]" : host):\(number)"
            return server
        }
        if service.isExternalName { return [server(service.externalName, port.number)] }
        if spec.nativeLB ?? nativeByDefault {
            guard let address = service.clusterAddress else {
                throw ResolutionError(message: "no clusterIP found for service: \(title)", key: "nativeLB")
            }
            return [server(address, port.number)]
        }
        if spec.nodePortLB, service.type == "NodePort" {
            let nodes = nodeAddresses
            guard !nodes.isEmpty, port.onNodes > 0 else {
                throw ResolutionError(message: "no nodes or no node port found for \(title)", key: "nodePortLB")
            }
            return nodes.map { server($0, port.onNodes) }
        }
        let servers = endpoints(of: port, service).map { endpoint in
            var made = server(endpoint.address, endpoint.port)
            made.fenced = endpoint.isFenced
            return made
        }
        guard !servers.isEmpty || options.allowEmptyServices else {
            throw ResolutionError(
                message: "no servers found for \(title)", key: "name", kind: .missing(.endpoints, title))
        }
        return servers
    }

    /// Where the cluster's nodes are, seen from within.
    private var nodeAddresses: [String] {
        cluster.all("", "Node").flatMap { node in
            let addresses = node.node.value(named: "status")?.list("addresses") ?? []
            return addresses.filter { $0.string("type") == "InternalIP" }.compactMap { $0.string("address") }
        }
    }

    func endpoints(of port: ServiceBackends.Port, _ service: ServiceBackends) -> [ServiceBackends.Endpoint] {
        let object = service.service
        return service.endpoints(
            of: port, slices: slices["\(object.namespace)/\(object.name)"] ?? [],
            old: cluster.object("", "Endpoints", object.namespace, object.name))
    }

    private func port(
        _ spec: LoadBalancerSpec, _ service: ServiceBackends
    ) throws(ResolutionError) -> ServiceBackends.Port {
        guard !spec.port.isEmpty, spec.port != "0" else {
            throw ResolutionError(message: "service port not defined", key: "port")
        }
        if let port = service.port(spec.port) { return port }
        if service.isExternalName, let number = Int(spec.port) { return .init(name: "", number: number) }
        let known = service.ports.flatMap { [String($0.number), $0.name] }.filter { !$0.isEmpty }
        throw ResolutionError(
            message: "service port not found: \(spec.port)", key: "port",
            suggestion: Spelling.nearest(to: spec.port, in: known) ?? known.first)
    }

    /// What is said, else what the port's number or name says.
    private static func scheme(_ said: String, _ port: ServiceBackends.Port) -> String {
        if !said.isEmpty { return said }
        return port.number == 443 || port.name.hasPrefix("https") ? "https" : "http"
    }
}
