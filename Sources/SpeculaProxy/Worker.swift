internal import SpeculaHTTP
package import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaMirroring
package import SpeculaRouting
package import SpeculaTracing
internal import SpeculaUpstream

/// All that one loop owns: listeners, connections, pools, shard, and the plan in force.
///
/// Longer than most files: what an exchange may ask of its loop stands in one place.
package final class Worker: ListenerHandler {
    package let loop: EventLoop
    internal let shared: GatewayShared
    internal let upstreams: Upstreams
    internal let shard: MetricShard
    internal let fanOut: MirrorFanOut
    internal let figures: WorkerFigures
    /// Nil where tracing is off.
    internal let tracer: SpanRecorder?
    internal let accessLog: AccessLog?
    internal private(set) var plan: GatewayPlan?
    internal private(set) var chooser: ServiceChooser?
    internal private(set) var isDraining = false
    internal private(set) var entryPoints: [EntryPointRuntime] = []
    internal private(set) var connections: [DownstreamConnection] = []
    private let heads: HeadPool
    private var freeExchanges: [Exchange] = []
    private var locals: [UInt64: Exchange] = [:]
    private var nextLocal: UInt64 = 1
    private var dateSecond: Int64 = -1
    private var dateLine: [UInt8] = []
    private var whenDrained: (() -> Void)?
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
        tracer = shared.tracing.map { options in
            SpanRecorder(options: options, seed: (loop.random(), loop.random(), loop.random(), loop.random()))
        }
        if let tracer { figures.show(tracer.log.figures) }
        accessLog = shared.accessLog.map { AccessLog(shared: $0, loop: loop) }
        let pool = HeadPool()
        heads = pool
        fanOut = MirrorFanOut(
            loop: loop, upstreams: upstreams, shard: shard, registry: shared.registry,
            budget: shared.mirrorBook.budget, tracer: tracer, reader: shared.jsonReader,
            giveBackHead: { pool.giveBack($0) })
        if let accessLog, accessLog.options.addsMirrors { fanOut.copyLog = accessLog }
        upstreams.whenTLSFails = { [log = shared.log] server, failure in
            log.error("TLS with a server failed", metadata: ["server": server, "error": failure.text])
        }
        prober =
            probes
            ? HealthProber(loop: loop) { [registry = shared.registry] service, url, isUp in
                registry.setServerUp(service: service, url: url, isUp: isUp)
            } : nil
        loop.join(shared.acceptBalance)
        loop.whenDescriptorsRunOut { [weak self] in self?.makeRoom(for: .server) }
        loop.onTurn { [shard, figures, unowned loop] nanoseconds in
            shard.loopLag(nanoseconds: nanoseconds)
            figures.note(loop.statistics)
        }
    }

    // MARK: The loop and the connections, as exchanges use them
    //
    // Out of line: whatever is reached over two references (`worker.loop`) is counted up and down at each use, the receiver
    // of a call is not.

    internal var now: Instant {
        @inline(never) get { loop.now }
    }

    @inline(never)
    internal func currentTime() -> Instant { loop.currentTime() }

    @inline(never)
    internal func schedule(at deadline: Instant, for target: any TimerTarget) -> TimerID {
        loop.schedule(at: deadline, for: target, tag: 0)
    }

    @inline(never)
    internal func cancel(_ timer: TimerID) { loop.cancel(timer) }

    @inline(never)
    internal func takeLeg() -> UpstreamLeg { upstreams.takeLeg() }

    @inline(never)
    internal func giveBack(_ leg: consuming UpstreamLeg) { upstreams.giveBack(leg) }

    /// What copies of requests that begin now are decided by.
    internal var mirrorWay: MirrorWay? { fanOut.way }

    // MARK: Entry points

    /// Listens on every entry point; on port 0 the first worker's choice is handed to the others by the caller.
    package func listen(_ settings: EntryPointSettings, on address: ListenAddress, options: ListenOptions)
        throws(ListenError) -> SocketAddress
    {
        let runtime = EntryPointRuntime(settings: settings, shared: shared, index: entryPoints.count)
        let listener = try loop.listen(on: address, options: options, handler: self)
        runtime.listener = listener
        if let snapshot = plan?.snapshot { runtime.routeBy(snapshot) }
        entryPoints.append(runtime)
        reserveForOperators()
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
        connection.sniffsTLS = true
        downstream.place = connections.count
        connections.append(downstream)
        shard.openConnections(runtime.scope, delta: 1)
        runtime.acceptedCount?.add()
        if runtime.isDraining { downstream.drain() }
    }

    internal func closed(_ downstream: DownstreamConnection) {
        shard.openConnections(downstream.entryPoint.scope, delta: -1)
        let last = connections.removeLast()
        if last !== downstream {
            connections[downstream.place] = last
            last.place = downstream.place
        }
        trimFree()
        if isDraining { checkIdle() }
    }

    /// What waits for further requests goes as the connections go that it was made for: what a burst took does not stay.
    private func trimFree() {
        let kept = connections.count + 64
        if freeExchanges.count > kept { freeExchanges.removeLast() }
        heads.trim(to: kept)
        upstreams.trimFree(to: 2 * kept)
        fanOut.trimFree(to: kept)
    }

    package var openConnections: Int { connections.count }
    package var copiesUnderWay: Int { fanOut.copiesUnderWay }
    package var isIdle: Bool {
        connections.isEmpty && fanOut.isIdle && !entryPoints.contains { $0.listener?.isFinishing == true }
    }

    // MARK: Configuration

    /// Puts a plan in force for the requests that begin from now on; those under way keep theirs.
    package func install(_ plan: GatewayPlan, matchers: [String: RouteMatcher]? = nil) {
        self.plan = plan
        chooser = ServiceChooser(directory: plan.services, upstreams: upstreams)
        fanOut.install(
            MirrorWay(
                chooser: ServiceChooser(directory: plan.services, upstreams: upstreams), directory: plan.mirrors,
                serviceScopes: plan.serviceScopes))
        for entryPoint in entryPoints {
            entryPoint.routeBy(plan.snapshot, matcher: matchers?[entryPoint.settings.name])
        }
        reserveForOperators()
        prober?.install(plan.services)
        upstreams.keep(only: plan.pools)
    }

    internal func route(
        _ head: RequestHead, of downstream: DownstreamConnection, from client: ForwardContext
    ) -> RouterIndex? {
        let entryPoint = downstream.entryPoint
        let matcher = downstream.tls == nil ? entryPoint.matcher : entryPoint.secureMatcher
        return matcher?.route(
            RoutedRequest(head: head, clientAddress: downstream.client, origin: client))
    }

    // MARK: Recording

    /// How many spans a router's request makes; Specula's own services make none unless they are asked to.
    internal func tracing(of router: RouterPlan) -> RouterPlan.TraceVerbosity {
        router.isInternal && tracer?.options.recordsInternals != true ? .off : router.tracing
    }

    /// Hands over the spans that are finished.
    package func takeSpans() -> SpanBatch { tracer?.log.take() ?? SpanBatch() }

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

    /// - `overhead`: What the request waited between its head's being whole and its leaving for its primary, on the last try, in
    ///   nanoseconds: routing, a connection with its handshake, the tries that failed, and all that is done for copies. Nil: it
    ///   left for none.
    internal func record(
        _ facts: RecordFacts, entryPoint: EntryPointRuntime, plan: GatewayPlan?, router: RouterIndex?,
        service: ServiceIndex?, overhead: UInt64?
    ) {
        guard let plan, let router else {
            shard.record(entryPoint.scope, facts)
            return
        }
        // Everything is read from the plan before anything is called: so it is not held.
        let isRecorded = plan.routes[Int(router.value)].isRecorded
        let routerScope = plan.routerScopes[Int(router.value)]
        let serviceScope = service.map { plan.serviceScopes[Int($0.value)] }
        if isRecorded {
            shard.record(entryPoint.scope, facts)
            shard.record(routerScope, facts)
            if let serviceScope { shard.record(serviceScope, facts) }
        }
        if let serviceScope, let overhead { shard.overhead(serviceScope, nanoseconds: overhead) }
    }

    /// Counts a request that came over TLS before it is handled, as Traefik: at the entry point and, once routed, at its router.
    internal func recordTLS(
        _ labels: TLSLabels, entryPoint: EntryPointRuntime, plan: GatewayPlan?, router: RouterIndex?
    ) {
        if let plan, let router {
            let routed = plan.snapshot.routers[Int(router.value)]
            guard routed.recordsMetrics, !routed.isInternal || shared.recordsInternals else { return }
            shard.recordTLS(plan.routerScopes[Int(router.value)], version: labels.version, cipher: labels.cipher)
        }
        shard.recordTLS(entryPoint.scope, version: labels.version, cipher: labels.cipher)
    }

    /// The same at the service that a server was chosen of.
    internal func recordTLS(_ labels: TLSLabels, plan: GatewayPlan?, router: RouterIndex?, service: ServiceIndex) {
        guard let plan, let router else { return }
        let routed = plan.snapshot.routers[Int(router.value)]
        guard routed.recordsMetrics, !routed.isInternal || shared.recordsInternals else { return }
        shard.recordTLS(plan.serviceScopes[Int(service.value)], version: labels.version, cipher: labels.cipher)
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

    internal func takeExchange() -> Exchange { freeExchanges.popLast() ?? Exchange(worker: self) }

    internal func giveBack(_ exchange: Exchange) {
        if freeExchanges.count < 4096, !isDraining { freeExchanges.append(exchange) }
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

    // MARK: Stopping (see `Worker+Stopping`)

    /// Calls `body` once every entry point drains and nothing is under way any more.
    package func whenIdle(_ body: @escaping () -> Void) {
        whenDrained = body
        checkIdle()
    }

    /// Every entry point drains: what is kept for requests to come goes.
    internal func beginDraining() {
        guard !isDraining else { return }
        isDraining = true
        reserveForOperators()
        prober?.stop()
        upstreams.closeIdle()
        fanOut.whenIdle = { [self] in checkIdle() }
        checkIdle()
    }

    /// Tells once that nothing is under way any more.
    internal func checkIdle() {
        guard isDraining, isIdle, let told = whenDrained else { return }
        whenDrained = nil
        fanOut.whenIdle = nil
        upstreams.closeIdle()
        // They hold the worker.
        freeExchanges.removeAll()
        fanOut.forgetFree()
        told()
    }
}

@available(*, unavailable)
extension Worker: Sendable {}
