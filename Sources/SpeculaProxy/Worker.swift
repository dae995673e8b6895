internal import SpeculaHTTP
package import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaMirroring
package import SpeculaRouting
internal import SpeculaUpstream

/// All that one loop owns: listeners, connections, pools, shard, and the plan in force.
package final class Worker: ListenerHandler {
    package let loop: EventLoop
    internal let shared: GatewayShared
    internal let upstreams: Upstreams
    internal let shard: MetricShard
    internal let fanOut: MirrorFanOut
    internal let figures: WorkerFigures
    internal private(set) var plan: GatewayPlan?
    internal private(set) var chooser: ServiceChooser?
    internal private(set) var isDraining = false
    private var entryPoints: [EntryPointRuntime] = []
    private var connections: [DownstreamConnection] = []
    private let heads: HeadPool
    private var freeExchanges: [Exchange] = []
    private var locals: [UInt64: Exchange] = [:]
    private var nextLocal: UInt64 = 1
    private let installed: PlanBox
    private var dateSecond: Int64 = -1
    private var dateLine: [UInt8] = []
    private var whenIdle: (() -> Void)?
    private let prober: HealthProber?

    /// Makes a worker on the loop's own thread.
    ///
    /// - `probes`: This worker checks the health of servers for the whole process.
    package init(loop: EventLoop, shared: GatewayShared, workers: Int, probes: Bool) {
        self.loop = loop
        self.shared = shared
        shard = shared.registry.makeShard()
        upstreams = Upstreams(loop: loop, workers: workers)
        figures = WorkerFigures(registry: shared.registry, upstream: upstreams.figures)
        let pool = HeadPool()
        let installed = PlanBox()
        self.installed = installed
        heads = pool
        fanOut = MirrorFanOut(
            loop: loop, upstreams: upstreams, shard: shard, registry: shared.registry,
            budget: shared.mirrorBook.budget, giveBackHead: { pool.giveBack($0) },
            serviceScope: { installed.plan?.serviceScopes[Int($0.value)] ?? .none })
        prober =
            probes
            ? HealthProber(loop: loop) { [registry = shared.registry] service, url, isUp in
                registry.setServerUp(service: service, url: url, isUp: isUp)
            } : nil
        loop.join(shared.acceptBalance)
        loop.onTurn { [shard, figures, unowned loop] nanoseconds in
            shard.loopLag(nanoseconds: nanoseconds)
            figures.note(loop.statistics)
        }
    }

    // MARK: Entry points

    /// Listens on every entry point; on port 0 the first worker's choice is handed to the others by the caller.
    package func listen(_ settings: EntryPointSettings, on address: ListenAddress, options: ListenOptions)
        throws(ListenError) -> SocketAddress
    {
        let runtime = EntryPointRuntime(settings: settings, shared: shared, index: entryPoints.count)
        let listener = try loop.listen(on: address, options: options, handler: self)
        runtime.listener = listener
        entryPoints.append(runtime)
        runtime.acceptedCount = figures.connectionsAccepted(at: settings.name)
        shard.openConnections(runtime.scope, delta: 0)
        return listener.localAddress
    }

    package func accepted(_ connection: Connection, on listener: Listener) {
        guard let runtime = entryPoints.first(where: { $0.listener === listener }) else {
            connection.close()
            return
        }
        let downstream = DownstreamConnection(connection, worker: self, entryPoint: runtime)
        connection.handler = downstream
        downstream.place = connections.count
        connections.append(downstream)
        shard.openConnections(runtime.scope, delta: 1)
        runtime.acceptedCount?.add()
    }

    /// Descriptors have run out: the oldest connections that wait for a request make room for new ones.
    package func descriptorsExhausted(on listener: Listener) -> Bool {
        var closed = 0
        for connection in connections where connection.isIdle {
            connection.leave()
            closed += 1
            if closed == 16 { break }
        }
        return closed > 0
    }

    internal func closed(_ downstream: DownstreamConnection) {
        shard.openConnections(downstream.entryPoint.scope, delta: -1)
        let last = connections.removeLast()
        if last !== downstream {
            connections[downstream.place] = last
            last.place = downstream.place
        }
        if isDraining { checkIdle() }
    }

    package var openConnections: Int { connections.count }
    package var copiesUnderWay: Int { fanOut.copiesUnderWay }
    package var isIdle: Bool { connections.isEmpty && fanOut.copiesUnderWay == 0 }

    // MARK: Configuration

    /// Puts a plan in force for the requests that begin from now on; those under way keep theirs.
    package func install(_ plan: GatewayPlan, matchers: [String: RouteMatcher]? = nil) {
        self.plan = plan
        installed.plan = plan
        chooser = ServiceChooser(directory: plan.services, upstreams: upstreams)
        fanOut.install(
            chooser: ServiceChooser(directory: plan.services, upstreams: upstreams), directory: plan.mirrors)
        for entryPoint in entryPoints {
            let name = entryPoint.settings.name
            if let matcher = matchers?[name] {
                entryPoint.matcher = matcher
            } else {
                entryPoint.matcher = plan.snapshot.tables[name].map { RouteMatcher($0) }
            }
        }
        prober?.install(plan.services)
        upstreams.keep(only: plan.servers)
    }

    internal func route(_ head: RequestHead, of downstream: DownstreamConnection) -> RouterIndex? {
        downstream.entryPoint.matcher?.route(
            RoutedRequest(head: head, clientAddress: downstream.client, forward: downstream.origin.forward))
    }

    // MARK: Recording

    /// What `headerLabels` says of a request; nothing is looked at where none are configured.
    internal func headerLabels(of head: RequestHead) -> HeaderLabelSet {
        let fields = shared.headerFields
        guard !fields.isEmpty else { return .none }
        return shard.headerLabels { label, lend in
            let name = fields[label]
            _ = head.anyField(named: name.span) { value in
                lend(value)
                return true
            }
        }
    }

    internal func record(
        _ facts: RecordFacts, entryPoint: EntryPointRuntime, plan: GatewayPlan?, router: RouterIndex?, seat: ServerSeat?
    ) {
        if let plan, let router {
            let routed = plan.snapshot.routers[Int(router.value)]
            if routed.recordsMetrics, !routed.isInternal || shared.recordsInternals {
                shard.record(entryPoint.scope, facts)
                shard.record(plan.routerScopes[Int(router.value)], facts)
                if let seat { shard.record(plan.serviceScopes[Int(seat.service.value)], facts) }
            }
        } else {
            shard.record(entryPoint.scope, facts)
        }
    }

    /// What a request waited before it left for its primary: reading, routing, a connection, and all that is done for copies.
    internal func recordOverhead(_ nanoseconds: UInt64, plan: GatewayPlan?, seat: ServerSeat) {
        guard let plan else { return }
        shard.overhead(plan.serviceScopes[Int(seat.service.value)], nanoseconds: nanoseconds)
    }

    /// A leg whose answer a failover threw away is still an attempt on its service.
    internal func recordLeg(_ plan: GatewayPlan?, _ seat: ServerSeat?, _ facts: RecordFacts) {
        guard let plan, let seat else { return }
        shard.record(plan.serviceScopes[Int(seat.service.value)], facts)
    }

    /// A load balancer without an available server counts its 503 (Traefik does not: issue 12451).
    internal func recordUnavailable(_ plan: GatewayPlan?, _ service: ServiceIndex?, _ facts: RecordFacts) {
        guard let plan, let service else { return }
        shard.record(plan.serviceScopes[Int(service.value)], facts)
    }

    internal func passiveFailure(
        of seat: ServerSeat, health: ServerHealth, check: PassiveHealthCheckPlan, plan: GatewayPlan
    ) {
        let second = Int64(loop.now.nanoseconds / 1_000_000_000)
        guard plan.services.passiveFailure(health, atSecond: second, plan: check) else { return }
        let service = plan.snapshot.services[Int(seat.service.value)].name
        shared.registry.setServerUp(service: service, url: seat.plan.url, isUp: false)
        let recovery = PassiveRecovery(health: health, directory: plan.services) { [registry = shared.registry] in
            registry.setServerUp(service: service, url: seat.plan.url, isUp: true)
        }
        _ = loop.schedule(after: check.failureWindow, for: recovery, tag: 0)
    }

    // MARK: Things used again

    internal func takeHead() -> RequestHead { heads.take() }

    internal func giveBack(_ head: RequestHead) { heads.giveBack(head) }

    internal func takeExchange() -> Exchange { freeExchanges.popLast() ?? Exchange() }

    internal func giveBack(_ exchange: Exchange) {
        if freeExchanges.count < 4096 { freeExchanges.append(exchange) }
    }

    /// Lends the line `Date: … CRLF`, written anew once a second.
    internal func withDateLine(_ body: (Span<UInt8>) -> Void) {
        let second = loop.wallClock().seconds
        if second != dateSecond {
            dateSecond = second
            dateLine = HTTPDate(secondsSinceEpoch: second).line
        }
        let line = dateLine
        body(line.span)
    }

    // MARK: Local services

    internal func expectLocal(_ exchange: Exchange) -> UInt64 {
        let token = nextLocal
        nextLocal += 1
        locals[token] = exchange
        return token
    }

    internal func forgetLocal(_ token: UInt64) { locals[token] = nil }

    internal func callLocal(_ name: String, _ request: LocalRequest, token: UInt64) {
        let remote = loop.remote
        let worker = LoopBound(self)
        shared.localServices(name, request) { response in
            remote.post { loop in worker.value(on: loop).localAnswered(token, response) }
        }
    }

    private func localAnswered(_ token: UInt64, _ response: LocalResponse?) {
        guard let exchange = locals.removeValue(forKey: token) else { return }
        exchange.localAnswered(response)
    }

    // MARK: Stopping

    /// Takes no more connections and lets those that are idle go; calls `whenIdle` once nothing is under way.
    package func drain(whenIdle: @escaping () -> Void) {
        isDraining = true
        self.whenIdle = whenIdle
        for entryPoint in entryPoints { entryPoint.listener?.close() }
        for connection in connections { connection.drain() }
        prober?.stop()
        upstreams.closeIdle()
        fanOut.whenIdle = { [self] in checkIdle() }
        checkIdle()
    }

    /// Tells a drain once that nothing is under way any more.
    internal func checkIdle() {
        guard isDraining, isIdle, let whenIdle else { return }
        self.whenIdle = nil
        fanOut.whenIdle = nil
        upstreams.closeIdle()
        whenIdle()
    }

    /// The grace time is over: whatever is left is cut, and counted.
    package func cut() {
        for connection in connections { connection.cut() }
        fanOut.cut()
        upstreams.closeIdle()
    }

}

@available(*, unavailable)
extension Worker: Sendable {}
