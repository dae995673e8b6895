/// `http.routers.<name>`: which requests go to which service.
package struct RouterConfiguration: PartlySupported {
    package enum RuleSyntax: String, Word {
        case unset = ""
        case v3, v2
        case standard = "default"
    }

    /// Empty: the default entry points.
    package var entryPoints: [String] = []
    package var middlewares: [String] = []
    package var service = ""
    package var rule = ""
    package var ruleSyntax = RuleSyntax.unset
    /// Zero: the length of the rule.
    package var priority = 0
    /// Only requests that came over TLS; nil: only others.
    package var tls: RouterTLSConfiguration?
    package var observability: ObservabilityConfiguration?

    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    package static let schema = Schema<Self>(
        Field("entryPoints", \.entryPoints, "The entry points it listens on. Default: the default ones."),
        Field(
            "middlewares", \.middlewares, "Middlewares, in order: a router with one is disabled until they are built."),
        Field("service", \.service, "The service that gets its requests."),
        Field("rule", \.rule, "Which requests are its own."),
        .unsupported("parentRefs"),
        Field("ruleSyntax", \.ruleSyntax, "The rule language: v3."),
        Field("priority", \.priority, "The higher one wins; 0: the length of the rule."),
        Field("tls", \.tls, "Takes requests that come over TLS, and no others; without it, no such."),
        Field("observability", \.observability, "What its requests leave behind.")
    )
}
