/// The dynamic configuration of one provider: what may change while the gateway runs.
package struct DynamicConfiguration: ConfigurationSection {
    package var http = HTTPConfiguration()
    package var tls = TLSConfiguration()
    /// Top sections that are known but not built yet: `tcp`, `udp`.
    package var unsupported: [UnsupportedKey] = []

    package init() {}

    package static let schema = Schema<Self>(
        Field("http", \.http, "Routers, services and transports."),
        .unsupported("tcp"),
        .unsupported("udp"),
        Field("tls", \.tls, "Certificates.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        unsupported += context.unclaimed
        context.unclaimed = []
    }

    /// True when nothing at all is configured.
    package var isEmpty: Bool { http == HTTPConfiguration() && tls == TLSConfiguration() && unsupported.isEmpty }
}

/// `http` of the dynamic configuration.
package struct HTTPConfiguration: ConfigurationSection {
    package var routers: [String: RouterConfiguration] = [:]
    package var services: [String: ServiceConfiguration] = [:]
    package var middlewares: [String: MiddlewareConfiguration] = [:]
    package var serversTransports: [String: ServersTransportConfiguration] = [:]

    package init() {}

    package static let schema = Schema<Self>(
        Field("routers", \.routers, "Which requests go to which service, by name."),
        Field("services", \.services, "What answers requests, by name."),
        Field("middlewares", \.middlewares, "What happens in between, by name: not supported yet."),
        Field("serversTransports", \.serversTransports, "How servers are connected to, by name.")
    )
}
