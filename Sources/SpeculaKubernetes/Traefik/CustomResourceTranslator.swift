internal import SpeculaConfiguration

/// Translates Traefik's custom resources into what its `kubernetescrd` provider would have made of them.
///
/// Where Traefik lets a broken mirror take the whole route away, the mirror alone is dropped here, and told.
struct CustomResourceTranslator {
    static let group = "traefik.io"

    let cluster: Cluster
    let options: KubernetesOptions
    let resolver: BackendResolver
    let secrets: SecretCertificates
    var http = HTTPConfiguration()
    var tls = TLSConfiguration()
    /// Secrets whose certificate is in `tls`.
    var shownSecrets: Set<String> = []
    var log = TranslationLog()
    /// Services that stand for a core Service, with its name: they may get a short one.
    var shortNames: [String: String] = [:]

    init(_ cluster: Cluster, _ options: KubernetesOptions) {
        self.cluster = cluster
        self.options = options
        resolver = BackendResolver(cluster, options)
        secrets = SecretCertificates(cluster: cluster)
    }

    mutating func translate() {
        for object in read("IngressRoute") { translateRoute(object) }
        for object in read("Middleware") { translateMiddleware(object) }
        for object in read("ServersTransport") {
            guard let (spec, _) = log.decode(ServersTransportSpec.self, of: object) else { continue }
            var made = spec
            made.unsupported = made.unsupported.map { TranslationLog.titled($0, object) }
            http.serversTransports[ProviderNames.joined(object.namespace, object.name)] = configuration(
                of: made, object)
        }
        for object in read("TraefikService") { translateService(object) }
        translateStores()
        reportOthers()
    }

    func read(_ kind: String) -> [KubernetesObject] {
        cluster.all(Self.group, kind).filter { options.reads($0) }
    }

    private mutating func translateMiddleware(_ object: KubernetesObject) {
        guard let node = object.spec, node.kind == .mapping else {
            return log.report(.error, object, "spec", "is missing")
        }
        var context = DecodingContext(unsupportedKeys: .mark)
        let middleware = context.within("spec") { MiddlewareConfiguration.decode(node, onto: nil, &$0) }
        for var diagnostic in context.diagnostics {
            diagnostic.keyPath = "\(object.title) \(diagnostic.keyPath)"
            log.report(diagnostic)
        }
        guard var middleware, !context.diagnostics.containsErrors else { return }
        middleware.origin = object.origin(of: node, at: "spec")
        http.middlewares[ProviderNames.joined(object.namespace, object.name)] = middleware
    }

    /// Kinds that Traefik reads and that have no effect here.
    private mutating func reportOthers() {
        let others = [
            ("IngressRouteTCP", "TCP routes are not supported: without effect"),
            ("IngressRouteUDP", "UDP routes are not supported: without effect"),
            ("MiddlewareTCP", "not supported: without effect"),
            ("ServersTransportTCP", "not supported: without effect"),
            ("TLSOption", "not supported yet: without effect"),
        ]
        for (kind, message) in others {
            for object in read(kind) {
                log.report(.warning, object, "spec", message, kind: .notSupported)
                // It holds for every route with TLS, which must not be served as if it were not there.
                if kind == "TLSOption", object.name == "default" {
                    var options = TLSOptionsConfiguration()
                    options.origin = object.origin(of: object.spec, at: "spec")
                    tls.options["default"] = options
                }
            }
        }
        for kind in cluster.kinds(of: Self.group).sorted() {
            let known =
                ["IngressRoute", "Middleware", "ServersTransport", "TLSStore", "TraefikService"] + others.map(\.0)
            guard !known.contains(kind) else { continue }
            for object in read(kind) {
                log.report(
                    .warning, object, "kind", "unknown kind: without effect",
                    suggestion: Spelling.nearest(to: kind, in: known))
            }
        }
        for object in cluster.all("traefik.containo.us", "IngressRoute") {
            log.report(
                .warning, object, "apiVersion", "the group of version 2 is not read, as in version 3",
                suggestion: "traefik.io/v1alpha1")
        }
        for object in cluster.all("networking.k8s.io", "Ingress") where options.allows(object.namespace) {
            log.report(
                .warning, object, "kind", "Ingress is not supported yet: without effect; use IngressRoute or HTTPRoute",
                kind: .notSupported)
        }
    }

    /// Keeps a load balancer under its name; two references with different options cannot both have it.
    mutating func keep(
        _ balancer: LoadBalancerConfiguration, as name: String, of spec: LoadBalancerSpec, in object: KubernetesObject,
        _ path: String
    ) {
        if spec.hasOldStrategy {
            log.report(
                .warning, object, "\(path).strategy", "RoundRobin is deprecated: it is taken for wrr",
                at: spec.origin.location("strategy"), suggestion: "wrr")
        }
        var service = ServiceConfiguration()
        service.loadBalancer = balancer
        service.unsupported = spec.unsupported.map { TranslationLog.titled($0, object) }
        service.origin = object.origin(ofBalancer: spec.origin.node, at: path)
        if let before = http.services[name], before != service {
            log.report(
                .warning, object, path, "the service \(name) is named elsewhere with other options: these count",
                at: spec.origin.location())
        }
        http.services[name] = service
        shortNames[name] = spec.name
    }

    mutating func report(_ error: ResolutionError, _ object: KubernetesObject, _ path: String, _ spec: LoadBalancerSpec)
    {
        log.report(
            .error, object, "\(path).\(error.key)", error.message, at: spec.origin.location(error.key),
            suggestion: error.suggestion, kind: error.kind)
    }

    mutating func reportMisplaced(
        _ spec: LoadBalancerSpec, _ object: KubernetesObject, _ path: String, isMirror: Bool = false,
        isPrimary: Bool = false
    ) {
        for key in spec.misplaced(isMirror: isMirror, isPrimary: isPrimary) {
            log.report(
                .warning, object, "\(path).\(key)", "has no meaning here", at: spec.origin.location(key))
        }
    }
}
