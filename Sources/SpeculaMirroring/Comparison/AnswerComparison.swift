internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaRouting

/// The primary's answer to one request, taken down as it passes, and the pairs that wait for its end or for being read.
///
/// Every pair that is begun gets exactly one result: when both its sides are over, in either order; at once, or, where JSON has to be
/// read, when the reader has come back. It is told what passes and answers nothing: nothing here reaches the client.
internal final class AnswerComparison {
    private let fanOut: MirrorFanOut
    private var primary = ResponseRecord()
    /// The mirrors whose answers may be compared, with what the primary's fields say for each.
    private var watching: [(mirror: Mirror, fields: UInt64)] = []
    private var hasAnswered = false
    private var isPrimaryOver = false
    /// Pairs whose copy is over before the primary is.
    private var waiting: [ComparedPair] = []
    /// Pairs that are being read.
    private(set) var beingRead = 0
    private var set: CopySet?

    init(fanOut: MirrorFanOut) { self.fanOut = fanOut }

    func begin(_ set: CopySet) { self.set = set }

    /// The primary's answer will be needed for `mirror`; too late once it has begun.
    func watch(_ mirror: Mirror) {
        guard let comparison = mirror.comparison, !hasAnswered, !isPrimaryOver else { return }
        for watched in watching where watched.mirror === mirror { return }
        watching.append((mirror, 0))
        primary.expect(hashing: comparison.hashedBytes, holding: comparison.heldBytes)
    }

    // MARK: Told by the exchange

    func answered(_ head: ResponseHead, of method: Method) {
        guard !hasAnswered else { return }
        hasAnswered = true
        primary.head(head, of: method, fanOut.budget)
        for place in watching.indices {
            guard let plan = watching[place].mirror.comparison?.plan, !plan.fields.isEmpty else { continue }
            watching[place].fields = FieldDigest.digest(of: head, plan.fields)
        }
    }

    func body(_ part: Span<UInt8>) { primary.body(part, fanOut.budget) }

    func answerEnded() {
        if hasAnswered { primary.end(isCutOff: false) }
    }

    /// The exchange is over, its answer whole or not.
    func exchangeEnded() {
        isPrimaryOver = true
        for pair in waiting { settle(pair) }
        waiting.removeAll(keepingCapacity: true)
    }

    // MARK: Told by the copies

    func replicaEnded(_ pair: ComparedPair) {
        if isPrimaryOver { settle(pair) } else { waiting.append(pair) }
    }

    /// The set is over: bytes go back.
    func end() {
        primary.letGo(fanOut.budget)
        primary = ResponseRecord()
        watching.removeAll(keepingCapacity: true)
        hasAnswered = false
        isPrimaryOver = false
        set = nil
    }

    private func settle(_ pair: ComparedPair) {
        guard let mirror = pair.mirror, let comparison = mirror.comparison else { return }
        var facts = primary.facts
        if let watched = watching.first(where: { $0.mirror === mirror }) {
            facts.fields = watched.fields
        } else {
            // Its copy came to be when the answer had already gone by.
            facts.isWhole = false
        }
        switch Judgement(comparison.plan, primary: facts, replica: pair.replica.facts) {
        case .result(let result): count(result, pair, mirror)
        case .needsReading: read(pair, mirror, comparison)
        }
    }

    private func count(_ result: ComparisonResult, _ pair: ComparedPair, _ mirror: Mirror) {
        fanOut.shard.compared(mirror.state.scope, result)
        if var facts = pair.untold {
            facts.compared = result
            set?.note(facts)
        }
        pair.end()
        fanOut.giveBack(pair)
    }

    // MARK: JSON

    /// Has both bodies read off the loop; the pair, and with it the set, waits for what comes of it.
    private func read(_ pair: ComparedPair, _ mirror: Mirror, _ comparison: MirrorComparison) {
        beingRead += 1
        fanOut.readingBegan()
        let remote = fanOut.loop.remote
        let waiting = (me: LoopBound(self), pair: LoopBound(pair))
        fanOut.read(
            JSONReading(primary: primary.bytes, replica: pair.replica.bytes, ignored: comparison.ignored) { result in
                remote.post { loop in waiting.me.value(on: loop).wasRead(waiting.pair.value(on: loop), result) }
            })
    }

    private func wasRead(_ pair: ComparedPair, _ result: ComparisonResult) {
        guard let mirror = pair.mirror, let set else { return }
        beingRead -= 1
        count(result, pair, mirror)
        set.pairWasRead()
        fanOut.readingEnded()
    }
}

@available(*, unavailable)
extension AnswerComparison: Sendable {}
