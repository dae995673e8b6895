internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaTracing
internal import SpeculaUpstream

/// A copy's own trace: what a mirror does with a copy never turns up in the trace of the client's request.
///
/// The one span of it here is linked to the exchange that the copy was made of, and recorded when that is.
internal struct CopyTrace: ~Copyable {
    private(set) var isOn = false
    private var context = TraceContext(high: 0, low: 0, span: 0, isSampled: false)
    private var link = TraceContext(high: 0, low: 0, span: 0, isSampled: false)
    private var wallOffset: UInt64 = 0
    private var startedAt = Instant(nanoseconds: 0)
    private var answeredAt: Instant?
    private var captured = CapturedFields()

    mutating func begin(_ original: TraceLink?, _ tracer: SpanRecorder, at instant: Instant) {
        isOn = original != nil
        guard let original else { return }
        link = original.context
        wallOffset = original.wallOffset
        context = tracer.begin(asSampledAs: link)
        startedAt = instant
        answeredAt = nil
        captured.removeAll()
    }

    /// What the mirror's server gets; a `tracestate` belongs to the client's trace and stays there.
    var fields: TraceFields { TraceFields(parent: context.text, keepsState: false) }

    func exemplar(at instant: Instant) -> TraceExemplar? {
        guard context.isSampled else { return nil }
        return TraceExemplar(high: context.high, low: context.low, milliseconds: wall(instant) / 1_000_000)
    }

    mutating func answered(_ head: ResponseHead, _ tracer: SpanRecorder, at instant: Instant) {
        guard context.isSampled else { return }
        answeredAt = max(startedAt, instant)
        for name in tracer.options.responseHeaders.indices {
            let field = tracer.options.responseHeaders[name]
            _ = head.anyField(named: field.span) { value in
                captured.add(name: name, value)
                return false
            }
        }
    }

    /// Records the span: up to the response's head, as that of the primary's request.
    mutating func end(
        _ tracer: SpanRecorder, _ head: RequestHead, of mirror: Mirror, to seat: ServerSeat?, _ outcome: MirrorOutcome,
        status: UInt16, at instant: Instant
    ) {
        isOn = false
        guard context.isSampled else { return }
        let span = FinishedSpan(
            .copy, context, parent: 0, startNanoseconds: wall(startedAt), endNanoseconds: wall(answeredAt ?? instant),
            status: status)
        if let seat { tracer.begin(span, of: head, to: seat) } else { tracer.log.begin(span) }
        tracer.log.add(.mirroring, mirror.service)
        tracer.log.add(.mirror, mirror.label)
        tracer.log.add(.outcome, outcome.text)
        tracer.log.add(link: link)
        tracer.log.add(captured)
        tracer.log.end()
    }

    private func wall(_ instant: Instant) -> UInt64 { instant.nanoseconds &+ wallOffset }
}
