package import SpeculaRouting
internal import Synchronization

/// Whether one server of one load balancer is up: one value for the process, read by every worker.
///
/// Servers count as up until a check says otherwise, as in Traefik.
package final class ServerHealth: Sendable {
    private let up = Atomic<Bool>(true)
    private let failures = Mutex<[Int64]>([])

    package init() {}

    package var isUp: Bool { up.load(ordering: .relaxed) }

    /// Sets the state.
    /// - Returns: Whether it changed.
    package func set(isUp: Bool) -> Bool { up.exchange(isUp, ordering: .relaxed) != isUp }

    /// Counts a failed attempt at `second` of the monotonic clock and says whether the passive check's window is full.
    package func passiveFailure(atSecond second: Int64, windowSeconds: Int64, limit: Int) -> Bool {
        failures.withLock { recent in
            recent.removeAll { $0 <= second - windowSeconds }
            recent.append(second)
            guard recent.count >= limit else { return false }
            recent.removeAll(keepingCapacity: true)
            return true
        }
    }
}

/// The health of every server that a configuration names, kept over reloads by service and URL.
package final class HealthBook: Sendable {
    private struct Key: Hashable {
        let service: String
        let url: String
    }

    private let servers = Mutex<[Key: ServerHealth]>([:])
    private let version = Atomic<UInt64>(1)

    package init() {}

    /// Grows whenever some server goes up or down; a worker whose schedules are older makes them anew.
    package var currentVersion: UInt64 { version.load(ordering: .acquiring) }

    /// The state of one server, made when it is first asked for.
    package func health(service: String, url: String) -> ServerHealth {
        servers.withLock { known in
            let key = Key(service: service, url: url)
            if let health = known[key] { return health }
            let health = ServerHealth()
            known[key] = health
            return health
        }
    }

    /// Notes that some server's state changed.
    package func changed() { _ = version.wrappingAdd(1, ordering: .acquiringAndReleasing) }

    /// Forgets the servers that `snapshot` does not name.
    package func keep(only snapshot: Snapshot) {
        var named: Set<Key> = []
        for service in snapshot.services {
            guard case .loadBalancer(let plan) = service.kind else { continue }
            for server in plan.servers { named.insert(Key(service: service.name, url: server.url)) }
        }
        servers.withLock { known in known = known.filter { named.contains($0.key) } }
    }
}

/// The tickets of every service that decides by counting, kept over reloads by the service's name.
package final class TicketBook: Sendable {
    private let tickets = Mutex<[String: Ticket]>([:])

    package init() {}

    /// The ticket of the service of this name, made when it is first asked for.
    package func ticket(_ name: String) -> Ticket {
        tickets.withLock { known in
            if let ticket = known[name] { return ticket }
            let ticket = Ticket()
            known[name] = ticket
            return ticket
        }
    }

    /// Forgets the services that are not in `names`.
    package func keep(only names: Set<String>) {
        tickets.withLock { known in known = known.filter { names.contains($0.key) } }
    }
}
