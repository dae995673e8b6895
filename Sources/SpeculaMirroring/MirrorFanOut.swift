package import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
package import SpeculaRouting
package import SpeculaUpstream

/// One worker's mirroring: decides for every mirror of a request, starts the copies, and knows those under way.
///
/// Bound to its loop. Nothing here returns anything that could pause, delay or change a client's exchange: it takes a
/// request, its body and its end, and counts. Every request on a mirroring service gets exactly one decision for each
/// mirror; every copy sent gets exactly one outcome.
package final class MirrorFanOut {
    internal let loop: EventLoop
    internal let upstreams: Upstreams
    internal let shard: MetricShard
    internal let registry: MetricRegistry
    internal let budget: MirrorBudget
    internal private(set) var chooser: ServiceChooser?
    private var directory: MirrorDirectory?
    private var underWay: [MirrorCopy] = []
    private var freeCopies: [MirrorCopy] = []
    private var freeSets: [CopySet] = []
    private var isCutting = false
    /// Called whenever no copy is under way any more; for a drain.
    package var whenIdle: (() -> Void)?
    private let giveBackHead: (RequestHead) -> Void
    internal let serviceScope: (ServiceIndex) -> Scope

    /// - `giveBackHead`: Takes a head that a copy no longer needs; it is free if nobody else holds it.
    /// - `serviceScope`: The series of a service of the snapshot in force.
    package init(
        loop: EventLoop, upstreams: Upstreams, shard: MetricShard, registry: MetricRegistry, budget: MirrorBudget,
        giveBackHead: @escaping (RequestHead) -> Void, serviceScope: @escaping (ServiceIndex) -> Scope
    ) {
        self.loop = loop
        self.upstreams = upstreams
        self.shard = shard
        self.registry = registry
        self.budget = budget
        self.giveBackHead = giveBackHead
        self.serviceScope = serviceScope
    }

    /// Puts a snapshot's mirrors in force for requests that begin from now on.
    /// - `chooser`: A chooser of mirroring's own, so that a copy's way never disturbs the client's.
    package func install(chooser: ServiceChooser, directory: MirrorDirectory) {
        self.chooser = chooser
        self.directory = directory
    }

    package var copiesUnderWay: Int { underWay.count }

    /// Cuts every copy under way and lets none start: the end of the grace time.
    package func cut() {
        isCutting = true
        for copy in underWay { copy.cut(.shutdown) }
    }

    // MARK: One request

    /// Decides for the mirrors of the mirroring services that a request passed, and starts the copies that can start.
    /// - Returns: What the exchange must tell of its body and its end; nil when nobody waits for either.
    package func begin(_ services: [ServiceIndex], _ request: MirroredRequest) -> CopySet? {
        var set: CopySet?
        for service in services { begin(service, request, &set, depth: 0) }
        return set
    }

    private func begin(_ service: ServiceIndex, _ request: MirroredRequest, _ set: inout CopySet?, depth: Int) {
        guard let mirrors = directory?.set(of: service), depth < 64 else { return }
        let withBody = mirrors.plan.mirrorsBody && request.head.framing.hasBody
        if withBody, case .chunked = request.head.framing {
            // Its length is known when it is whole: decided then.
            let set = ensure(&set, request)
            set.hold(for: mirrors)
            return
        }
        if withBody, case .length(let count) = request.head.framing, mirrors.plan.maxBodySize >= 0,
            count > UInt64(mirrors.plan.maxBodySize)
        {
            for mirror in mirrors.mirrors { shard.decision(mirror.state.scope, decisionIfTooLarge(mirror, request)) }
            return
        }
        decide(mirrors, request, withBody: withBody, &set, depth: depth)
    }

    /// Filters that come before the body's length keep their own word.
    private func decisionIfTooLarge(_ mirror: Mirror, _ request: MirroredRequest) -> MirrorDecision {
        filtered(mirror, request) ?? .bodyTooLarge
    }

    internal func filtered(_ mirror: Mirror, _ request: MirroredRequest) -> MirrorDecision? {
        if mirror.plan.service == nil { return .missingService }
        if request.head.upgradeRequested { return .upgrade }
        // A tunnel is nothing that could be copied.
        if request.head.method == .connect { return .method }
        if !mirror.methods.isEmpty, !request.head.withMethodBytes({ mirror.takesMethod(of: $0) }) { return .method }
        return nil
    }

    /// One decision for each mirror: filters, then the sample, then the limits.
    internal func decide(
        _ mirrors: MirrorSet, _ request: MirroredRequest, withBody: Bool, _ set: inout CopySet?, depth: Int
    ) {
        var shared: UInt64 = 0
        for mirror in mirrors.mirrors {
            let scope = mirror.state.scope
            if let word = filtered(mirror, request) {
                shard.decision(scope, word)
                continue
            }
            if isCutting {
                shard.decision(scope, .shutdown)
                continue
            }
            let ratio = mirror.plan.ratioMillionths
            var isChosen = ratio >= 1_000_000
            if !isChosen, ratio > 0 {
                let ticket: UInt64
                if let own = mirror.ownTicket {
                    ticket = own.next()
                } else {
                    if shared == 0 { shared = mirrors.ticket.next() }
                    ticket = shared
                }
                isChosen = MirrorSample.isChosen(ticket: ticket, ratioMillionths: ratio)
            }
            guard isChosen else {
                shard.decision(scope, .notSampled)
                continue
            }
            start(mirror, request, withBody: withBody, &set, depth: depth)
        }
    }

    private func start(
        _ mirror: Mirror, _ request: MirroredRequest, withBody: Bool, _ set: inout CopySet?, depth: Int
    ) {
        guard let service = mirror.plan.service, let chooser else { return }
        let scope = mirror.state.scope
        if withBody, budget.heldBytes >= budget.limit {
            shard.decision(scope, .byteLimit)
            return
        }
        guard mirror.state.enter(limit: mirror.plan.maxInFlight) else {
            shard.decision(scope, .inFlightLimit)
            return
        }
        shard.decision(scope, .sent)
        let choice = chooser.choose(service, facts: request.facts)
        let nested = chooser.mirroringPassed
        let owner = ensure(&set, request)
        let copy = freeCopies.popLast() ?? MirrorCopy()
        copy.place = underWay.count
        underWay.append(copy)
        owner.add(copy)
        copy.start(mirror, choice: choice, request: request, withBody: withBody, set: owner, fanOut: self)
        for inner in nested { begin(inner, request, &set, depth: depth + 1) }
    }

    private func ensure(_ set: inout CopySet?, _ request: MirroredRequest) -> CopySet {
        if let set { return set }
        let made = freeSets.popLast() ?? CopySet()
        made.begin(self, request)
        set = made
        return made
    }

    // MARK: What comes back

    internal func ended(_ copy: MirrorCopy, head: RequestHead) {
        let place = copy.place
        let last = underWay.removeLast()
        if last !== copy {
            underWay[place] = last
            last.place = place
        }
        if freeCopies.count < 1024 { freeCopies.append(copy) }
        giveBackHead(head)
        if underWay.isEmpty { whenIdle?() }
    }

    internal func ended(_ set: CopySet, head: RequestHead) {
        if freeSets.count < 1024 { freeSets.append(set) }
        giveBackHead(head)
    }
}

@available(*, unavailable)
extension MirrorFanOut: Sendable {}
