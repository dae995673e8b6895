internal import SpeculaHTTP
package import SpeculaIO
package import SpeculaMetrics
internal import SpeculaRouting
internal import SpeculaUpstream

/// The copies of one request: takes its body and its end, and pairs each copy's result with the primary's.
///
/// Lives until the exchange and all its copies have ended. A body of unknown length is held here, within the budget, until
/// it is whole or too long; only then are its mirrors decided on.
package final class CopySet {
    private var fanOut: MirrorFanOut?
    private var request: MirroredRequest?
    private var copies: [MirrorCopy] = []
    private var holding: [MirrorSet] = []
    private var heldSlices: [ByteSlice] = []
    private var heldBytes = 0
    private var bodyBytes: Int64 = 0
    private var isBodyOver = false
    private var isExchangeOver = false
    private var openCopies = 0
    private var primary: (status: StatusClass, nanoseconds: UInt64)?
    private var results: [(scope: MirrorScope, status: StatusClass, nanoseconds: UInt64)] = []

    internal init() {}

    internal func begin(_ fanOut: MirrorFanOut, _ request: MirroredRequest) {
        self.fanOut = fanOut
        self.request = request
        request.head.holders += 1
        isBodyOver = !request.head.framing.hasBody
        isExchangeOver = false
        bodyBytes = 0
        openCopies = 0
        primary = nil
    }

    internal func add(_ copy: MirrorCopy) {
        copies.append(copy)
        openCopies += 1
    }

    internal func hold(for mirrors: MirrorSet) { holding.append(mirrors) }

    // MARK: Told by the exchange

    /// Some copy still needs the body: the exchange may receive it into chunks.
    package var wantsBody: Bool { !isBodyOver && (!holding.isEmpty || copies.contains { $0.wantsBody }) }

    /// The next bytes of the request's body, shared, never copied.
    package func body(_ slice: ByteSlice) {
        bodyBytes += Int64(slice.count)
        if !holding.isEmpty { keep(slice) }
        for copy in copies where copy.wantsBody { copy.body(slice) }
    }

    /// The request's body is whole.
    package func bodyEnded() {
        guard !isBodyOver else { return }
        isBodyOver = true
        for copy in copies where copy.wantsBody { copy.bodyEnded() }
        if !holding.isEmpty { decideOnWhole() }
        copies.removeAll(keepingCapacity: true)
        finishIfOver()
    }

    /// The request will never be whole: the client left, or sent nonsense.
    package func requestBroken() {
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
    package func exchangeEnded(status: StatusClass, nanoseconds: UInt64, bodyFollows: Bool) {
        if !bodyFollows { requestBroken() }
        isExchangeOver = true
        primary = (status, nanoseconds)
        for result in results { pair(result.scope, result.status, result.nanoseconds) }
        results.removeAll(keepingCapacity: true)
        if isBodyOver { copies.removeAll(keepingCapacity: true) }
        finishIfOver()
    }

    // MARK: Told by the copies

    internal func copyEnded(_ copy: MirrorCopy, _ scope: MirrorScope, _ status: StatusClass, nanoseconds: UInt64) {
        openCopies -= 1
        // An ended copy is used again for another request: this set must not know it any longer.
        if let place = copies.firstIndex(where: { $0 === copy }) { copies.remove(at: place) }
        if primary != nil {
            pair(scope, status, nanoseconds)
            finishIfOver()
        } else {
            results.append((scope, status, nanoseconds))
        }
    }

    private func pair(_ scope: MirrorScope, _ status: StatusClass, _ nanoseconds: UInt64) {
        guard let primary, let shard = fanOut?.shard else { return }
        shard.statusPair(scope, primary: primary.status, replica: status)
        if primary.nanoseconds > 0, status != .error, status != .timeout {
            shard.latencyRatio(scope, Double(nanoseconds) / Double(primary.nanoseconds))
        }
    }

    private func finishIfOver() {
        guard isExchangeOver, isBodyOver, openCopies == 0, let fanOut, let request else { return }
        self.fanOut = nil
        self.request = nil
        fanOut.ended(self, head: request.head)
    }

    // MARK: Bodies of unknown length

    private func keep(_ slice: ByteSlice) {
        guard let fanOut else { return }
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
        guard let fanOut, let request else { return }
        for mirror in mirrors.mirrors {
            fanOut.shard.decision(mirror.state.scope, fanOut.filtered(mirror, request) ?? decision)
        }
    }

    private func decideOnWhole() {
        guard let fanOut, let request else { return }
        let before = copies
        var me: CopySet? = self
        // Mirroring services that a copy passes are held for in their turn, and decided on here too.
        while !holding.isEmpty {
            let mirrors = holding.removeFirst()
            if isTooLong(for: mirrors) {
                decideAll(mirrors, .bodyTooLarge)
            } else {
                fanOut.decide(mirrors, request, withBody: true, &me, depth: 0)
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
        if heldBytes > 0 { fanOut?.budget.giveBack(heldBytes) }
        heldBytes = 0
        heldSlices.removeAll(keepingCapacity: true)
    }
}

@available(*, unavailable)
extension CopySet: Sendable {}
