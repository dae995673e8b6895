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
            "TraefikService.spec.mirroring.maxBodySize",
            "copies share the body's bytes within one budget for the process", [7533]
        ),
        ("TraefikService.spec.mirroring.mirrorBody", "copies without a body say so in their head", [13292]),
    ]

    /// What to do about keys that are not built, the longest pattern counts.
    static let advice: [(pattern: String, what: String)] = [
        ("http.middlewares", "routers that use one are disabled: keep them at Traefik, or do without the middleware"),
        ("http.routers.*.tls", "end TLS in front of Specula and leave `tls` out"),
        ("http.routers.*.middlewares", "leave the middleware out, or keep this router at Traefik"),
        ("tls", "end TLS in front of Specula"),
        ("tcp", "keep TCP routes at Traefik"),
        ("udp", "keep UDP routes at Traefik"),
        ("certificatesResolvers", "end TLS in front of Specula, with a certificate of another tool"),
        ("accessLog", "leave it out: metrics count what the access log tells"),
        ("tracing", "leave it out: trace headers pass through"),
        ("providers.docker", "write the routes into a file: providers.file.directory is watched"),
        ("providers.swarm", "write the routes into a file: providers.file.directory is watched"),
        ("providers.kubernetesCRD", "export the objects and read them with providers.kubernetesManifests.directory"),
        (
            "providers.kubernetesGateway",
            "export the objects and read them with providers.kubernetesManifests.directory"
        ),
        (
            "providers.kubernetesIngress",
            "turn Ingresses into IngressRoutes or HTTPRoutes, then read them from manifests"
        ),
        ("experimental", "plugins are not run: leave it out"),
        (
            "IngressRoute.spec.tls",
            "end TLS in front of Specula; to try the manifest, ignoreTLS: true serves it in plain HTTP"
        ),
        ("IngressRoute.spec.routes.middlewares", "leave the middleware out, or keep this route at Traefik"),
        ("Middleware", "routes that use it are disabled: keep them at Traefik, or do without it"),
        ("TLSOption", "end TLS in front of Specula"),
        ("TLSStore", "end TLS in front of Specula"),
    ]

    static let otherwise = "leave it out, or keep what needs it at Traefik"

    /// Kept in mind for keys that are read but do nothing yet.
    static let useless = [
        "http.routers.*.middlewares", "IngressRoute.spec.routes.middlewares", "IngressRoute.spec.tls",
        "http.middlewares",
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
