/// What Specula itself configures, as Traefik's `internal` provider does: routes to its own services.
struct InternalProvider {
    /// The highest priority there is; users stay 1,000 below it.
    static let maxPriority = Int.max
    static let maxUserPriority = Int.max - 1000

    /// Qualified names of the services that exist.
    private(set) var services: [String] = ["noop@internal"]
    private(set) var routers: [String: RouterConfiguration] = [:]
    private(set) var middlewares: [String: MiddlewareConfiguration] = [:]

    init(_ settings: StaticConfiguration) {
        if let api = settings.api { add(api) }
        if let ping = settings.ping {
            services.append("ping@internal")
            if !ping.manualRouting {
                add("ping", "PathPrefix(`/ping`)", on: ping.entryPoint, priority: Self.maxPriority)
            }
        }
        if let prometheus = settings.metrics?.prometheus {
            services.append("prometheus@internal")
            if !prometheus.manualRouting {
                add("prometheus", "PathPrefix(`/metrics`)", on: prometheus.entryPoint, priority: Self.maxPriority)
            }
        }
    }

    private mutating func add(
        _ name: String, _ rule: String, on entryPoint: String, priority: Int, middlewares: [String] = []
    ) {
        var router = RouterConfiguration()
        router.entryPoints = [entryPoint]
        router.middlewares = middlewares
        router.service = "\(name)@internal"
        router.rule = rule
        router.ruleSyntax = .standard
        router.priority = priority
        routers["\(name)@internal"] = router
    }

    private mutating func add(_ api: APIConfiguration) {
        services.append("api@internal")
        let base = api.basePath == "/" ? "" : api.basePath
        if api.dashboard { services.append("dashboard@internal") }
        guard api.insecure else { return }
        add("api", "PathPrefix(`\(base)/api`)", on: "traefik", priority: Self.maxPriority - 1)
        guard api.dashboard else { return }
        add(
            "dashboard", "PathPrefix(`\(base)/`)", on: "traefik", priority: Self.maxPriority - 2,
            middlewares: ["dashboard_redirect@internal", "dashboard_stripprefix@internal"])
        middlewares["dashboard_redirect@internal"] = MiddlewareConfiguration(
            types: ["redirectRegex"],
            content: [
                "redirectRegex": [
                    "regex": #"^(http:\/\/(\[[\w:.]+\]|[\w\._-]+)(:\d+)?)\/$"#,
                    "replacement": .string("${1}\(base)/dashboard/"), "permanent": true,
                ]
            ])
        middlewares["dashboard_stripprefix@internal"] = MiddlewareConfiguration(
            types: ["stripPrefix"],
            content: [
                "stripPrefix": ["prefixes": [.string("\(base)/dashboard/"), .string("\(base)/dashboard")]]
            ])
    }
}
