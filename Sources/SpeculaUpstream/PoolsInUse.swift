package import SpeculaRouting

/// Which pools the requests of one snapshot lease from: every server of its load balancers, through the transport of each.
///
/// Found once, off the loops, and shared by all workers.
package struct PoolsInUse: Sendable {
    private let transports: [TransportPlan]
    private let ways: [Server: [Way]]

    private struct Server: Hashable {
        let host: String
        let port: UInt16
    }

    /// How a server is spoken to.
    private struct Way: Equatable {
        let transport: Int
        let isTLS: Bool
    }

    package init(_ snapshot: Snapshot) {
        transports = snapshot.transports
        var ways: [Server: [Way]] = [:]
        for service in snapshot.services {
            guard case .loadBalancer(let plan) = service.kind else { continue }
            for server in plan.servers {
                let way = Way(transport: Int(plan.transport.value), isTLS: server.isTLS)
                let place = Server(host: server.host, port: server.port)
                if ways[place]?.contains(way) != true { ways[place, default: []].append(way) }
            }
        }
        self.ways = ways
    }

    internal func contains(_ key: PoolKey) -> Bool {
        guard let ways = ways[Server(host: key.host, port: key.port)] else { return false }
        return ways.contains { $0.isTLS == (key.tls != nil) && transports[$0.transport] == key.transport }
    }
}
