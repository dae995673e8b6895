internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaTracing
internal import SpeculaUpstream
internal import Synchronization

/// What one worker counts beside requests: connections, pauses, refusals.
///
/// Written by its worker alone, read by scrapes on their own thread. The counters of all workers add up in the scrape.
internal final class WorkerFigures: Sendable {
    private let acceptPauses = Atomic<UInt64>(0)
    private let shed = Atomic<UInt64>(0)
    private let madeRoom = FigureCounter()
    private let registry: MetricRegistry
    /// Statuses whose counter is shown already; there are about ten that a refusal can have.
    private let refused = Mutex<[UInt16: FigureCounter]>([:])

    init(registry: MetricRegistry, upstream: UpstreamFigures) {
        self.registry = registry
        let owner = Self.owner
        registry.addCounter(MetricCatalog.acceptPauses, owner: owner) { [self] in
            acceptPauses.load(ordering: .relaxed)
        }
        registry.addCounter(MetricCatalog.shedConnections, owner: owner) { [self] in
            shed.load(ordering: .relaxed) &+ madeRoom.value
        }
        registry.addCounter(MetricCatalog.upstreamConnections, labels: ["opened"], owner: owner) { upstream.opened }
        registry.addCounter(MetricCatalog.upstreamConnections, labels: ["reused"], owner: owner) { upstream.reused }
        registry.addCounter(MetricCatalog.upstreamConnections, labels: ["failed"], owner: owner) { upstream.failed }
    }

    private static let owner = "worker"

    /// Shows what this worker has traced.
    func show(_ spans: SpanFigures) {
        registry.addCounter(MetricCatalog.spansRecorded, owner: Self.owner) { spans.recorded }
        registry.addCounter(MetricCatalog.spansDropped, labels: ["buffer_full"], owner: Self.owner) { spans.dropped }
    }

    /// A counter of the connections that one entry point of this worker has accepted.
    func connectionsAccepted(at entryPoint: String) -> FigureCounter {
        let counter = FigureCounter()
        registry.addCounter(MetricCatalog.accepted, labels: [entryPoint], owner: Self.owner) { counter.value }
        return counter
    }

    /// A request was refused before it was routed.
    func requestRefused(status: UInt16) {
        let counter = refused.withLock { known in
            if let counter = known[status] { return counter }
            let counter = FigureCounter()
            known[status] = counter
            registry.addCounter(MetricCatalog.refusedRequests, labels: ["\(status)"], owner: Self.owner) {
                counter.value
            }
            return counter
        }
        counter.add()
    }

    /// An idle client was closed to get its descriptor back.
    func clientMadeRoom() { madeRoom.add() }

    /// Takes over what the loop has counted so far.
    func note(_ statistics: LoopStatistics) {
        acceptPauses.store(UInt64(statistics.acceptPauses), ordering: .relaxed)
        shed.store(UInt64(statistics.shed), ordering: .relaxed)
    }
}

/// A count with one writer and any number of readers.
internal final class FigureCounter: Sendable {
    private let count = Atomic<UInt64>(0)

    var value: UInt64 { count.load(ordering: .relaxed) }

    /// Called by one thread alone.
    func add() { count.store(count.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }
}
