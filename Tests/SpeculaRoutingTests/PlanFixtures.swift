@testable import SpeculaRouting

extension ServerPlan {
    static func fixture(_ url: String = "http://10.0.0.1:80", weight: Int = 1, isFenced: Bool = false) -> ServerPlan {
        ServerPlan(
            url: url, isTLS: false, host: "10.0.0.1", port: 80, authority: "10.0.0.1:80", pathPrefix: "",
            weight: weight,
            isFenced: isFenced, stickyValue: "sticky-\(url)")
    }
}

extension ServicePlan {
    static func loadBalancer(_ name: String, _ servers: [ServerPlan] = [.fixture()], isChecked: Bool = false)
        -> ServicePlan
    {
        let passive = isChecked ? PassiveHealthCheckPlan(failureWindow: .seconds(10), maxFailedAttempts: 1) : nil
        return ServicePlan(name: name, kind: .loadBalancer(.fixture(servers, passive: passive)))
    }

    static func weighted(
        _ name: String, _ children: [(Int, Int)], propagatesHealth: Bool = false, sticky: StickyCookiePlan? = nil
    ) -> ServicePlan {
        ServicePlan(name: name, kind: .weighted(.fixture(children, propagatesHealth, sticky)))
    }

    static func failover(
        _ name: String, _ service: Int, _ fallback: Int, propagatesHealth: Bool = false,
        statuses: [ClosedRange<Int>] = []
    ) -> ServicePlan {
        ServicePlan(
            name: name,
            kind: .failover(
                FailoverPlan(
                    service: ServiceIndex(service), fallback: ServiceIndex(fallback),
                    propagatesHealth: propagatesHealth,
                    errorStatuses: statuses, maxRequestBodyBytes: -1)))
    }

    static func mirroring(_ name: String, _ primary: Int, mirrors: [Int] = []) -> ServicePlan {
        let mirrors = mirrors.map { MirrorPlan(name: "m\($0)", service: ServiceIndex($0), ratioMillionths: 1_000_000) }
        return ServicePlan(
            name: name,
            kind: .mirroring(
                MirroringPlan(
                    primary: ServiceIndex(primary), mirrors: mirrors, mirrorsBody: true, maxBodySize: -1,
                    propagatesHealth: true)))
    }
}

extension LoadBalancerPlan {
    static func fixture(_ servers: [ServerPlan], passive: PassiveHealthCheckPlan? = nil) -> LoadBalancerPlan {
        LoadBalancerPlan(
            servers: servers, strategy: .wrr, passHostHeader: true, flushInterval: .milliseconds(100),
            transport: TransportIndex(0), sticky: nil, healthCheck: nil, passiveHealthCheck: passive)
    }
}

extension WeightedPlan {
    static func fixture(
        _ children: [(Int, Int)], _ propagatesHealth: Bool = false, _ sticky: StickyCookiePlan? = nil
    ) -> WeightedPlan {
        WeightedPlan(
            children: children.map {
                Child(service: ServiceIndex($0.0), weight: $0.1, stickyValue: "child\($0.0)", name: "s\($0.0)")
            },
            sticky: sticky, propagatesHealth: propagatesHealth)
    }
}

extension Snapshot {
    static func fixture(_ services: [ServicePlan]) -> Snapshot {
        Snapshot(generation: 1, routers: [], services: services, transports: [], tables: [:])
    }
}
