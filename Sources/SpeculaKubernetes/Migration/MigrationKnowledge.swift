/// What is known about single keys: which Traefik issue is cured, and what to do where something is missing.
///
/// Patterns are key paths; `*` stands for one name, and positions in lists are left out.
enum MigrationKnowledge {
    /// Keys that work better than in Traefik, with the issues of traefik/traefik that are cured.
    static let better: [(pattern: String, what: String, issues: [Int])] = [
        (
            "http.services.*.mirroring.mirrors",
            "a mirror whose service is missing or has no endpoint loses its copies, never the route", [7220, 10120]
        ),
        (
            "http.services.*.mirroring.maxBodySize",
            "copies share the body's bytes within one budget for the process; requests of unknown length are held to the limit",
            [7533, 12079]
        ),
        ("http.services.*.mirroring.mirrorBody", "copies without a body say so in their head", [13292]),
        (
            "metrics.prometheus", "answers 503 without a server are in the service's series; there is no code 0",
            [12451, 9407]
        ),
        ("metrics.prometheus.headerLabels", "label values are bounded", [10774]),
        ("http.services.*.loadBalancer.healthCheck", "server series leave with their servers", [9836]),
        ("providers.file", "refused reloads are counted and shown, the last good configuration stays", [10928]),
        (
            "TraefikService.spec.mirroring.mirrors",
            "a mirror whose Service is missing or has no endpoint loses its copies, never the route", [7220, 10120]
        ),
        (
            "providers.kubernetesCRD",
            "a kind that may not be listed or has no CRD leaves the others working; staleness is a metric and an alert",
            []
        ),
        (
            "TraefikService.spec.mirroring.maxBodySize",
            "copies share the body's bytes within one budget for the process", [7533]
        ),
        ("TraefikService.spec.mirroring.mirrorBody", "copies without a body say so in their head", [13292]),
    ]

    /// What to do about keys that are not built, the longest pattern counts.
    static let advice: [(pattern: String, what: String)] = [
        ("http.middlewares", "routers that use one are disabled: keep them at Traefik, or do without the middleware"),
        ("http.routers.*.tls.certResolver", "name a certificate of another tool in tls.certificates"),
        (
            "http.routers.*.tls.options",
            "leave the options out: TLS 1.2 and 1.3 are spoken, without client certificates"
        ),
        ("http.routers.*.ruleSyntax", "write the rule in version 3's words, and leave ruleSyntax out"),
        ("core.defaultRuleSyntax", "write rules in version 3's words, and leave it out"),
        ("TLSStore.spec.defaultGeneratedCert", "name the Secret of another tool's certificate in defaultCertificate"),
        (
            "tls.stores.*.defaultGeneratedCert",
            "name a certificate of another tool in defaultCertificate, or leave it out: one is made at the start"
        ),
        ("IngressRouteTCP", "keep TCP routes at Traefik"),
        ("IngressRouteUDP", "keep UDP routes at Traefik"),
        ("MiddlewareTCP", "keep TCP routes at Traefik"),
        ("ServersTransportTCP", "keep TCP routes at Traefik"),
        ("http.routers.*.middlewares", "leave the middleware out, or keep this router at Traefik"),
        ("tls.options", "leave them out: TLS 1.2 and 1.3 are spoken, without client certificates"),
        ("tcp", "keep TCP routes at Traefik"),
        ("udp", "keep UDP routes at Traefik"),
        (
            "certificatesResolvers",
            "name a certificate of another tool in tls.certificates: its file is read again when it changes"
        ),
        ("accessLog.otlp", "write the lines to a file or standard output, and have the collector read them there"),
        ("tracing.otlp.grpc", "name the collector's HTTP side instead: tracing.otlp.http.endpoint, port 4318"),
        ("tracing.globalAttributes", "call it resourceAttributes"),
        ("providers", "write the routes into a file: providers.file.directory is watched"),
        ("entryPoints.*.http3", "leave it out: clients come by HTTP/1.1"),
        (
            "entryPoints.*.proxyProtocol",
            "let what stands in front say X-Forwarded-For, and name it in forwardedHeaders.trustedIPs"
        ),
        ("entryPoints.*.http.redirections", "let what ends TLS in front of Specula redirect"),
        ("entryPoints.*.http.tls.certResolver", "name a certificate of another tool in tls.certificates"),
        ("entryPoints.*.http.tls.options", "leave them out: TLS 1.2 and 1.3 are spoken, without client certificates"),
        ("pilot", "leave it out: it ended with Traefik 2"),
        (
            "providers.kubernetesIngress",
            "turn Ingresses into IngressRoutes or HTTPRoutes, and read them with kubernetesCRD or kubernetesGateway"
        ),
        ("experimental", "plugins are not run: leave it out"),
        (
            "IngressRoute.spec.tls.certResolver",
            "name the Secret of another tool's certificate in secretName"
        ),
        ("IngressRoute.spec.tls.options", "leave it out: TLS 1.2 and 1.3 are spoken, without client certificates"),
        ("IngressRoute.spec.routes.middlewares", "leave the middleware out, or keep this route at Traefik"),
        ("Middleware", "routes that use it are disabled: keep them at Traefik, or do without it"),
        ("TLSOption", "leave it out: TLS 1.2 and 1.3 are spoken, without client certificates"),
    ]

    static let otherwise = "leave it out, or keep what needs it at Traefik"

    /// Kept in mind for keys that are read but do nothing yet.
    static let useless = [
        "http.routers.*.middlewares", "IngressRoute.spec.routes.middlewares", "http.middlewares",
        "http.routers.*.tls.options", "tls.options", "IngressRoute.spec.tls.options",
        "IngressRoute.spec.tls.certResolver",
    ]

    static func matches(_ pattern: String, _ path: [String]) -> Bool {
        let parts = pattern.split(separator: ".")
        return parts.count == path.count && zip(parts, path).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// The advice for a key or for one above it.
    static func advice(for path: [String]) -> String {
        for count in stride(from: path.count, to: 0, by: -1) {
            let part = Array(path.prefix(count))
            if let found = advice.first(where: { matches($0.pattern, part) }) { return found.what }
        }
        return otherwise
    }
}
