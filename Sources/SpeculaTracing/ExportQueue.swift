/// What waits for the collector, in what portions it goes, and when a portion is tried again: pure, told the time by its caller.
///
/// ```
///  empty ──add──▶ ready ──next: send──▶ sending ──succeeded, refused──▶ empty or ready
///                   ▲                      │ failed
///                   └───── delay over ── waiting ──too old──▶ dropped, counted
/// ```
/// One portion is under way at a time. Invariants: bytes held are bounded; every span that was added is in the end exported or
/// dropped, once, with a reason.
package struct ExportQueue: Sendable {
    /// Bounds and times; the defaults are what a gateway needs, tests have their own.
    package struct Limits: Sendable {
        /// Bytes of spans that wait.
        package var bytes = 16 << 20
        /// Spans of one request to the collector.
        package var spansPerRequest = 1024
        /// Doubled with each failure in a row.
        package var firstDelay = Duration.seconds(1)
        package var longestDelay = Duration.seconds(30)
        /// After so long a portion that still fails is given up.
        package var patience = Duration.seconds(60)

        package init() {}
    }

    /// What to do next.
    package enum Order: Sendable {
        case nothing
        case wait(until: Duration)
        case send(SpanBatch)
    }

    private let limits: Limits
    private var portions: [SpanBatch] = []
    private var bytes = 0
    private var failures = 0
    private var firstTry: Duration?
    private var notBefore = Duration.zero
    private var isSending = false
    /// How many portions have left, one way or the other.
    package private(set) var departures = 0
    package private(set) var tally = ExportTally()

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Nothing waits and nothing is under way.
    package var isEmpty: Bool { portions.isEmpty }

    /// Takes what a worker has finished; what does not fit is dropped, the oldest stays.
    package mutating func add(_ batch: SpanBatch) {
        var reader = SpanReader(batch.bytes)
        var (start, count) = (0, 0)
        var portions: [SpanBatch] = []
        func cut(to end: Int) {
            guard count > 0 else { return }
            portions.append(SpanBatch(bytes: Array(batch.bytes[start..<end]), spans: count))
        }
        while reader.skip() {
            count += 1
            guard count == limits.spansPerRequest else { continue }
            cut(to: reader.position)
            (start, count) = (reader.position, 0)
        }
        cut(to: reader.position)
        for portion in portions {
            guard bytes + portion.bytes.count <= limits.bytes else {
                tally.queueFull += UInt64(portion.spans)
                continue
            }
            bytes += portion.bytes.count
            self.portions.append(portion)
        }
    }

    /// What to do at `now`; a portion that is to be sent counts as under way until its end is told.
    package mutating func next(at now: Duration) -> Order {
        guard !isSending, let portion = portions.first else { return .nothing }
        if now < notBefore { return .wait(until: notBefore) }
        isSending = true
        if firstTry == nil { firstTry = now }
        return .send(portion)
    }

    /// The collector has taken the portion, but for some of its spans.
    package mutating func succeeded(rejected: UInt64 = 0) {
        guard let portion = leave() else { return }
        let rejected = min(rejected, UInt64(portion.spans))
        tally.rejected += rejected
        tally.exported += UInt64(portion.spans) - rejected
        failures = 0
        notBefore = .zero
    }

    /// The collector will never take the portion.
    package mutating func refused() {
        guard let portion = leave() else { return }
        tally.failures += 1
        tally.rejected += UInt64(portion.spans)
    }

    /// The portion did not arrive, or the collector asks for patience.
    ///
    /// - Parameters:
    ///   - now: The time.
    ///   - retryAfter: What the collector said.
    ///   - jitter: 0 to 1, by chance, so that gateways do not come back all at once.
    package mutating func failed(at now: Duration, retryAfter: Duration? = nil, jitter: Double) {
        guard isSending else { return }
        isSending = false
        tally.failures += 1
        var delay = limits.firstDelay
        for _ in 0..<min(failures, 16) where delay < limits.longestDelay { delay = delay * 2 }
        failures += 1
        delay = min(delay, limits.longestDelay)
        let part = 0.5 + 0.5 * min(max(jitter, 0), 1)
        notBefore = now + max(delay * part, min(retryAfter ?? .zero, limits.longestDelay))
        // Whoever comes next waits as well: the collector is the same.
        if let firstTry, notBefore - firstTry > limits.patience, let portion = leave() {
            tally.unreachable += UInt64(portion.spans)
        }
    }

    /// There will be no more: what still waits is dropped.
    package mutating func giveUp() {
        for portion in portions { tally.shutdown += UInt64(portion.spans) }
        portions.removeAll()
        bytes = 0
        isSending = false
    }

    private mutating func leave() -> SpanBatch? {
        guard !portions.isEmpty else { return nil }
        let portion = portions.removeFirst()
        bytes -= portion.bytes.count
        departures += 1
        isSending = false
        firstTry = nil
        return portion
    }
}

/// What became of the spans that were handed to the export.
package struct ExportTally: Hashable, Sendable {
    package var exported: UInt64 = 0
    /// Requests that failed, each try counted.
    package var failures: UInt64 = 0
    /// Dropped because too many waited.
    package var queueFull: UInt64 = 0
    /// Dropped because the collector did not want them.
    package var rejected: UInt64 = 0
    /// Dropped because the collector could not be reached for too long.
    package var unreachable: UInt64 = 0
    /// Dropped because the gateway stopped before they could be sent.
    package var shutdown: UInt64 = 0

    package init() {}

    package var dropped: UInt64 { queueFull + rejected + unreachable + shutdown }
}
