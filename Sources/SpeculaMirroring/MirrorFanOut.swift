package import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
package import SpeculaRouting
package import SpeculaTracing
package import SpeculaUpstream

/// One worker's mirroring: decides for every mirror of a request, starts the copies, and knows those under way.
///
/// Bound to its loop. Nothing here returns anything that could pause, delay or change a client's exchange: it takes a
/// request, its body and its end, and counts. Every request on a mirroring service gets exactly one decision for each
/// mirror; every copy sent gets exactly one outcome. Longer than most files: all that copies may ask of their loop stands here.
package final class MirrorFanOut {
    internal let loop: EventLoop
    internal let upstreams: Upstreams
    internal let shard: MetricShard
    internal let registry: MetricRegistry
    internal let budget: MirrorBudget
    /// Nil where tracing is off.
    internal let tracer: SpanRecorder?
    /// What requests that begin now are decided by.
    package private(set) var way: MirrorWay?
    private var underWay: [MirrorCopy] = []
    private var freeCopies: [MirrorCopy] = []
    private var freeSets: [CopySet] = []
    private var freeComparisons: [AnswerComparison] = []
    private var freePairs: [ComparedPair] = []
    /// Pairs that are being read for what their JSON says.
    private var beingRead = 0
    private let reader: JSONReader
    private var isCutting = false
    /// Called whenever no copy, nor a comparison, is under way any more; for a drain.
    package var whenIdle: (() -> Void)?
    /// Is told of copies; nil: nobody asks.
    package var copyLog: (any CopyLog)?
    private let giveBackHead: (RequestHead) -> Void

    /// - `giveBackHead`: Takes a head that no copy of its request needs any longer; it is free if nobody else holds it.
    /// - `reader`: Reads JSON off the loops.
    package init(
        loop: EventLoop, upstreams: Upstreams, shard: MetricShard, registry: MetricRegistry, budget: MirrorBudget,
        tracer: SpanRecorder?, reader: @escaping JSONReader, giveBackHead: @escaping (RequestHead) -> Void
    ) {
        self.loop = loop
        self.upstreams = upstreams
        self.shard = shard
        self.registry = registry
        self.budget = budget
        self.tracer = tracer
        self.reader = reader
        self.giveBackHead = giveBackHead
    }

    /// Puts a snapshot's mirrors in force for requests that begin from now on.
    package func install(_ way: MirrorWay) { self.way = way }

    package var copiesUnderWay: Int { underWay.count }
    /// No copy is under way, and nothing is being compared.
    package var isIdle: Bool { underWay.isEmpty && beingRead == 0 }

    /// Lets go of what is kept for further requests, which holds this in its turn: the end of a drain.
    package func forgetFree() {
        freeCopies.removeAll()
        freeSets.removeAll()
        freeComparisons.removeAll()
        freePairs.removeAll()
    }

    /// Lets go of one of each kind of thing of which more are free than `count`.
    package func trimFree(to count: Int) {
        if freeCopies.count > count { freeCopies.removeLast() }
        if freeSets.count > count { freeSets.removeLast() }
        if freeComparisons.count > count { freeComparisons.removeLast() }
        if freePairs.count > count { freePairs.removeLast() }
    }

    /// Cuts every copy under way and lets none start: the end of the grace time.
    package func cut() {
        isCutting = true
        for copy in underWay { copy.cut(.shutdown) }
    }

    // MARK: The loop, the connections and the books, as copies use them
    //
    // Out of line: whatever is reached over two references (`fanOut.loop`) is counted up and down at each use, the receiver of
    // a call is not.

    internal var now: Instant {
        @inline(never) get { loop.now }
    }

    @inline(never)
    internal func currentTime() -> Instant { loop.currentTime() }

    @inline(never)
    internal func schedule(after nanoseconds: UInt64, for copy: MirrorCopy, tag: Int) -> TimerID {
        loop.schedule(at: loop.now.advanced(byNanoseconds: nanoseconds), for: copy, tag: tag)
    }

    @inline(never)
    internal func cancel(_ timer: TimerID) { loop.cancel(timer) }

    @inline(never)
    internal func takeLeg() -> UpstreamLeg { upstreams.takeLeg() }

    @inline(never)
    internal func giveBack(_ leg: consuming UpstreamLeg) { upstreams.giveBack(leg) }

    /// The books' part of a copy's end.
    @inline(never)
    internal func record(
        _ outcome: MirrorOutcome, of mirror: MirrorScope, at service: Scope, code: UInt16, method: MethodLabel,
        protocol label: ProtocolLabel, nanoseconds: UInt64, requestBytes: UInt64, responseBytes: UInt64,
        trace: TraceExemplar?
    ) {
        shard.outcome(mirror, outcome)
        shard.record(
            service, code: code, method: method, protocol: label, nanoseconds: nanoseconds,
            requestBytes: requestBytes, responseBytes: responseBytes, trace: trace)
    }

    // MARK: One request

    /// Decides for the mirrors of the mirroring services that a request passed, and starts the copies that can start.
    /// - `way`: Of the snapshot that the services are of.
    /// - Returns: What the exchange must tell of its body and its end; nil when nobody waits for either.
    package func begin(
        _ services: [ServiceIndex], head: RequestHead, client: ForwardContext, method: MethodLabel,
        protocolLabel: ProtocolLabel, startedAt: Instant, number: UInt64, trace: TraceLink?, way: MirrorWay?
    ) -> CopySet? {
        guard let way else { return nil }
        var set: CopySet?
        for service in services {
            // Made here: in another room each reference of it would be counted once more.
            begin(
                service,
                MirroredRequest(
                    head: head, client: client, method: method, protocolLabel: protocolLabel, startedAt: startedAt,
                    number: number, trace: trace), way, &set, depth: 0)
        }
        return set
    }

    private func begin(
        _ service: ServiceIndex, _ request: MirroredRequest, _ way: MirrorWay, _ set: inout CopySet?, depth: Int
    ) {
        guard let mirrors = way.directory.set(of: service), depth < 64 else { return }
        let withBody = mirrors.plan.mirrorsBody && request.head.framing.hasBody
        if withBody, case .chunked = request.head.framing {
            // Its length is known when it is whole: decided then.
            let set = ensure(&set, request)
            set.hold(for: mirrors, way)
            return
        }
        if withBody, case .length(let count) = request.head.framing, mirrors.plan.maxBodySize >= 0,
            count > UInt64(mirrors.plan.maxBodySize)
        {
            for mirror in mirrors.mirrors {
                drop(mirror, of: mirrors, filtered(mirror, request) ?? .bodyTooLarge, request, &set)
            }
            return
        }
        decide(mirrors, request, way, withBody: withBody, &set, depth: depth)
    }

    /// No copy is sent: counted, and, had one been due, told where somebody asks.
    private func drop(
        _ mirror: Mirror, of mirrors: MirrorSet, _ decision: MirrorDecision, _ request: MirroredRequest,
        _ set: inout CopySet?
    ) {
        shard.decision(mirror.state.scope, decision)
        guard copyLog != nil, request.number != 0, decision.isOfACopy else { return }
        ensure(&set, request).note(
            CopyFacts(service: mirrors.service, mirror: mirror.label, decision: decision))
    }

    internal func filtered(_ mirror: Mirror, _ request: MirroredRequest) -> MirrorDecision? {
        if mirror.plan.service == nil { return .missingService }
        if request.head.upgradeRequested { return .upgrade }
        // A tunnel is nothing that could be copied.
        if case .connect = request.head.method { return .method }
        if request.head.first(.xSpeculaMirrored) != nil {
            let mark = mirror.mark
            if !mark.isEmpty, request.head.lists(mark.span, in: .xSpeculaMirrored) { return .loop }
        }
        if !mirror.methods.isEmpty, !request.head.withMethodBytes({ mirror.takesMethod(of: $0) }) { return .method }
        return nil
    }

    /// One decision for each mirror: filters, then the sample, then the limits.
    internal func decide(
        _ mirrors: MirrorSet, _ request: MirroredRequest, _ way: MirrorWay, withBody: Bool, _ set: inout CopySet?,
        depth: Int
    ) {
        var shared: UInt64 = 0
        for place in mirrors.mirrors.indices {
            let mirror = mirrors.mirrors[place]
            if let word = filtered(mirror, request) {
                drop(mirror, of: mirrors, word, request, &set)
                continue
            }
            if isCutting {
                drop(mirror, of: mirrors, .shutdown, request, &set)
                continue
            }
            let ratio = mirror.plan.ratioMillionths
            var isChosen = ratio >= 1_000_000
            if !isChosen, ratio > 0 {
                if let own = mirror.ownTicket {
                    isChosen =
                        isKeyChosen(mirror, request)
                        ?? MirrorSample.isChosen(ticket: own.next(), ratioMillionths: ratio)
                } else {
                    if shared == 0 { shared = mirrors.ticket.next() }
                    isChosen = MirrorSample.isChosen(ticket: shared, ratioMillionths: ratio)
                }
            }
            guard isChosen else {
                shard.decision(mirror.state.scope, .notSampled)
                continue
            }
            start(mirror, of: mirrors, request, way, withBody: withBody, &set, depth: depth)
        }
    }

    /// Whether the request's sampling key belongs to the mirror's share; nil where the mirror counts, or the request has no key.
    private func isKeyChosen(_ mirror: Mirror, _ request: MirroredRequest) -> Bool? {
        let ratio = mirror.plan.ratioMillionths
        var isChosen: Bool?
        func decide(_ key: Span<UInt8>) {
            if key.count > 0 { isChosen = MirrorSample.isChosen(key: key, ratioMillionths: ratio) }
        }
        switch mirror.plan.options.sampleKey {
        case .counter: break
        case .header(let name):
            _ = request.head.anyField(named: name.span) { value in
                decide(value)
                return true
            }
        case .cookie(let name): _ = request.head.withCookie(name.span, decide)
        case .clientIP:
            let address = request.client.clientAddress
            decide(address.span)
        }
        return isChosen
    }

    private func start(
        _ mirror: Mirror, of mirrors: MirrorSet, _ request: MirroredRequest, _ way: MirrorWay, withBody: Bool,
        _ set: inout CopySet?, depth: Int
    ) {
        guard let service = mirror.plan.service else { return }
        if withBody, budget.heldBytes >= budget.limit {
            drop(mirror, of: mirrors, .byteLimit, request, &set)
            return
        }
        // Each is reached once: what lies behind two references is counted up and down at every use.
        let state = mirror.state
        guard state.enter(limit: mirror.plan.maxInFlight) else {
            drop(mirror, of: mirrors, .inFlightLimit, request, &set)
            return
        }
        if let rate = mirror.plan.options.rate, !state.admit(rate, at: loop.now.nanoseconds) {
            state.leave()
            drop(mirror, of: mirrors, .rateLimited, request, &set)
            return
        }
        shard.decision(state.scope, .sent)
        let chooser = way.chooser
        let choice = chooser.choose(service, head: request.head, client: request.client)
        // Nearly always none: its empty list is not held, which would cost two counts of references.
        let nested = chooser.mirroringPassed.isEmpty ? [] : chooser.mirroringPassed
        let owner = ensure(&set, request)
        let copy = freeCopies.popLast() ?? MirrorCopy(fanOut: self)
        copy.place = underWay.count
        underWay.append(copy)
        owner.add(copy)
        copy.begin(mirror, of: mirrors, request, withBody: withBody, set: owner)
        switch consume choice {
        case .server(let seat): copy.start(on: seat, mirror, request, scope: way.scope(of: seat.service))
        case .noAvailableServer(let balancer?): copy.startNowhere(scope: way.scope(of: balancer))
        case .noAvailableServer, .local, .bothDown: copy.startNowhere(scope: .none)
        }
        if nested.isEmpty { return }
        for inner in nested { begin(inner, request, way, &set, depth: depth + 1) }
    }

    private func ensure(_ set: inout CopySet?, _ request: MirroredRequest) -> CopySet {
        if let set { return set }
        let made = freeSets.popLast() ?? CopySet(fanOut: self)
        made.begin(request)
        set = made
        return made
    }

    // MARK: What comes back

    internal func ended(_ copy: MirrorCopy) {
        let place = copy.place
        let last = underWay.removeLast()
        if last !== copy {
            underWay[place] = last
            last.place = place
        }
        if freeCopies.count < 1024 { freeCopies.append(copy) }
        if isIdle { whenIdle?() }
    }

    internal func ended(_ set: CopySet, head: RequestHead) {
        if freeSets.count < 1024 { freeSets.append(set) }
        giveBackHead(head)
    }

    // MARK: Comparing

    internal func takeComparison() -> AnswerComparison { freeComparisons.popLast() ?? AnswerComparison(fanOut: self) }

    internal func giveBack(_ comparison: AnswerComparison) {
        comparison.end()
        if freeComparisons.count < 1024 { freeComparisons.append(comparison) }
    }

    internal func takePair() -> ComparedPair { freePairs.popLast() ?? ComparedPair(budget: budget) }

    internal func giveBack(_ pair: ComparedPair) {
        if freePairs.count < 1024 { freePairs.append(pair) }
    }

    internal func read(_ reading: JSONReading) { reader(reading) }

    internal func readingBegan() { beingRead += 1 }

    internal func readingEnded() {
        beingRead -= 1
        if isIdle { whenIdle?() }
    }
}

@available(*, unavailable)
extension MirrorFanOut: Sendable {}
