package import SpeculaIO
package import SpeculaRouting

/// One worker's connections to all servers, kept over reloads, and its free legs.
package final class Upstreams {
    package let loop: EventLoop
    /// What scrapes show of these connections.
    package let figures = UpstreamFigures()
    private let workers: Int
    private var pools: [PoolKey: ServerPool] = [:]
    /// What the configuration in force uses; nil: there is none, and everything is kept.
    private var used: PoolsInUse?
    private var freeLegs: [UpstreamLeg] = []
    /// Is told, now and then, why TLS with a server fails.
    package var whenTLSFails: ((_ server: String, TLSFailure) -> Void)?

    /// - `workers`: How many workers share the limits that are the process's.
    package init(loop: EventLoop, workers: Int) {
        self.loop = loop
        self.workers = workers
    }

    /// The pool of a server in a lane, made when it is first asked for.
    ///
    /// - Parameters:
    ///   - server: Where.
    ///   - transport: How.
    ///   - lane: Whose traffic.
    ///   - tls: Nil: in the clear.
    /// - Returns: The one pool with these properties.
    package func pool(
        for server: ServerPlan, transport: TransportPlan, lane: Lane, tls: TLSClientContext? = nil
    ) -> ServerPool {
        let key = PoolKey(host: server.host, port: server.port, transport: transport, lane: lane, tls: tls)
        if let pool = pools[key] { return pool }
        let pool = ServerPool(key: key, loop: loop, workers: workers, figures: figures, whenTLSFails: whenTLSFails)
        if let used, !used.contains(key) {
            // A request that began under an earlier configuration: what it opens ends with it.
            pool.retire()
        } else {
            pools[key] = pool
        }
        return pool
    }

    /// Closes and forgets the pools that are not `used` any more; what is leased ends in its own time, and is not kept then.
    package func keep(only used: PoolsInUse) {
        self.used = used
        for (key, pool) in pools where !used.contains(key) {
            pool.retire()
            pools[key] = nil
        }
    }

    /// Closes and forgets every pool; what is leased ends in its own time.
    internal func retireAll() {
        for pool in pools.values { pool.retire() }
        pools.removeAll()
    }

    /// Closes every idle connection.
    package func closeIdle() {
        for pool in pools.values { pool.closeIdle() }
    }

    /// Closes every idle connection of one lane; returns whether there was any.
    @discardableResult
    package func closeIdle(in lane: Lane) -> Bool {
        var hasClosed = false
        for pool in pools.values where pool.key.lane == lane && pool.idleConnections > 0 {
            pool.closeIdle()
            hasClosed = true
        }
        return hasClosed
    }

    package func takeLeg() -> UpstreamLeg { freeLegs.popLast() ?? UpstreamLeg() }

    /// Takes back a leg that has ended.
    package func giveBack(_ leg: consuming UpstreamLeg) {
        if freeLegs.count < 1024 { freeLegs.append(leg) }
    }

    /// Lets go of a leg or two when more are free than `count`.
    package func trimFree(to count: Int) {
        for _ in 0..<2 where freeLegs.count > count { freeLegs.removeLast() }
    }

    /// Idle connections of all pools; for tests and readings.
    package var idleConnections: Int { pools.values.reduce(0) { $0 + $1.idleConnections } }

    /// Pools with a timer armed to close what idles too long; for tests and readings.
    package var armedSweeps: Int { pools.values.count(where: \.isSweeping) }
}

@available(*, unavailable)
extension Upstreams: Sendable {}
