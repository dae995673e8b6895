package import SpeculaIO
package import SpeculaRouting

/// What the services of one snapshot need beyond their plans: tickets and health, found once, off the loops.
///
/// Shared by all workers, immutable; the tickets and health states in it live longer than it does.
package final class ServiceDirectory: Sendable {
    package let snapshot: Snapshot
    /// Aligned with `snapshot.services`.
    internal let states: [ServiceState]
    internal let healthBook: HealthBook
    /// Aligned with `snapshot.transports`; nil where no server is spoken to in TLS.
    private let clients: [TLSClientContext?]

    /// Looks up the tickets and the health of every service of `snapshot`.
    package init(snapshot: Snapshot, tickets: TicketBook, healthBook: HealthBook, tls: TLSClientBook) {
        self.snapshot = snapshot
        self.healthBook = healthBook
        var secured = [Bool](repeating: false, count: snapshot.transports.count)
        for service in snapshot.services {
            guard case .loadBalancer(let plan) = service.kind else { continue }
            if plan.healthCheck?.isTLS == true || plan.servers.contains(where: \.isTLS) {
                secured[Int(plan.transport.value)] = true
            }
        }
        clients = snapshot.transports.indices.map { index in
            secured[index] ? tls.context(for: snapshot.transports[index].tls) : nil
        }
        states = snapshot.services.map { service in
            switch service.kind {
            case .loadBalancer(let plan):
                let health = plan.servers.map { healthBook.health(service: service.name, url: $0.url) }
                return ServiceState(ticket: tickets.ticket(service.name), health: health)
            case .weighted, .mirroring:
                return ServiceState(ticket: tickets.ticket(service.name), health: [])
            case .highestRandomWeight, .failover, .local:
                return ServiceState(ticket: nil, health: [])
            }
        }
    }

    package func plan(of service: ServiceIndex) -> ServicePlan { snapshot.services[Int(service.value)] }

    /// How servers with `https` URLs are spoken to through a transport.
    package func tls(of transport: TransportIndex) -> TLSClientContext? { clients[Int(transport.value)] }

    package func ticket(of service: ServiceIndex) -> Ticket? { states[Int(service.value)].ticket }

    /// The health of one server of a load balancer.
    package func health(of service: ServiceIndex, server: Int) -> ServerHealth? {
        let health = states[Int(service.value)].health
        return health.indices.contains(server) ? health[server] : nil
    }

    /// Which services are up, by `ServiceIndex`; to be asked again when `healthVersion` has grown.
    internal func serviceStates() -> [Bool] {
        snapshot.serviceStates { service, server in health(of: service, server: server)?.isUp ?? true }
    }
}

/// What lives on beside the plan of one service.
internal struct ServiceState: Sendable {
    let ticket: Ticket?
    let health: [ServerHealth]
}

extension ServiceDirectory {
    /// Grows whenever a server of any service goes up or down.
    internal var healthVersion: UInt64 { healthBook.currentVersion }

    /// Notes a failed attempt of a passively checked server; the caller arms the timer that brings it back.
    /// - Returns: Whether this took the server down.
    package func passiveFailure(_ health: ServerHealth, atSecond second: Int64, plan: PassiveHealthCheckPlan) -> Bool {
        let window = max(1, plan.failureWindow.components.seconds)
        guard health.passiveFailure(atSecond: second, windowSeconds: window, limit: plan.maxFailedAttempts) else {
            return false
        }
        guard health.set(isUp: false) else { return false }
        healthBook.changed()
        return true
    }

    /// Sets what a check found.
    /// - Returns: Whether it changed.
    package func set(_ health: ServerHealth, isUp: Bool) -> Bool {
        guard health.set(isUp: isUp) else { return false }
        healthBook.changed()
        return true
    }
}
