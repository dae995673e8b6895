import SpeculaRouting

/// Small snapshots for tests: services by their kinds, one default transport.
enum Snapshots {
    static func of(_ services: [(String, ServiceKind)]) -> Snapshot {
        Snapshot(
            generation: 1, routers: [], services: services.map { ServicePlan(name: $0.0, kind: $0.1) },
            transports: [TransportPlan(name: "default@internal")], tables: [:])
    }

    static func balancer(
        _ ports: [UInt16], weights: [Int] = [], isChecked: Bool = false, sticky: StickyCookiePlan? = nil,
        strategy: LoadBalancerPlan.Strategy = .wrr
    ) -> ServiceKind {
        let check = HealthCheckPlan(
            isTLS: nil, isGRPC: false, path: "/", method: "GET", hostname: nil, port: nil, status: 0,
            interval: .seconds(1), unhealthyInterval: .seconds(1), timeout: .seconds(1), followRedirects: true,
            headers: [:])
        let servers = ports.enumerated().map { place, port in
            ServerPlan(
                url: "http://127.0.0.1:\(port)", isTLS: false, host: "127.0.0.1", port: port,
                authority: "127.0.0.1:\(port)", pathPrefix: "", weight: weights.isEmpty ? 1 : weights[place],
                isFenced: false, stickyValue: "value\(port)")
        }
        return .loadBalancer(
            LoadBalancerPlan(
                servers: servers, strategy: strategy, passHostHeader: true, flushInterval: nil,
                transport: TransportIndex(0), sticky: sticky, healthCheck: isChecked ? check : nil,
                passiveHealthCheck: nil))
    }
}
