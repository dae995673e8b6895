package import SpeculaHTTP
package import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaRouting
internal import SpeculaTracing
internal import SpeculaUpstream

/// The copies of one request: takes its body and its end, and pairs each copy's result with the primary's.
///
/// Lives until the exchange and all its copies have ended. A body of unknown length is held here, within the budget, until
/// it is whole or too long; only then are its mirrors decided on.
package final class CopySet {
    private let fanOut: MirrorFanOut
    /// The request's head, held for as long as any copy needs it; nil: the set is free.
    internal private(set) var head: RequestHead?
    internal private(set) var client: ForwardContext?
    internal private(set) var method = MethodLabel.get
    internal private(set) var protocolLabel = ProtocolLabel.http
    private var startedAt = Instant(nanoseconds: 0)
    private var number: UInt64 = 0
    private var trace: TraceLink?
    private var copies: [MirrorCopy] = []
    private var holding: [MirrorSet] = []
    /// Of the snapshot that these mirrors are of: a reload may come before the body is whole, and numbers its services anew.
    private var way: MirrorWay?
    private var heldSlices: [ByteSlice] = []
    private var heldBytes = 0
    private var bodyBytes: Int64 = 0
    private var isBodyOver = false
    private var isExchangeOver = false
    private var openCopies = 0
    private var primary: (status: UInt16, nanoseconds: UInt64)?
    /// The copies for the mirrors of a failover's fallback, which are told the same from their beginning on.
    private var following: CopySet?
    private var results: [(scope: MirrorScope, status: StatusClass, nanoseconds: UInt64)] = []
    /// The primary's answer, where some mirror's is held against it.
    private var comparison: AnswerComparison?
    /// For the access log, while the primary is under way.
    private var untold: [CopyFacts] = []

    internal init(fanOut: MirrorFanOut) { self.fanOut = fanOut }

    internal func begin(_ request: MirroredRequest) {
        head = request.head
        client = request.client
        method = request.method
        protocolLabel = request.protocolLabel
        startedAt = request.startedAt
        number = request.number
        trace = request.trace
        request.head.holders += 1
        isBodyOver = !request.head.framing.hasBody
        isExchangeOver = false
        bodyBytes = 0
        openCopies = 0
        primary = nil
    }

    /// The request as it was lent, for what is decided late or told.
    private var request: MirroredRequest? {
        guard let head, let client else { return nil }
        return MirroredRequest(
            head: head, client: client, method: method, protocolLabel: protocolLabel, startedAt: startedAt,
            number: number, trace: trace)
    }

    internal func add(_ copy: MirrorCopy) {
        copies.append(copy)
        openCopies += 1
    }

    internal func hold(for mirrors: MirrorSet, _ way: MirrorWay) {
        holding.append(mirrors)
        self.way = way
        for mirror in mirrors.mirrors where mirror.comparison != nil { watch(for: mirror) }
    }

    // MARK: Comparing

    private func watch(for mirror: Mirror) {
        if comparison == nil {
            let made = fanOut.takeComparison()
            made.begin(self)
            comparison = made
        }
        comparison?.watch(mirror)
    }

    internal func beginPair(_ mirror: Mirror) -> ComparedPair {
        watch(for: mirror)
        let pair = fanOut.takePair()
        pair.begin(mirror)
        return pair
    }

    internal func pairEnded(_ pair: ComparedPair) { comparison?.replicaEnded(pair) }

    internal func pairWasRead() { finishIfOver() }

    /// Some mirror's answer is compared: the exchange must tell of the primary's.
    package var comparesAnswer: Bool { comparison != nil || following?.comparesAnswer ?? false }

    /// The head of the primary's answer, as the client gets it.
    package func primaryAnswered(_ head: ResponseHead) {
        if let comparison, let request = self.head { comparison.answered(head, of: request.method) }
        following?.primaryAnswered(head)
    }

    package func primaryBody(_ part: Span<UInt8>) {
        comparison?.body(part)
        following?.primaryBody(part)
    }

    /// The primary's answer is whole.
    package func primaryEnded() {
        comparison?.answerEnded()
        following?.primaryEnded()
    }

    // MARK: Told by the exchange

    /// Some copy still needs the body: the exchange may receive it into chunks.
    package var wantsBody: Bool {
        if !isBodyOver, !holding.isEmpty || copies.contains(where: { $0.wantsBody }) { return true }
        return following?.wantsBody ?? false
    }

    /// Begins late: these bytes of the body came before.
    package func catchUp(with slices: [ByteSlice], isWhole: Bool) {
        for slice in slices where wantsBody { body(slice) }
        if isWhole { bodyEnded() }
    }

    /// Passes on to `other` whatever is told from now on.
    package func bring(_ other: CopySet) { following = other }

    /// The next bytes of the request's body, shared, never copied.
    package func body(_ slice: ByteSlice) {
        bodyBytes += Int64(slice.count)
        if !holding.isEmpty { keep(slice) }
        for copy in copies where copy.wantsBody { copy.body(slice) }
        following?.body(slice)
    }

    /// The request's body is whole.
    package func bodyEnded() {
        following?.bodyEnded()
        guard !isBodyOver else { return }
        isBodyOver = true
        for copy in copies where copy.wantsBody { copy.bodyEnded() }
        if !holding.isEmpty { decideOnWhole() }
        copies.removeAll(keepingCapacity: true)
        finishIfOver()
    }

    /// The request will never be whole: the client left, or sent nonsense.
    package func requestBroken() {
        following?.requestBroken()
        guard !isBodyOver else { return }
        isBodyOver = true
        for mirrors in holding { decideAll(mirrors, .clientGone) }
        holding.removeAll(keepingCapacity: true)
        releaseHeld()
        for copy in copies where copy.wantsBody { copy.cut(.clientGone) }
        copies.removeAll(keepingCapacity: true)
        finishIfOver()
    }

    /// The exchange is over: what the client got, and how long the primary took.
    ///
    /// With `bodyFollows` the primary answered before the request was whole: the rest of the body still comes, and then
    /// `bodyEnded` or `requestBroken`.
    package func exchangeEnded(status: UInt16, nanoseconds: UInt64, bodyFollows: Bool) {
        if !bodyFollows { requestBroken() }
        following?.exchangeEnded(status: status, nanoseconds: nanoseconds, bodyFollows: bodyFollows)
        isExchangeOver = true
        primary = (status, nanoseconds)
        comparison?.exchangeEnded()
        if !results.isEmpty {
            for result in results { pair(result.scope, result.status, result.nanoseconds) }
            results.removeAll(keepingCapacity: true)
        }
        if !untold.isEmpty {
            for facts in untold { tell(facts, primaryStatus: status) }
            untold.removeAll(keepingCapacity: true)
        }
        if isBodyOver { forgetCopies() }
        finishIfOver()
    }

    /// They are few: one by one is quicker than all at once.
    private func forgetCopies() {
        while !copies.isEmpty { copies.removeLast() }
    }

    // MARK: Told by the copies

    /// A line of the access log is due for this, as soon as the client's answer is known.
    internal func note(_ facts: CopyFacts) {
        if let primary { tell(facts, primaryStatus: primary.status) } else { untold.append(facts) }
    }

    private func tell(_ facts: CopyFacts, primaryStatus: UInt16) {
        guard let request, let log = fanOut.copyLog else { return }
        var facts = facts
        facts.primaryStatus = primaryStatus
        log.copyEnded(facts, of: request)
    }

    internal func copyEnded(_ copy: MirrorCopy, _ scope: MirrorScope, _ status: StatusClass, nanoseconds: UInt64) {
        openCopies -= 1
        // An ended copy is used again for another request: this set must not know it any longer.
        if copies.count == 1, copies[0] === copy {
            copies.removeLast()
        } else if let place = copies.firstIndex(where: { $0 === copy }) {
            copies.remove(at: place)
        }
        if primary != nil {
            pair(scope, status, nanoseconds)
            finishIfOver()
        } else {
            results.append((scope, status, nanoseconds))
        }
    }

    private func pair(_ scope: MirrorScope, _ status: StatusClass, _ nanoseconds: UInt64) {
        guard let primary else { return }
        let shard = fanOut.shard
        shard.statusPair(scope, primary: StatusClass(status: primary.status), replica: status)
        if primary.nanoseconds > 0, status != .error, status != .timeout {
            shard.latencyRatio(scope, Double(nanoseconds) / Double(primary.nanoseconds))
        }
    }

    private func finishIfOver() {
        guard isExchangeOver, isBodyOver, openCopies == 0, comparison?.beingRead ?? 0 == 0,
            let head = self.head.take()
        else { return }
        client = nil
        if let comparison {
            self.comparison = nil
            fanOut.giveBack(comparison)
        }
        if following != nil { following = nil }
        if way != nil { way = nil }
        fanOut.ended(self, head: head)
    }

    // MARK: Bodies of unknown length

    private func keep(_ slice: ByteSlice) {
        holding.removeAll { mirrors in
            guard isTooLong(for: mirrors) else { return false }
            decideAll(mirrors, .bodyTooLarge)
            return true
        }
        guard !holding.isEmpty else {
            releaseHeld()
            return
        }
        guard fanOut.budget.take(slice.count) else {
            for mirrors in holding { decideAll(mirrors, .byteLimit) }
            holding.removeAll(keepingCapacity: true)
            releaseHeld()
            return
        }
        heldBytes += slice.count
        heldSlices.append(slice)
    }

    private func isTooLong(for mirrors: MirrorSet) -> Bool {
        mirrors.plan.maxBodySize >= 0 && bodyBytes > mirrors.plan.maxBodySize
    }

    /// The same for all mirrors, but where a filter has its own word.
    private func decideAll(_ mirrors: MirrorSet, _ decision: MirrorDecision) {
        guard let request else { return }
        for mirror in mirrors.mirrors {
            let decision = fanOut.filtered(mirror, request) ?? decision
            fanOut.shard.decision(mirror.state.scope, decision)
            if request.number != 0, decision.isOfACopy, fanOut.copyLog != nil {
                note(CopyFacts(service: mirrors.service, mirror: mirror.label, decision: decision))
            }
        }
    }

    private func decideOnWhole() {
        guard let request, let way else { return }
        let before = copies
        var me: CopySet? = self
        // Mirroring services that a copy passes are held for in their turn, and decided on here too.
        while !holding.isEmpty {
            let mirrors = holding.removeFirst()
            if isTooLong(for: mirrors) {
                decideAll(mirrors, .bodyTooLarge)
            } else {
                fanOut.decide(mirrors, request, way, withBody: true, &me, depth: 0)
            }
        }
        let slices = heldSlices
        // The copies take the bytes over, each into its own count.
        let started = copies.filter { copy in !before.contains { $0 === copy } }
        releaseHeld()
        for copy in started where copy.wantsBody {
            for slice in slices where copy.wantsBody { copy.body(slice) }
            if copy.wantsBody { copy.bodyEnded() }
        }
    }

    private func releaseHeld() {
        if heldBytes > 0 { fanOut.budget.giveBack(heldBytes) }
        heldBytes = 0
        heldSlices.removeAll(keepingCapacity: true)
    }
}

@available(*, unavailable)
extension CopySet: Sendable {}
