package import SpeculaHTTP
package import SpeculaIO
package import SpeculaRouting

/// One server of one load balancer as one worker sees it: what a leg to it needs, ready to be written.
package final class ServerSeat {
    package let service: ServiceIndex
    package let plan: ServerPlan
    /// What the server wants to see of a request: its Host, and what stands before the path.
    private let target: UpstreamTarget
    package let health: ServerHealth?
    package let passiveCheck: PassiveHealthCheckPlan?
    /// Nil: write as it comes.
    package let flushInterval: Duration?
    private let transport: TransportPlan
    private let tls: TLSClientContext?
    private let upstreams: Upstreams
    private var production: ServerPool?
    private var mirror: ServerPool?
    /// Legs of this worker that are under way on this server.
    internal private(set) var legsUnderWay = 0
    private let place: Int
    /// Set where times decide (`leasttime`).
    internal var times: LeastTimeBook?

    internal init(
        service: ServiceIndex, place: Int, plan: ServerPlan, balancer: LoadBalancerPlan, health: ServerHealth?,
        transport: TransportPlan, tls: TLSClientContext?, upstreams: Upstreams
    ) {
        self.service = service
        self.place = place
        self.plan = plan
        target = UpstreamTarget(
            authority: Array(plan.authority.utf8), passesHost: balancer.passHostHeader,
            pathPrefix: Array(plan.pathPrefix.utf8))
        self.health = health
        passiveCheck = balancer.passiveHealthCheck
        flushInterval = balancer.flushInterval
        self.transport = transport
        self.tls = tls
        self.upstreams = upstreams
    }

    /// This worker's connections to the server, in a lane.
    package func pool(_ lane: Lane) -> ServerPool {
        switch lane {
        case .production:
            if let production { return production }
            let pool = upstreams.pool(for: plan, transport: transport, lane: .production, tls: tls)
            production = pool
            return pool
        case .mirror:
            if let mirror { return mirror }
            let pool = upstreams.pool(for: plan, transport: transport, lane: .mirror, tls: tls)
            mirror = pool
            return pool
        }
    }

    /// Writes a request's head as this server wants to see it; with `trace`, telling it of the gateway's own span.
    ///
    /// - `edits`: What a mirror changes in it.
    package func writeHead(
        of head: RequestHead, for client: ForwardContext, edits: FieldEdits? = nil, body: ForwardedBody,
        trace: TraceFields? = nil,
        on connection: Connection
    ) {
        connection.compose(upTo: head.upstreamSizeBound(client, target, edits: edits)) { memory in
            var writer = ByteWriter(memory)
            head.writeUpstream(
                into: &writer, context: client, server: target, edits: edits, body: body, trace: trace)
            return writer.count
        }
    }

    package func legStarted() { legsUnderWay += 1 }

    package func legEnded() { legsUnderWay -= 1 }

    /// Whether `noteHead` is of use.
    package var notesHeads: Bool { times != nil }

    /// The head of a response came `nanoseconds` after its request began.
    package func noteHead(after nanoseconds: UInt64) { times?.note(place, nanoseconds) }

    internal var isUp: Bool { health?.isUp ?? true }
}

@available(*, unavailable)
extension ServerSeat: Sendable {}
