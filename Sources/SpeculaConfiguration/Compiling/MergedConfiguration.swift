/// The configurations of all providers under qualified names, Specula's own included.
struct MergedConfiguration {
    private(set) var routers: [String: RouterConfiguration]
    private(set) var services: [String: ServiceConfiguration] = [:]
    private(set) var middlewares: [String: MiddlewareConfiguration] = [:]
    private(set) var transports: [String: ServersTransportConfiguration]
    /// Those that Specula itself has put there.
    let internalMiddlewares: [String: MiddlewareConfiguration]
    let localServices: [String]
    private(set) var hasDefaultTLSOptions = false
    private(set) var diagnostics: [Diagnostic] = []

    init(settings: StaticConfiguration, dynamic: [String: DynamicConfiguration]) {
        let own = InternalProvider(settings)
        routers = own.routers
        localServices = own.services
        internalMiddlewares = own.middlewares
        transports = ["default@internal": settings.serversTransport]
        for (provider, configuration) in dynamic.sorted(by: { $0.key < $1.key }) {
            let http = configuration.http
            if routers.isEmpty { routers.reserveCapacity(http.routers.count) }
            for (name, router) in http.routers { routers["\(name)@\(provider)"] = router }
            for (name, service) in http.services { services["\(name)@\(provider)"] = service }
            for (name, middleware) in http.middlewares { middlewares["\(name)@\(provider)"] = middleware }
            for (name, transport) in http.serversTransports { transports["\(name)@\(provider)"] = transport }
            if configuration.tls.options["default"] != nil { hasDefaultTLSOptions = true }
            for key in configuration.unsupported {
                diagnostics.append(
                    Diagnostic(
                        .warning, at: key.location, keyPath: key.keyPath, "not supported yet: without effect",
                        kind: .notSupported))
            }
            for (name, middleware) in http.middlewares.sorted(by: { $0.key < $1.key }) {
                diagnostics.append(
                    Diagnostic(
                        .warning, at: middleware.origin.location(),
                        keyPath: middleware.origin.keyPath([], default: "http.middlewares.\(name)"),
                        "not supported yet: routers that use it are disabled", kind: .notSupported))
            }
        }
    }
}
