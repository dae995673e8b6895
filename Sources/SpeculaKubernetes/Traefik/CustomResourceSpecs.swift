internal import SpeculaConfiguration

/// `spec` of an IngressRoute. (Traefik: traefik.io/v1alpha1)
struct IngressRouteSpec: ConfigurationSection {
    var entryPoints: [String] = []
    var routes: [RouteSpec] = []
    var tls: TLSSpec?
    var ingressClassName = ""

    static let schema = Schema<Self>(
        Field("entryPoints", \.entryPoints, "Entry points; none: the default ones."),
        Field("routes", \.routes, "The routes."),
        Field("tls", \.tls, "TLS."),
        Field("ingressClassName", \.ingressClassName, "The class."),
        .unsupported("parentRefs")
    )
}

/// `spec.routes[]` of an IngressRoute.
struct RouteSpec: PartlySupported {
    var match = ""
    var kind = ""
    var priority = 0
    var syntax = RouterConfiguration.RuleSyntax.unset
    var services: [LoadBalancerSpec] = []
    var middlewares: [ObjectReference] = []
    var observability: ObservabilityConfiguration?

    var unsupported: [UnsupportedKey] = []
    var origin = Origin()

    static let schema = Schema<Self>(
        Field("match", \.match, "The rule."),
        Field("kind", \.kind, "`Rule`."),
        Field("priority", \.priority, "The higher one wins."),
        Field("syntax", \.syntax, "The rule language."),
        Field("services", \.services, "What answers."),
        Field("middlewares", \.middlewares, "What happens in between."),
        Field("observability", \.observability, "What requests leave behind.")
    )
}

/// `name` and `namespace` of another object.
struct ObjectReference: ConfigurationSection {
    var name = ""
    var namespace = ""

    static let schema = Schema<Self>(
        Field("name", \.name, "Its name."),
        Field("namespace", \.namespace, "Its namespace.")
    )
}

/// `spec.tls` of an IngressRoute.
struct TLSSpec: ConfigurationSection {
    var secretName = ""
    var options: ObjectReference?
    var store: ObjectReference?
    var certResolver = ""
    var domains: [Domain] = []

    static let schema = Schema<Self>(
        canStandAlone: true,
        Field("secretName", \.secretName, "The Secret with the certificate."),
        Field("options", \.options, "A TLSOption."),
        Field("store", \.store, "A TLSStore."),
        Field("certResolver", \.certResolver, "Who gets the certificate."),
        Field("domains", \.domains, "What the certificate is for.")
    )

    struct Domain: ConfigurationSection {
        var main = ""
        var sans: [String] = []

        static let schema = Schema<Self>(
            Field("main", \.main, "The first name."),
            Field("sans", \.sans, "Further names.")
        )
    }
}

/// `spec` of a TraefikService: exactly one type, the first in this order counts.
struct TraefikServiceSpec: ConfigurationSection {
    var weighted: Weighted?
    var mirroring: LoadBalancerSpec?
    var highestRandomWeight: HighestRandomWeight?
    var failover: Failover?

    static let schema = Schema<Self>(
        Field("weighted", \.weighted, "Services, chosen in turn by weight."),
        Field("mirroring", \.mirroring, "A primary and its mirrors."),
        Field("highestRandomWeight", \.highestRandomWeight, "Services, one chosen by the client's address."),
        Field("failover", \.failover, "A service, and one that takes over."),
        .unsupported("middlewares")
    )

    struct Weighted: ConfigurationSection {
        var services: [LoadBalancerSpec] = []
        var sticky: StickyConfiguration?

        static let schema = Schema<Self>(
            Field("services", \.services, "The services."),
            Field("sticky", \.sticky, "Keeps a client at one service.")
        )
    }

    struct HighestRandomWeight: ConfigurationSection {
        var services: [LoadBalancerSpec] = []

        static let schema = Schema<Self>(Field("services", \.services, "The services."))
    }

    struct Failover: ConfigurationSection {
        var service = LoadBalancerSpec()
        var fallback = LoadBalancerSpec()
        var errors: FailoverConfiguration.Errors?

        static let schema = Schema<Self>(
            Field("service", \.service, "Tried first."),
            Field("fallback", \.fallback, "Takes over."),
            Field("errors", \.errors, "Answers that make the fallback take over.")
        )
    }
}

/// `spec` of a ServersTransport.
struct ServersTransportSpec: PartlySupported {
    var serverName = ""
    var insecureSkipVerify = false
    var rootCAs: [RootCA] = []
    var rootCAsSecrets: [String] = []
    var certificatesSecrets: [String] = []
    var maxIdleConnsPerHost = 0
    var disableHTTP2 = false
    var forwardingTimeouts = ServersTransportConfiguration.ForwardingTimeouts()

    var unsupported: [UnsupportedKey] = []
    var origin = Origin()

    static let schema = Schema<Self>(
        Field("maxIdleConnsPerHost", \.maxIdleConnsPerHost, "Idle connections kept for each server."),
        Field("disableHTTP2", \.disableHTTP2, "Accepted; servers are spoken to in HTTP/1.1."),
        Field("forwardingTimeouts", \.forwardingTimeouts, "How long a server may take."),
        Field("serverName", \.serverName, "Asked for and proven by servers."),
        Field("insecureSkipVerify", \.insecureSkipVerify, "Takes any certificate of a server."),
        Field("rootCAs", \.rootCAs, "Who vouches for servers."),
        Field("rootCAsSecrets", \.rootCAsSecrets, "The same, in Secrets."),
        Field("certificatesSecrets", \.certificatesSecrets, "Shown to servers that ask for one."),
        .unsupported("cipherSuites"),
        .unsupported("minVersion"),
        .unsupported("maxVersion"),
        .unsupported("peerCertURI"),
        .unsupported("peerCertSANs"),
        .unsupported("spiffe")
    )

    /// `rootCAs[]`: one of both.
    struct RootCA: ConfigurationSection {
        var secret = ""
        var configMap = ""

        static let schema = Schema<Self>(
            Field("secret", \.secret, "A Secret with `tls.ca` or `ca.crt`."),
            Field("configMap", \.configMap, "A ConfigMap with `ca.crt`.")
        )
    }

    /// As the file provider would have read it, without what stands in other objects.
    var configuration: ServersTransportConfiguration {
        var made = ServersTransportConfiguration()
        made.serverName = serverName
        made.insecureSkipVerify = insecureSkipVerify
        made.maxIdleConnsPerHost = maxIdleConnsPerHost
        made.disableHTTP2 = disableHTTP2
        made.forwardingTimeouts = forwardingTimeouts
        made.unsupported = unsupported
        made.origin = origin
        return made
    }
}
