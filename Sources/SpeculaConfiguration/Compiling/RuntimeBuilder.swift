/// Puts together what the API shows.
enum RuntimeBuilder {
    static func build(
        _ merged: MergedConfiguration, _ drafts: [RouterDraft], _ services: ServiceCompiler
    ) -> RuntimeConfiguration {
        var runtime = RuntimeConfiguration()
        runtime.routers.reserveCapacity(drafts.count)
        var serviceUsers: [String: [String]] = [:]
        var middlewareUsers: [String: [String]] = [:]
        for draft in drafts {
            var router = RuntimeRouter(name: draft.name, configuration: draft.configuration, using: draft.using)
            for error in draft.errors { router.add(error: error.message, disables: error.disables) }
            runtime.routers[draft.name] = router
            serviceUsers[draft.serviceName, default: []].append(draft.name)
            for middleware in draft.configuration.middlewares {
                middlewareUsers[middleware, default: []].append(draft.name)
            }
        }
        addServices(services, serviceUsers, to: &runtime)
        for (name, middleware) in merged.internalMiddlewares {
            runtime.middlewares[name] = RuntimeMiddleware(
                name: name, configuration: middleware, usedBy: middlewareUsers[name] ?? [])
        }
        for (name, middleware) in merged.middlewares {
            var item = RuntimeMiddleware(name: name, configuration: middleware, usedBy: middlewareUsers[name] ?? [])
            item.add(error: "middlewares are not supported yet", disables: true)
            runtime.middlewares[name] = item
        }
        return runtime
    }

    private static func addServices(
        _ services: ServiceCompiler, _ users: [String: [String]], to runtime: inout RuntimeConfiguration
    ) {
        runtime.services.reserveCapacity(services.names.count)
        for (position, name) in services.names.enumerated() {
            var service = RuntimeService(
                name: name, configuration: services.configurations[position], usedBy: users[name] ?? [])
            if services.reachable.contains(position) {
                service.configuration = filledIn(service.configuration, name)
                service.serverURLs = services.serverURLs[position] ?? []
                if case .failed(let errors) = services.outcomes[position] {
                    for error in errors { service.add(error: error.message, disables: true) }
                }
                for warning in services.warnings[position] ?? [] { service.add(error: warning, disables: false) }
            }
            runtime.services[name] = service
        }
    }

    /// The name of a sticky cookie that has none is shown once it was made.
    private static func filledIn(_ configuration: ServiceConfiguration?, _ name: String) -> ServiceConfiguration? {
        guard var service = configuration else { return nil }
        if service.loadBalancer?.sticky?.cookie?.name == "" {
            service.loadBalancer?.sticky?.cookie?.name = StickyCookieCompiler.defaultName(for: name)
        }
        if service.weighted?.sticky?.cookie?.name == "" {
            service.weighted?.sticky?.cookie?.name = StickyCookieCompiler.defaultName(for: name)
        }
        return service
    }
}
