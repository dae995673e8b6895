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
    private var log = TranslationLog()

    var diagnostics: [Diagnostic] { log.diagnostics + listeners.log.diagnostics }

    init(_ cluster: Cluster, _ options: KubernetesOptions) {
        self.cluster = cluster
        self.options = options
        backends = GatewayBackends(cluster: cluster, resolver: BackendResolver(cluster, options))
        listeners = GatewayListeners(cluster, options)
    }

    mutating func translate() {
        for route in cluster.all(GatewayListeners.group, "HTTPRoute") where options.allows(route.namespace) {
            translate(route)
        }
        for kind in ["GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute"] {
            for route in cluster.all(GatewayListeners.group, kind) where options.allows(route.namespace) {
                log.report(.warning, route, "kind", "not supported: without effect")
            }
        }
    }

    private mutating func translate(_ route: KubernetesObject) {
        let hostnames = route.spec?.list("hostnames").map(\.text) ?? []
        for (number, parent) in (route.spec?.list("parentRefs") ?? []).enumerated() {
            for listener in listeners.listeners(of: parent, "spec.parentRefs[\(number)]", for: route) {
                guard let common = RouteMatchRule.common(listener: listener.hostname, route: hostnames) else {
                    log.report(
                        .error, route, "spec.hostnames",
                        "none is one of the listener's, \(listener.hostname)", at: route.spec?.location)
                    continue
                }
                for (number, rule) in (route.spec?.list("rules") ?? []).enumerated() {
                    translate(rule, number, common, listener, route)
                }
            }
        }
    }

    private mutating func translate(
        _ rule: Node, _ number: Int, _ hostnames: [String], _ listener: GatewayListener, _ route: KubernetesObject
    ) {
        let path = "spec.rules[\(number)]"
        let gateway = listener.gateway
        let key = ProviderNames.joined(
            "httproute", route.namespace, route.name, "gw", gateway.namespace, gateway.name, "ep", listener.entryPoint,
            String(number))
        var unsupported: [UnsupportedKey] = []
        func refuse(_ node: Node, _ place: String) {
            unsupported.append(UnsupportedKey(keyPath: "\(route.title) \(path).\(place)", location: node.location))
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
        guard let primary = primary(rule, path, key, route) else { return }
        var service = primary
        if !mirrors.isEmpty {
            service = "\(key)-mirroring"
            var made = ServiceConfiguration()
            made.origin = Origin(rule)
            var mirroring = MirroringConfiguration()
            mirroring.mirrorBody = nil
            mirroring.maxBodySize = nil
            mirroring.service = primary
            mirroring.mirrors = mirrors
            made.mirroring = mirroring
            http.services[service] = made
        }
        if listener.isTLS, !options.ignoresTLS {
            unsupported.append(
                UnsupportedKey(
                    keyPath: "\(gateway.title) \(listener.name).protocol: HTTPS", location: gateway.node.location))
        }
        let matches: [Node?] = rule.list("matches").isEmpty ? [nil] : rule.list("matches")
        for (position, match) in matches.enumerated() {
            let made = RouteMatchRule(match, hostnames: hostnames, number: number)
            if let problem = made.problem {
                log.report(
                    .error, route, "\(path).matches[\(position)].\(problem.key)", problem.message, at: match?.location)
                continue
            }
            var router = RouterConfiguration()
            router.entryPoints = [listener.entryPoint]
            router.rule = made.rule
            router.priority = made.priority
            router.service = service
            router.origin = Origin(match ?? rule)
            router.unsupported = unsupported
            http.routers[ProviderNames.router(key, rule: made.rule)] = router
        }
    }

    /// The weighted service of a rule's backends; nil, and told, when one cannot be used.
    private mutating func primary(
        _ rule: Node, _ path: String, _ key: String, _ route: KubernetesObject
    ) -> String? {
        var children: [WeightedChild] = []
        for (number, reference) in rule.list("backendRefs").enumerated() {
            let place = "\(path).backendRefs[\(number)]"
            if let filters = reference.value(named: "filters") {
                log.report(.error, route, "\(place).filters", "not supported yet", at: filters.location)
                return nil
            }
            guard let name = use(reference, place, route) else { return nil }
            var child = WeightedChild()
            child.name = name
            child.weight = reference.string("weight").flatMap { Int($0) } ?? 1
            children.append(child)
        }
        guard !children.isEmpty else {
            log.report(.error, route, "\(path).backendRefs", "there are none", at: rule.location)
            return nil
        }
        var service = ServiceConfiguration()
        service.origin = Origin(rule)
        service.weighted = WeightedConfiguration()
        service.weighted?.services = children
        http.services["\(key)-wrr"] = service
        return "\(key)-wrr"
    }

    private mutating func use(_ reference: Node, _ path: String, _ route: KubernetesObject) -> String? {
        do throws(ResolutionError) {
            let (name, balancer) = try backends.resolve(reference, of: route)
            if let balancer { keep(balancer, as: name, reference) }
            return name
        } catch {
            log.report(.error, route, "\(path).\(error.key)", error.message, at: reference.location)
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
                mirror.problems.append("the fraction \(part)/\(whole) is none between 0 and 1")
            }
        } else if let percent = filter.string("percent") {
            if let percent = Int(percent), (0...100).contains(percent) {
                mirror.percent = Percent(millionths: percent * 10_000)
            } else {
                mirror.problems.append("percent must be between 0 and 100")
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
            if let balancer { keep(balancer, as: name, reference) }
            if balancer?.servers.isEmpty == true { mirror.problems.append("it has no ready endpoint") }
        } catch {
            mirror.problems.append(error.message)
        }
        for problem in mirror.problems {
            log.report(.warning, route, path, "this mirror gets no copies: \(problem)", at: filter.location)
        }
        return mirror
    }

    private mutating func keep(_ balancer: LoadBalancerConfiguration, as name: String, _ reference: Node) {
        var service = ServiceConfiguration()
        service.loadBalancer = balancer
        service.origin = Origin(reference)
        http.services[name] = service
    }
}
