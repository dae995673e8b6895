internal import SpeculaConfiguration

// IngressRoute: routers, and the services that stand for single or several Services of a route.
extension CustomResourceTranslator {
    mutating func translateRoute(_ object: KubernetesObject) {
        guard let (spec, unsupported) = log.decode(IngressRouteSpec.self, of: object) else { return }
        for (number, route) in spec.routes.enumerated() {
            translate(route, "spec.routes[\(number)]", spec, unsupported, of: object)
        }
        if spec.routes.isEmpty { log.report(.warning, object, "spec.routes", "there are no routes") }
        if !options.ignoresTLS, let name = spec.tls?.secretName, !name.isEmpty { show(name, object) }
    }

    private mutating func translate(
        _ route: RouteSpec, _ path: String, _ spec: IngressRouteSpec, _ unsupported: [UnsupportedKey],
        of object: KubernetesObject
    ) {
        guard !route.match.isEmpty else {
            return log.report(.error, object, "\(path).match", "empty match rule", at: route.origin.location("match"))
        }
        guard route.kind.isEmpty || route.kind == "Rule" else {
            return log.report(
                .error, object, "\(path).kind",
                "unsupported match kind: \(route.kind), only \"Rule\" is supported", at: route.origin.location("kind"))
        }
        let name = ProviderNames.router("\(object.namespace)-\(object.name)", rule: route.match)
        var router = RouterConfiguration()
        router.entryPoints = spec.entryPoints
        router.rule = route.match
        router.priority = route.priority
        router.ruleSyntax = route.syntax
        router.observability = route.observability
        router.origin = object.origin(ofRoute: route.origin, at: path)
        router.unsupported = unsupported + route.unsupported.map { TranslationLog.titled($0, object) }
        guard let middlewares = middlewares(of: route, path, object),
            let service = service(of: route, name, path, object)
        else { return }
        router.middlewares = middlewares
        router.service = service
        addTLS(to: &router, spec, object)
        if http.routers[name] != nil {
            log.report(
                .warning, object, "\(path).match", "another route has the same rule: this one counts",
                at: route.origin.location("match"))
        }
        http.routers[name] = router
    }

    private mutating func addTLS(
        to router: inout RouterConfiguration, _ spec: IngressRouteSpec, _ object: KubernetesObject
    ) {
        guard spec.tls != nil, let node = object.spec?.value(named: "tls") else { return }
        if options.ignoresTLS {
            log.report(.warning, object, "spec.tls", "ignoreTLS: served in plain HTTP", at: node.location)
        } else {
            var tls = RouterTLSConfiguration()
            if let options = spec.tls?.options, !options.name.isEmpty {
                let (name, provider) = ProviderNames.split(options.name)
                let namespace = options.namespace.isEmpty ? object.namespace : options.namespace
                tls.options =
                    provider != nil || name == "default" ? options.name : ProviderNames.joined(namespace, name)
            }
            if let store = spec.tls?.store, !["", "default"].contains(store.name) {
                log.report(
                    .warning, object, "spec.tls.store", "without effect: there is one store, default",
                    at: Origin(node).location("store"))
            }
            if spec.tls?.certResolver.isEmpty == false {
                router.unsupported.append(
                    UnsupportedKey(
                        keyPath: "\(object.title) spec.tls.certResolver",
                        location: Origin(node).location("certResolver") ?? node.location))
            }
            router.tls = tls
        }
    }

    /// Adds the certificate of a Secret beside the route; the route stays without it, too.
    private mutating func show(_ name: String, _ object: KubernetesObject) {
        do throws(SecretCertificates.Failure) {
            try show(secret: name, of: object.namespace)
        } catch {
            log.report(
                .error, object, "spec.tls.secretName", error.message,
                at: Origin(object.spec).location("tls", "secretName"), kind: error.kind)
        }
    }

    private mutating func middlewares(of route: RouteSpec, _ path: String, _ object: KubernetesObject) -> [String]? {
        var names: [String] = []
        for (number, reference) in route.middlewares.enumerated() {
            let (name, provider) = ProviderNames.split(reference.name)
            if let provider, provider != ProviderNames.customResources {
                names.append(reference.name)
                continue
            }
            let namespace = reference.namespace.isEmpty ? object.namespace : reference.namespace
            guard options.allowCrossNamespace || namespace == object.namespace else {
                log.report(
                    .error, object, "\(path).middlewares[\(number)].namespace",
                    "middleware \(namespace)/\(name) is not in the IngressRoute namespace \(object.namespace): "
                        + "allowCrossNamespace is off", at: route.origin.location("middlewares", number, "namespace"))
                return nil
            }
            names.append(ProviderNames.joined(namespace, name))
        }
        return names
    }

    /// The service of a route: nothing, the one it names, or a weighted one of all that it names; nil when one is wrong.
    private mutating func service(
        of route: RouteSpec, _ name: String, _ path: String, _ object: KubernetesObject
    ) -> String? {
        var children: [WeightedChild] = []
        var resolved: [(BackendResolver.Resolved, LoadBalancerSpec, String)] = []
        for (number, spec) in route.services.enumerated() {
            let place = "\(path).services[\(number)]"
            reportMisplaced(spec, object, place)
            do throws(ResolutionError) {
                let found = try resolver.resolve(
                    spec, parent: object.namespace, nativeByDefault: options.nativeLBByDefault)
                resolved.append((found, spec, place))
                var child = WeightedChild()
                child.name = found.name
                child.weight = spec.weight ?? 1
                children.append(child)
            } catch {
                report(error, object, place, spec)
                return nil
            }
        }
        guard let (first, spec, place) = resolved.first else { return "" }
        if resolved.count == 1 {
            guard let balancer = first.balancer else { return first.name }
            keep(balancer, as: name, of: spec, in: object, place)
            return name
        }
        for (found, spec, place) in resolved {
            if let balancer = found.balancer { keep(balancer, as: found.name, of: spec, in: object, place) }
        }
        var service = ServiceConfiguration()
        service.weighted = WeightedConfiguration()
        service.weighted?.services = children
        service.origin = object.origin(ofAllBelow: route.origin.node, at: "\(path).services")
        http.services[name] = service
        return name
    }
}
