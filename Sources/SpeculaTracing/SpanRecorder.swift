/// One worker's tracing: numbers for new spans, the sampling decision, the log of finished ones.
///
/// Bound to its loop. Where tracing is off there is none, and a request passes it by with one look.
package final class SpanRecorder {
    package let options: SpanOptions
    package let log: SpanLog
    private let sampler: Sampler
    private var numbers: TraceNumbers

    /// - `seed`: From the system's source of randomness; another one for each worker.
    package init(options: SpanOptions, seed: (UInt64, UInt64, UInt64, UInt64)) {
        self.options = options
        log = SpanLog(capacity: options.capacityBytes)
        sampler = Sampler(ratio: options.sampleRate)
        numbers = TraceNumbers(seed: seed)
    }

    /// The context of a client's request: a span below `parent`, recorded when that is, or a new trace.
    package func begin(below parent: TraceContext?) -> TraceContext {
        if let parent { return parent.with(span: numbers.next()) }
        let low = numbers.next()
        return TraceContext(
            high: numbers.next(), low: low, span: numbers.next(), isSampled: sampler.samples(low: low))
    }

    /// A trace of its own that is recorded when another one is.
    package func begin(asSampledAs other: TraceContext) -> TraceContext {
        TraceContext(
            high: numbers.next(), low: numbers.next(), span: numbers.next(), isSampled: other.isSampled)
    }

    package func nextSpan() -> UInt64 { numbers.next() }
}

@available(*, unavailable)
extension SpanRecorder: Sendable {}

/// What the workers need to know of `tracing`.
package struct SpanOptions: Sendable {
    /// Of the traces that begin here; 0 to 1.
    package var sampleRate: Double
    /// Requests to Specula's own services make spans too.
    package var recordsInternals: Bool
    /// In lower case.
    package var requestHeaders: [[UInt8]]
    package var responseHeaders: [[UInt8]]
    /// Bytes of finished spans that one worker holds.
    package var capacityBytes: Int

    /// Names are taken in any case; the first 255 count, and those that spans show anyway are left out.
    package init(
        sampleRate: Double = 1, recordsInternals: Bool = false, requestHeaders: [String] = [],
        responseHeaders: [String] = [], capacityBytes: Int = 4 << 20
    ) {
        self.sampleRate = sampleRate
        self.recordsInternals = recordsInternals
        self.requestHeaders = Self.usable(requestHeaders.filter { $0.lowercased() != "user-agent" })
        self.responseHeaders = Self.usable(responseHeaders)
        self.capacityBytes = capacityBytes
    }

    private static func usable(_ names: [String]) -> [[UInt8]] {
        var seen: Set<String> = []
        return names.map { $0.lowercased() }.filter { !$0.isEmpty && seen.insert($0).inserted }.prefix(255)
            .map { Array($0.utf8) }
    }
}
