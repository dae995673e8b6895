/// The static configuration: what is read once, at the start.
///
/// Keys and defaults are Traefik's; `workers` and `limits` are Specula's own.
package struct StaticConfiguration: ConfigurationSection {
    package var global = GlobalConfiguration()
    package var serversTransport = ServersTransportConfiguration.processDefault
    /// By name.
    ///
    /// `http` on `:80` when nobody defines one; `traefik` on `:8080` when something internal needs it.
    package var entryPoints: [String: EntryPointConfiguration] = [:]
    package var providers = ProvidersConfiguration()
    package var api: APIConfiguration?
    package var metrics: MetricsConfiguration?
    package var ping: PingConfiguration?
    package var log: LogConfiguration?
    package var accessLog: AccessLogConfiguration?
    package var tracing: TracingConfiguration?
    package var core: CoreConfiguration?
    /// Event loops; nil: as many as there are CPUs for us.
    package var workers: Int?
    package var limits = LimitsConfiguration()

    package init() {}

    package static let schema = Schema<Self>(
        Field("global", \.global, "Accepted; Specula neither looks for new versions nor reports usage."),
        Field("serversTransport", \.serversTransport, "How servers are connected to: `default@internal`."),
        .unsupported("tcpServersTransport"),
        Field("entryPoints", \.entryPoints, "Where the gateway listens, by name."),
        Field("providers", \.providers, "Where dynamic configuration comes from."),
        Field("api", \.api, "The API and the dashboard."),
        Field("metrics", \.metrics, "Metrics."),
        Field("ping", \.ping, "The health check of the gateway itself."),
        Field("log", \.log, "The gateway's own log."),
        Field("accessLog", \.accessLog, "A line for each request."),
        Field("tracing", \.tracing, "Spans of requests, for a collector of OpenTelemetry's."),
        .unsupported("hostResolver"),
        .unsupported("certificatesResolvers"),
        .unsupported("experimental"),
        Field("core", \.core, "Accepted with its default."),
        .unsupported("spiffe"),
        .unsupported("ocsp"),
        Field(
            "workers", \.workers, ours: true, isShown: false,
            "Event loops. Default: the CPUs, or the cgroup's quota of them."),
        Field("limits", \.limits, ours: true, isShown: false, "What the process holds at most.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if let workers, !(1...256).contains(workers), let place = node.value(named: "workers") {
            context.within("workers") { $0.error(place, "expected 1 to 256, found \(workers)") }
        }
    }
}

/// `global`: accepted, without effect.
package struct GlobalConfiguration: ConfigurationSection {
    package var checkNewVersion = true
    package var sendAnonymousUsage = false
    package var notAppendXForwardedFor = false

    package init() {}

    package static let schema = Schema<Self>(
        Field("checkNewVersion", \.checkNewVersion, "Without effect."),
        Field("sendAnonymousUsage", \.sendAnonymousUsage, "Without effect."),
        Field(
            "notAppendXForwardedFor", \.notAppendXForwardedFor,
            "Without effect on HTTP, as in Traefik: see `forwardedHeaders`.")
    )
}

/// `core`: rules are written in version 3's language.
package struct CoreConfiguration: ConfigurationSection {
    package enum RuleSyntax: String, Word { case v3, standard = "default" }

    package var defaultRuleSyntax = RuleSyntax.v3

    package init() {}

    package static let schema = Schema<Self>(
        Field("defaultRuleSyntax", \.defaultRuleSyntax, "The rule language.")
    )
}

/// `limits` (Specula's own): what the process holds at most, beside Traefik's timeouts.
package struct LimitsConfiguration: ConfigurationSection {
    /// Bytes held for copies in the whole process.
    ///
    /// Also bounded by a quarter of the memory limit.
    package var mirrorBytes = 64 << 20
    /// Fields of one request or response head; 0: only bounded by the head's bytes.
    package var headerFields = 0
    /// Bytes of a request line; 0: only bounded by the head's bytes.
    package var requestLineBytes = 0
    /// Time for a request's head; 0: only bounded by `readTimeout`.
    package var headerReadTimeout = Duration.zero

    package init() {}

    package static let schema = Schema<Self>(
        Field("mirrorBytes", \.mirrorBytes, ours: true, "Bytes held for copies in the whole process."),
        Field("headerFields", \.headerFields, ours: true, "Fields of one head; 0: any number."),
        Field("requestLineBytes", \.requestLineBytes, ours: true, "Bytes of a request line; 0: any number."),
        Field(
            "headerReadTimeout", \.headerReadTimeout, ours: true, "Time for a request's head; 0: `readTimeout` alone.")
    )
}
