internal import SpeculaConfiguration

/// Translates HTTPRoutes, with `RequestMirror`, into routers and mirroring services of the provider `kubernetesgateway`.
///
/// Names are those of Traefik's provider, which knows no mirrors; Specula's mirroring services end in `-mirroring`.
struct GatewayTranslator {
    private let cluster: Cluster
    private let options: KubernetesOptions
    private let backends: GatewayBackends
    private var listeners: GatewayListeners
    private(set) var http = HTTPConfiguration()
    private(set) var tls = TLSConfiguration()
    private var routes: [ObjectKey: GatewayFindings.Route] = [:]
    private var log = TranslationLog()

    /// Each once, however many listeners a route is attached to.
    var diagnostics: [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return (log.diagnostics + listeners.log.diagnostics).filter { seen.insert($0).inserted }
    }

    /// For the status of Gateways and routes.
    var findings: GatewayFindings { GatewayFindings(listeners: listeners.listeners, routes: routes) }

    init(_ cluster: Cluster, _ options: KubernetesOptions) {
        self.cluster = cluster
        self.options = options
        backends = GatewayBackends(cluster: cluster, resolver: BackendResolver(cluster, options))
        listeners = GatewayListeners(cluster, options, backends)
    }

    mutating func translate() {
        if let service = options.statusAddress?.service, cluster.service(service.namespace, service.name) == nil {
            log.report(
                Diagnostic(
                    .warning, keyPath: "providers.kubernetesGateway.statusAddress.service",
                    "kubernetes service not found: \(service.namespace)/\(service.name)",
                    kind: .missing(.kubernetesService, "\(service.namespace)/\(service.name)")))
        }
        var seen: Set<String> = []
        for gateway in listeners.listeners.keys.sorted() {
            let certificates = (listeners.listeners[gateway] ?? []).flatMap(\.certificates)
            tls.certificates += certificates.filter { seen.insert($0.certFile).inserted }
        }
        for route in cluster.all(GatewayListeners.group, "HTTPRoute") where options.allows(route.namespace) {
            translate(route)
        }
        for kind in ["GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"] {
            for route in cluster.all(GatewayListeners.group, kind) where options.allows(route.namespace) {
                log.report(.warning, route, "kind", "not supported: without effect", kind: .notSupported)
            }
        }
    }

    private mutating func translate(_ route: KubernetesObject) {
        let hostnames = route.spec?.list("hostnames").map(\.text) ?? []
        let rules = route.spec?.list("rules") ?? []
        routes[route.key, default: .init()].rules = rules.count
        for (number, parent) in (route.spec?.list("parentRefs") ?? []).enumerated() {
            let path = "spec.parentRefs[\(number)]"
            guard let attachment = listeners.attach(route, to: parent, path, hostnames: hostnames) else { continue }
            let gateway = attachment.gateway
            var refusal = attachment.refusal.map { (reason: $0.reason, message: "\($0.field): \($0.message)") }
            var isServed = false
            for place in attachment.places {
                guard let listener = listeners.listeners[gateway.key]?[place.listener],
                    let entryPoint = listener.entryPoint
                else { continue }
                isServed = true
                for (number, rule) in rules.enumerated() {
                    let site = Site(
                        gateway: gateway, listener: listener, entryPoint: entryPoint, hostnames: place.hostnames)
                    translate(rule, number, site, route)
                }
            }
            if !isServed, refusal == nil {
                refusal = ("NoMatchingParent", "\(path): no entry point serves these listeners")
            }
            routes[route.key]?.parents.append(.init(reference: parent, gateway: gateway, refusal: refusal))
        }
    }

    /// Where a route's rules are served.
    private struct Site {
        let gateway: KubernetesObject
        let listener: GatewayListener
        let entryPoint: String
        let hostnames: [String]
    }

    private mutating func translate(_ rule: Node, _ number: Int, _ site: Site, _ route: KubernetesObject) {
        let path = "spec.rules[\(number)]"
        let gateway = site.gateway
        let key = ProviderNames.joined(
            "httproute", route.namespace, route.name, "gw", gateway.namespace, gateway.name, "ep", site.entryPoint,
            String(number))
        var unsupported: [UnsupportedKey] = []
        func refuse(_ node: Node, _ place: String) {
            unsupported.append(UnsupportedKey(keyPath: "\(route.title) \(path).\(place)", location: node.location))
            routes[route.key]?.refuse(number, "\(path).\(place): not supported yet")
        }
        if let timeouts = rule.value(named: "timeouts") { refuse(timeouts, "timeouts") }
        if let session = rule.value(named: "sessionPersistence") { refuse(session, "sessionPersistence") }
        var mirrors: [MirrorConfiguration] = []
        for (number, filter) in rule.list("filters").enumerated() {
            let place = "filters[\(number)]"
            guard filter.string("type") == "RequestMirror", let mirror = filter.value(named: "requestMirror") else {
                refuse(filter, "\(place).type: \(filter.string("type") ?? "")")
                continue
            }
            mirrors.append(self.mirror(mirror, "\(path).\(place).requestMirror", route))
        }
        for (number, reference) in rule.list("backendRefs").enumerated() {
            if let filters = reference.value(named: "filters") { refuse(filters, "backendRefs[\(number)].filters") }
        }
        let primary = primary(rule, path, key, route)
        var service = primary
        if !mirrors.isEmpty {
            service = "\(key)-mirroring"
            var made = ServiceConfiguration()
            made.origin = route.origin(ofAllBelow: rule, at: path)
            var mirroring = MirroringConfiguration()
            mirroring.mirrorBody = nil
            mirroring.maxBodySize = nil
            mirroring.service = primary
            mirroring.mirrors = mirrors
            made.mirroring = mirroring
            http.services[service] = made
        }
        var tls: RouterTLSConfiguration?
        if site.listener.isTLS, !options.ignoresTLS {
            if let mode = site.listener.tls?.string("mode"), mode != "Terminate" {
                unsupported.append(
                    UnsupportedKey(
                        keyPath: "\(gateway.title) \(site.listener.name).tls.mode: \(mode)",
                        location: gateway.node.location))
            }
            tls = RouterTLSConfiguration()
        }
        let matches: [Node?] = rule.list("matches").isEmpty ? [nil] : rule.list("matches")
        for (position, match) in matches.enumerated() {
            let made = RouteMatchRule(match, hostnames: site.hostnames, number: number)
            if let problem = made.problem {
                let place = "\(path).matches[\(position)].\(problem.key)"
                log.report(.error, route, place, problem.message, at: match?.location)
                routes[route.key]?.refuse(number, "\(place): \(problem.message)")
                continue
            }
            var router = RouterConfiguration()
            router.entryPoints = [site.entryPoint]
            router.rule = made.rule
            router.priority = made.priority
            router.service = service
            router.tls = tls
            router.origin = route.origin(ofAllBelow: match ?? rule, at: path)
            router.unsupported = unsupported
            http.routers[ProviderNames.router(key, rule: made.rule)] = router
        }
    }

    /// The weighted service of a rule's backends.
    ///
    /// The share of a backend that cannot be used is answered with 503, the others go on.
    private mutating func primary(_ rule: Node, _ path: String, _ key: String, _ route: KubernetesObject) -> String {
        var children: [WeightedChild] = []
        let references = rule.list("backendRefs")
        for (number, reference) in references.enumerated() {
            var child = WeightedChild()
            child.weight = reference.string("weight").flatMap { Int($0) } ?? 1
            if let name = use(reference, "\(path).backendRefs[\(number)]", route) {
                child.name = name
            } else {
                if child.weight == 0 { continue }
                child.name = nobody(key, reference, path, route)
            }
            children.append(child)
        }
        if references.isEmpty {
            log.report(.error, route, "\(path).backendRefs", "there are none", at: rule.location)
        }
        if children.isEmpty {
            var child = WeightedChild()
            child.name = nobody(key, rule, path, route)
            children.append(child)
        }
        var service = ServiceConfiguration()
        service.origin = route.origin(ofAllBelow: rule, at: path)
        service.weighted = WeightedConfiguration()
        service.weighted?.services = children
        http.services["\(key)-wrr"] = service
        return "\(key)-wrr"
    }

    /// A service without servers, in the place of one that cannot be used.
    private mutating func nobody(
        _ key: String, _ node: Node, _ path: String, _ route: KubernetesObject
    ) -> String {
        let name = "\(key)-unavailable"
        keep(LoadBalancerConfiguration(), as: name, route.origin(ofAllBelow: node, at: "\(path).backendRefs"))
        return name
    }

    private mutating func use(_ reference: Node, _ path: String, _ route: KubernetesObject) -> String? {
        do throws(ResolutionError) {
            let (name, balancer) = try backends.resolve(reference, of: route)
            if let balancer { keep(balancer, as: name, route.origin(ofBalancer: reference, at: path)) }
            return name
        } catch {
            log.report(.error, route, "\(path).\(error.key)", error.message, at: reference.location, kind: error.kind)
            routes[route.key]?.miss(error, path)
            return nil
        }
    }

    /// A mirror that cannot be used stays in the set without copies: the route goes on.
    private mutating func mirror(_ filter: Node, _ path: String, _ route: KubernetesObject) -> MirrorConfiguration {
        var mirror = MirrorConfiguration()
        mirror.origin = Origin(filter)
        if let fraction = filter.value(named: "fraction") {
            let (part, whole) = (fraction.string("numerator") ?? "", fraction.string("denominator") ?? "100")
            if let part = Int32(part).map(Int.init), let whole = Int32(whole).map(Int.init), whole > 0,
                (0...whole).contains(part)
            {
                mirror.percent = Percent(millionths: part * 1_000_000 / whole)
            } else {
                mirror.problems.append(Reason("the fraction \(part)/\(whole) is none between 0 and 1"))
            }
        } else if let percent = filter.string("percent") {
            if let percent = Int(percent), (0...100).contains(percent) {
                mirror.percent = Percent(millionths: percent * 10_000)
            } else {
                mirror.problems.append(Reason("percent must be between 0 and 100"))
            }
        } else {
            mirror.percent = Percent(millionths: 1_000_000)
        }
        let reference = filter.value(named: "backendRef") ?? filter
        mirror.name = ProviderNames.joined(
            reference.string("namespace") ?? route.namespace, reference.string("name") ?? "none", "http",
            reference.string("port") ?? "")
        do throws(ResolutionError) {
            let (name, balancer) = try backends.resolve(reference, of: route)
            mirror.name = name
            if let balancer { keep(balancer, as: name, route.origin(ofBalancer: reference, at: path)) }
            if balancer?.servers.isEmpty == true {
                mirror.problems.append(Reason("it has no ready endpoint", .missing(.endpoints, name)))
            }
        } catch {
            mirror.problems.append(Reason(error.message, error.kind))
            routes[route.key]?.miss(error, "\(path).backendRef")
        }
        for problem in mirror.problems {
            log.report(
                .warning, route, path, "this mirror gets no copies: \(problem.message)", at: filter.location,
                isLoud: true,
                kind: .noCopies(for: mirror.name, because: [problem.kind]))
        }
        return mirror
    }

    private mutating func keep(_ balancer: LoadBalancerConfiguration, as name: String, _ origin: Origin) {
        var service = ServiceConfiguration()
        service.loadBalancer = balancer
        service.origin = origin
        http.services[name] = service
    }
}
