internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaMirroring
package import SpeculaRouting
internal import SpeculaUpstream

/// A snapshot made ready for the workers, off the loops: services, mirrors, series.
package final class GatewayPlan: Sendable {
    package let snapshot: Snapshot
    internal let services: ServiceDirectory
    internal let mirrors: MirrorDirectory
    /// How clients are answered that speak TLS; nil: nothing is there for them, and OpenSSL is left asleep.
    internal let tls: TLSServerContext?
    /// Aligned with `snapshot.services`.
    internal let serviceScopes: [Scope]
    /// Aligned with `snapshot.routers`.
    internal let routerScopes: [Scope]
    /// Aligned with `snapshot.routers`: where each leads, and whether its requests are recorded, without the rest of its plan.
    internal let routes: [Route]

    /// What a request needs to know of the router that took it.
    internal struct Route: Sendable {
        internal let service: ServiceIndex
        internal let isRecorded: Bool
    }

    /// Which connections to servers are worth keeping.
    internal let pools: PoolsInUse

    /// Interns the series and looks up the tickets, health and mirror states of `snapshot`.
    package init(snapshot: Snapshot, shared: GatewayShared) {
        self.snapshot = snapshot
        services = ServiceDirectory(
            snapshot: snapshot, tickets: shared.tickets, healthBook: shared.healthBook, tls: shared.tlsClients)
        let speaksTLS = !snapshot.secureTables.isEmpty || snapshot.tls != TLSPlan()
        tls = speaksTLS ? shared.certificates.context(for: snapshot.tls) : nil
        mirrors = MirrorDirectory(snapshot: snapshot, tickets: shared.tickets, book: shared.mirrorBook)
        pools = PoolsInUse(snapshot)
        serviceScopes = snapshot.services.map { service in
            if case .loadBalancer = service.kind { return shared.registry.service(service.name) }
            return .none
        }
        routes = snapshot.routers.map { router in
            Route(
                service: router.service,
                isRecorded: router.recordsMetrics && (!router.isInternal || shared.recordsInternals))
        }
        routerScopes = snapshot.routers.map { router in
            guard router.recordsMetrics, !router.isInternal || shared.recordsInternals else { return .none }
            let service = snapshot.services[Int(router.service.value)].name
            return shared.registry.router(router.name, service: service)
        }
    }
}
