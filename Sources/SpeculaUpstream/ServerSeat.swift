package import SpeculaIO
package import SpeculaRouting

/// One server of one load balancer as one worker sees it: what a leg to it needs, ready to be written.
package final class ServerSeat {
    package let service: ServiceIndex
    package let plan: ServerPlan
    /// What goes into Host when the client's is not passed; empty when it is.
    package let authorityOverride: [UInt8]
    /// Put before the request's path (`preservePath`); mostly empty.
    package let pathPrefix: [UInt8]
    package let health: ServerHealth?
    package let passiveCheck: PassiveHealthCheckPlan?
    /// Nil: write as it comes.
    package let flushInterval: Duration?
    private let transport: TransportPlan
    private let upstreams: Upstreams
    private var production: ServerPool?
    private var mirror: ServerPool?
    /// Legs of this worker that are under way on this server: what p2c and least time weigh.
    internal private(set) var legsUnderWay = 0
    /// Moving average of the time to the response's head, in nanoseconds; 0 before the first.
    internal private(set) var averageNanoseconds: UInt64 = 0

    internal init(
        service: ServiceIndex, plan: ServerPlan, balancer: LoadBalancerPlan, health: ServerHealth?,
        transport: TransportPlan, upstreams: Upstreams
    ) {
        self.service = service
        self.plan = plan
        authorityOverride = balancer.passHostHeader ? [] : Array(plan.authority.utf8)
        pathPrefix = Array(plan.pathPrefix.utf8)
        self.health = health
        passiveCheck = balancer.passiveHealthCheck
        flushInterval = balancer.flushInterval
        self.transport = transport
        self.upstreams = upstreams
    }

    /// This worker's connections to the server, in a lane.
    package func pool(_ lane: Lane) -> ServerPool {
        switch lane {
        case .production:
            if let production { return production }
            let pool = upstreams.pool(for: plan, transport: transport, lane: .production)
            production = pool
            return pool
        case .mirror:
            if let mirror { return mirror }
            let pool = upstreams.pool(for: plan, transport: transport, lane: .mirror)
            mirror = pool
            return pool
        }
    }

    package func legStarted() { legsUnderWay += 1 }

    /// - Parameter headAfter: Time to the response's head in nanoseconds; nil when there was none.
    package func legEnded(headAfter: UInt64?) {
        legsUnderWay -= 1
        guard let headAfter else { return }
        averageNanoseconds = averageNanoseconds == 0 ? headAfter : (averageNanoseconds * 7 + headAfter) / 8
    }

    internal var isUp: Bool { health?.isUp ?? true }

    /// What least time minimises.
    internal var expectedCost: UInt64 {
        let weight = UInt64(max(1, plan.weight))
        return (averageNanoseconds &* UInt64(legsUnderWay + 1)) / weight
    }
}

@available(*, unavailable)
extension ServerSeat: Sendable {}
