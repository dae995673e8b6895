/// `http.services.<name>`: what answers requests; exactly one type.
package struct ServiceConfiguration: PartlySupported {
    package var loadBalancer: LoadBalancerConfiguration?
    package var highestRandomWeight: HighestRandomWeightConfiguration?
    package var weighted: WeightedConfiguration?
    package var mirroring: MirroringConfiguration?
    package var failover: FailoverConfiguration?

    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    package static let schema = Schema<Self>(
        .unsupported("middlewares"),
        Field("loadBalancer", \.loadBalancer, "Servers, and how one is chosen."),
        Field("highestRandomWeight", \.highestRandomWeight, "Services, one chosen by the client's address."),
        Field("weighted", \.weighted, "Services, chosen in turn by weight."),
        Field("mirroring", \.mirroring, "A service, and others that get copies of its requests."),
        Field("failover", \.failover, "A service, and one that takes over.")
    )

    /// The types it sets, as Traefik spells them; one is right.
    package var types: [String] {
        var types: [String] = []
        if loadBalancer != nil { types.append("loadBalancer") }
        if highestRandomWeight != nil { types.append("highestRandomWeight") }
        if weighted != nil { types.append("weighted") }
        if mirroring != nil { types.append("mirroring") }
        if failover != nil { types.append("failover") }
        return types
    }
}

/// `healthCheck: {}` of a service that has children: their health is passed on.
package struct HealthPropagation: ConfigurationSection {
    package init() {}
    package static let schema = Schema<Self>(canStandAlone: true)
}

/// `weighted`.
package struct WeightedConfiguration: ConfigurationSection {
    package var services: [WeightedChild] = []
    package var sticky: StickyConfiguration?
    package var healthCheck: HealthPropagation?

    package init() {}

    package static let schema = Schema<Self>(
        Field("services", \.services, "The services and their weights."),
        Field("sticky", \.sticky, "Keeps a client at one service, by a cookie."),
        Field("healthCheck", \.healthCheck, "Passes the services' health on to the service above.")
    )
}

/// `highestRandomWeight`.
package struct HighestRandomWeightConfiguration: ConfigurationSection {
    package var services: [WeightedChild] = []
    package var healthCheck: HealthPropagation?

    package init() {}

    package static let schema = Schema<Self>(
        Field("services", \.services, "The services and their weights."),
        Field("healthCheck", \.healthCheck, "Passes the services' health on to the service above.")
    )
}

/// A child of `weighted` or `highestRandomWeight`.
package struct WeightedChild: ConfigurationSection {
    package var name = ""
    package var weight: Int? = 1

    package init() {}

    package static let schema = Schema<Self>(
        Field("name", \.name, "The service."),
        Field("weight", \.weight, "Its share; 0: never chosen.")
    )
}

/// `failover`.
package struct FailoverConfiguration: ConfigurationSection {
    package var service = ""
    package var fallback = ""
    package var healthCheck: HealthPropagation?
    package var errors: Errors?

    package init() {}

    package static let schema = Schema<Self>(
        Field("service", \.service, "The service that is tried first."),
        Field("fallback", \.fallback, "The one that takes over."),
        Field("healthCheck", \.healthCheck, "Passes health on to the service above."),
        Field("errors", \.errors, "Answers that make the fallback take over.")
    )

    /// `failover.errors`.
    package struct Errors: ConfigurationSection {
        /// `500`, `500-599`.
        package var status: [String] = []
        /// Bytes kept for the second try; -1: no limit.
        package var maxRequestBodyBytes: Int64? = -1

        package init() {}

        package static let schema = Schema<Self>(
            Field("status", \.status, "Statuses and ranges (`500-599`) that count as failures."),
            Field(
                "maxRequestBodyBytes", \.maxRequestBodyBytes,
                "Bytes of a request kept for the second try; -1: no limit; more is answered with 413.")
        )
    }
}
