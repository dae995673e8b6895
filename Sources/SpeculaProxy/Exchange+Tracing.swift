internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaMirroring
internal import SpeculaRouting
internal import SpeculaTracing
internal import SpeculaUpstream

/// An exchange's place in a trace; switched off, it is one look.
internal struct ExchangeTrace: ~Copyable {
    /// The request takes part in tracing: its server gets a `traceparent` of ours.
    var isOn = false
    /// The span of the client's request.
    var context = TraceContext(high: 0, low: 0, span: 0, isSampled: false)
    /// The client's span; zero: the trace begins here.
    var parent: UInt64 = 0
    var keepsState = false
    /// Spans of router and service are made, too.
    var isDetailed = false
    var routerSpan: UInt64 = 0
    var serviceSpan: UInt64 = 0
    /// The span of the leg that has not answered yet; zero: there is none.
    var legSpan: UInt64 = 0
    var legStartedAt = Instant(nanoseconds: 0)
    var wallOffset: UInt64 = 0
    var captured = CapturedFields()

    /// Whether spans are recorded.
    var isRecorded: Bool { isOn && context.isSampled }

    /// What the server of the leg gets; nil: the client's own fields pass.
    var fields: TraceFields? {
        isOn ? TraceFields(parent: context.with(span: legSpan).text, keepsState: keepsState) : nil
    }

    /// What copies of the request get.
    var link: TraceLink? { isOn ? TraceLink(context: context, wallOffset: wallOffset) : nil }

    func exemplar(at instant: Instant) -> TraceExemplar? {
        guard isRecorded else { return nil }
        return TraceExemplar(
            high: context.high, low: context.low, milliseconds: wall(instant) / 1_000_000)
    }

    func wall(_ instant: Instant) -> UInt64 { instant.nanoseconds &+ wallOffset }
}

/// The spans of an exchange, as Traefik makes them: the client's request, the requests to servers, where it is asked for in
/// detail also what router and service did.
extension Exchange {
    /// Joins the client's trace, or begins one.
    func beginTrace(_ tracer: SpanRecorder, _ verbosity: RouterPlan.TraceVerbosity) {
        guard verbosity != .off, let head else { return }
        let above = head.traceParent
        trace.isOn = true
        trace.context = tracer.begin(below: above)
        trace.parent = above?.span ?? 0
        trace.keepsState = above != nil && head.hasTraceState
        trace.isDetailed = verbosity == .detailed
        trace.routerSpan = trace.isDetailed ? tracer.nextSpan() : 0
        trace.serviceSpan = 0
        trace.legSpan = 0
        guard trace.context.isSampled else { return }
        let wall = worker.loop.wallClock()
        let nanoseconds = UInt64(bitPattern: wall.seconds &* 1_000_000_000 &+ Int64(wall.nanoseconds))
        trace.wallOffset = nanoseconds &- worker.currentTime().nanoseconds
        trace.captured.removeAll()
    }

    /// A request to a server begins.
    func beginLegTrace() {
        guard trace.isOn, let tracer = worker.tracer else { return }
        trace.legSpan = tracer.nextSpan()
        if trace.isDetailed { trace.serviceSpan = tracer.nextSpan() }
        if trace.context.isSampled { trace.legStartedAt = worker.currentTime() }
    }

    /// The server has answered, or will not: its span ends here, as in Traefik, whatever is still to come of the body.
    func legAnswered(status: UInt16, _ response: ResponseHead?) {
        guard trace.legSpan != 0 else { return }
        let span = trace.legSpan
        trace.legSpan = 0
        guard trace.context.isSampled, let tracer = worker.tracer, let head, let seat else { return }
        let context = trace.context.with(span: span)
        tracer.begin(
            FinishedSpan(
                .leg, context, parent: trace.isDetailed ? trace.serviceSpan : trace.context.span,
                startNanoseconds: trace.wall(trace.legStartedAt),
                endNanoseconds: trace.wall(worker.currentTime()), status: status), of: head, to: seat)
        if let response { tracer.addResponse(response) }
        tracer.log.end()
        trace.captured.removeAll()
        guard let response else { return }
        for name in tracer.options.responseHeaders.indices {
            let field = tracer.options.responseHeaders[name]
            _ = response.anyField(named: field.span) { value in
                trace.captured.add(name: name, value)
                return false
            }
        }
    }

    /// The leg is over: so is what its service had to do.
    func endLegTrace() {
        legAnswered(status: status == 0 ? 499 : status, nil)
        guard trace.serviceSpan != 0 else { return }
        let span = trace.serviceSpan
        trace.serviceSpan = 0
        guard trace.context.isSampled, let tracer = worker.tracer, let plan, let seat else { return }
        tracer.log.begin(
            FinishedSpan(
                .service, trace.context.with(span: span), parent: trace.routerSpan,
                startNanoseconds: trace.wall(trace.legStartedAt),
                endNanoseconds: trace.wall(worker.currentTime()), status: 0))
        tracer.log.add(.service, plan.snapshot.services[Int(seat.service.value)].name)
        tracer.log.end()
    }

    /// The exchange is over.
    func endTrace(
        status: UInt16, at instant: Instant, _ downstream: DownstreamConnection, _ head: RequestHead,
        _ plan: GatewayPlan?
    ) {
        trace.isOn = false
        guard trace.context.isSampled, let tracer = worker.tracer else { return }
        let (start, end) = (trace.wall(startedAt), trace.wall(instant))
        if trace.isDetailed, let plan, let router {
            let routed = plan.snapshot.routers[Int(router.value)]
            tracer.log.begin(
                FinishedSpan(
                    .router, trace.context.with(span: trace.routerSpan), parent: trace.context.span,
                    startNanoseconds: start, endNanoseconds: end, status: 0))
            tracer.log.add(.router, routed.name)
            tracer.log.add(.service, plan.snapshot.services[Int(routed.service.value)].name)
            tracer.log.add(.rule, routed.rule)
            tracer.log.end()
        }
        tracer.log.begin(
            FinishedSpan(
                .exchange, trace.context, parent: trace.parent, isParentRemote: trace.parent != 0,
                startNanoseconds: start, endNanoseconds: end, status: status))
        tracer.log.add(.entryPoint, downstream.entryPoint.settings.name)
        tracer.log.add(.version, head.version == .http11 ? "1.1" : "1.0")
        tracer.log.add(.bodySize, head.framing.announcedBytes)
        head.withAuthority { tracer.log.add(.authority, $0) }
        head.addClient(downstream.origin, port: downstream.peerPort, to: tracer.log)
        tracer.addRequest(head)
        tracer.log.add(trace.captured)
        tracer.log.end()
    }
}

extension RequestHead {
    /// The client's span; nil where there is none, or more than one.
    fileprivate var traceParent: TraceContext? {
        guard let first = first(.traceparent) else { return nil }
        for index in first + 1..<count where self[index].known == .traceparent { return nil }
        return withValue(of: first) { TraceContext(parent: $0) }
    }

    /// There is a `tracestate` that may be passed on.
    fileprivate var hasTraceState: Bool {
        guard let first = first(.tracestate) else { return false }
        var state = TraceState()
        for index in first..<count where self[index].known == .tracestate { withValue(of: index) { state.take($0) } }
        return state.isValid
    }

    /// Where the client is, and how it came: what trusted proxies say of it counts.
    fileprivate func addClient(_ forward: ForwardContext, port: UInt16, to log: SpanLog) {
        log.add(.peerAddress, forward.clientAddress)
        log.add(.peerPort, UInt64(port))
        if forward.isTrusted, let index = first(.xForwardedProto), withValue(of: index, { $0.count > 0 }) {
            withValue(of: index) { log.add(.scheme, $0) }
        } else if requestProtocol == .websocket {
            log.add(.scheme, forward.isTLS ? "wss" : "ws")
        } else {
            log.add(.scheme, forward.isTLS ? "https" : "http")
        }
        if forward.isTrusted, let index = first(.xForwardedFor) {
            let isTold = withValue(of: index) { value in
                var (start, end) = (0, 0)
                while end < value.count, value[end] != UInt8(ascii: ",") { end += 1 }
                while start < end, value[start] == 0x20 || value[start] == 0x09 { start += 1 }
                while end > start, value[end - 1] == 0x20 || value[end - 1] == 0x09 { end -= 1 }
                guard start < end else { return false }
                log.add(.clientAddress, value.extracting(start..<end))
                return true
            }
            if isTold { return }
        }
        log.add(.clientAddress, forward.clientAddress)
    }
}

extension BodyFraming {
    /// Bytes of the body as Go counts them: none is 0, unknown is -1.
    fileprivate var announcedBytes: UInt64 {
        switch self {
        case .length(let count): count
        case .none: 0
        case .chunked, .untilClose: UInt64(bitPattern: -1)
        }
    }
}
