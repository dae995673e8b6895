internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics
internal import SpeculaRouting
internal import SpeculaTracing
internal import SpeculaUpstream

/// One mirrored request, from its decision to its one outcome.
///
/// Writes the request from the parsed head and shared body slices, drains the response to a limit and throws it away.
/// Whatever goes wrong ends here: nothing of it can reach the exchange.
internal final class MirrorCopy: UpstreamLegClient, TimerTarget {
    private let fanOut: MirrorFanOut
    private var mirror: Mirror?
    /// Only where the access log tells of copies.
    private var mirrors: MirrorSet?
    /// The copies of the request, which know it; nil: this one is not under way.
    private var set: CopySet?
    private var seat: ServerSeat?
    private var leg: UpstreamLeg?
    private var timer: TimerID?
    private var startedAt = Instant(nanoseconds: 0)
    /// The seat wants to know when heads come.
    private var notesHeads = false
    private var withBody = false
    private var isBodyOver = false
    private var isChunked = false
    private var pending: [ByteSlice] = []
    private var heldBytes = 0
    private var requestBytes: UInt64 = 0
    private var responseBytes: UInt64 = 0
    private var status: UInt16 = 0
    private var serviceScope = Scope.none
    private var trace = CopyTrace()
    /// Only where its answer is held against the primary's.
    private var pair: ComparedPair?
    /// Where it stands in the fan-out's list of copies under way.
    var place = 0

    init(fanOut: MirrorFanOut) { self.fanOut = fanOut }

    /// Still takes bytes of the request's body.
    var wantsBody: Bool { withBody && !isBodyOver && set != nil }

    func begin(_ mirror: Mirror, of mirrors: MirrorSet, _ request: MirroredRequest, withBody: Bool, set: CopySet) {
        self.mirror = mirror
        self.mirrors = request.number != 0 && fanOut.copyLog != nil ? mirrors : nil
        self.set = set
        self.withBody = withBody
        isBodyOver = !withBody
        isChunked = withBody && request.head.framing.isChunked
        requestBytes = 0
        responseBytes = 0
        status = 0
        startedAt = request.startedAt
        notesHeads = false
        if let comparison = mirror.comparison, comparison.choosesCopy() { pair = set.beginPair(mirror) }
        if let tracer = fanOut.tracer { trace.begin(request.trace, tracer, at: max(startedAt, fanOut.now)) }
    }

    /// Nobody can take it.
    func startNowhere(scope: Scope) {
        serviceScope = scope
        // Nothing was sent, yet the copy must not end inside the call that starts it: at the end of the turn.
        fanOut.loop.later(self, tag: Tag.noServer)
    }

    func start(on seat: ServerSeat, _ mirror: Mirror, _ request: MirroredRequest, scope: Scope) {
        self.seat = seat
        serviceScope = scope
        notesHeads = seat.notesHeads
        seat.legStarted()
        timer = fanOut.schedule(after: mirror.timeoutNanoseconds, for: self, tag: Tag.timeout)
        let leg = fanOut.takeLeg()
        self.leg = leg
        let connection = leg.start(
            on: seat.pool(.mirror), method: request.head.method,
            isReplayable: !withBody && request.head.method.isSafe, allowsUpgrade: false, client: self)
        if let connection { send(request.head, from: request.client, to: seat, mirror, by: leg, on: connection) }
    }

    private enum Tag { static let timeout = 0, noServer = 1 }

    func timerFired(_ id: TimerID, tag: Int) {
        switch tag {
        case Tag.noServer:
            guard set != nil, leg == nil else { return }
            status = 503
            finish(.connectError, replica: .error)
        default:
            timer = nil
            status = status == 0 ? 504 : status
            cancelLeg()
            finish(.timeout, replica: .timeout)
        }
    }

    // MARK: The request's body

    func body(_ slice: ByteSlice) {
        requestBytes += UInt64(slice.count)
        guard let connection = leg?.connectionInUse else {
            guard hold(slice.count) else { return }
            pending.append(slice)
            return
        }
        write(slice, on: connection)
        _ = hold(max(0, connection.unsentBytes - heldBytes))
    }

    func bodyEnded() {
        isBodyOver = true
        guard let leg, let connection = leg.connectionInUse else { return }
        if isChunked { writeLastChunk(on: connection) }
        leg.finishRequest()
    }

    /// Counts `more` bytes as held for this copy, or gives the copy up.
    private func hold(_ more: Int) -> Bool {
        guard more > 0, let mirror else { return true }
        if mirror.state.take(more, of: fanOut.budget) {
            heldBytes += more
            return true
        }
        cut(.slowReader)
        return false
    }

    private func release(_ mirror: Mirror?) {
        guard heldBytes > 0, let mirror else { return }
        mirror.state.giveBack(heldBytes, to: fanOut.budget)
        heldBytes = 0
    }

    private func write(_ slice: ByteSlice, on connection: Connection) {
        guard isChunked else {
            connection.write(slice)
            return
        }
        guard slice.count > 0 else { return }
        connection.composeChunkHead(slice.count)
        connection.write(slice)
        connection.composeChunkEnd()
    }

    private func writeLastChunk(on connection: Connection) { connection.composeLastChunk() }

    /// Gives the copy up: what was sent is reset, so that nobody takes it for a whole request.
    func cut(_ outcome: MirrorOutcome) {
        guard set != nil else { return }
        if status == 0 { status = outcome == .clientGone ? 499 : 502 }
        cancelLeg()
        finish(outcome, replica: .error)
    }

    private func cancelLeg() {
        guard let leg else { return }
        self.leg = nil
        leg.cancel()
        seat?.legEnded()
        fanOut.giveBack(leg)
    }

    // MARK: UpstreamLegClient

    func legIsReady(_ leg: UpstreamLeg, on connection: Connection) {
        guard let set, let head = set.head, let client = set.client, let seat, let mirror else { return }
        send(head, from: client, to: seat, mirror, by: leg, on: connection)
    }

    /// Sends what there is of the request.
    private func send(
        _ head: RequestHead, from client: ForwardContext, to seat: ServerSeat, _ mirror: Mirror, by leg: UpstreamLeg,
        on connection: Connection
    ) {
        // A request without a body keeps its framing; one whose body is not copied loses it.
        let body: ForwardedBody = withBody || !head.framing.hasBody ? .asReceived : .none
        seat.writeHead(
            of: head, for: client, edits: mirror.edits, body: body,
            trace: trace.isOn ? trace.fields : nil, on: connection)
        if !pending.isEmpty {
            for slice in pending { write(slice, on: connection) }
            pending.removeAll(keepingCapacity: true)
        }
        if isBodyOver {
            if isChunked { writeLastChunk(on: connection) }
            leg.finishRequest()
        }
    }

    func leg(_ leg: UpstreamLeg, informational head: ResponseHead) {}

    func leg(_ leg: UpstreamLeg, head: ResponseHead) {
        status = head.status
        if trace.isOn, let tracer = fanOut.tracer { trace.answered(head, tracer, at: fanOut.now) }
        if notesHeads { seat?.noteHead(after: fanOut.now.nanoseconds(since: startedAt)) }
        if let pair, let request = set?.head { pair.answered(head, of: request.method) }
    }

    func leg(_ leg: UpstreamLeg, body: Span<UInt8>) {
        responseBytes += UInt64(body.count)
        if let pair { pair.body(body) }
        guard let mirror, responseBytes > UInt64(mirror.plan.maxResponseBytes) else { return }
        cancelLeg()
        finish(.responseTooLarge, replica: StatusClass(status: status))
    }

    func legDrained(_ leg: UpstreamLeg) { release(mirror) }

    func legFinished(_ leg: UpstreamLeg, trailers: TrailerBlock?) {
        legEnded()
        finish(.complete, replica: StatusClass(status: status))
    }

    func legFailed(_ leg: UpstreamLeg, _ failure: UpstreamFailure) {
        legEnded()
        if status == 0 {
            status = failure.status
            responseBytes = UInt64(failure.response.body.utf8CodeUnitCount)
        }
        let outcome: MirrorOutcome =
            switch failure {
            case .noServer, .unresolved, .refused, .unreachable, .connectMethod, .internalError: .connectError
            case .connectTimedOut, .headTimedOut: .timeout
            case .tls, .tlsRefused: .tlsError
            case .closedEarly, .reset: .reset
            case .malformed, .interimTooLarge: .protocolError
            case .clientGone, .requestMalformed: .clientGone
            }
        finish(outcome, replica: outcome == .timeout ? .timeout : .error)
    }

    private func legEnded() {
        seat?.legEnded()
        if let leg = self.leg.take() { fanOut.giveBack(leg) }
    }

    // MARK: The end

    private func finish(_ outcome: MirrorOutcome, replica: StatusClass) {
        guard let mirror = self.mirror.take(), let set = self.set.take() else { return }
        if let timer = self.timer.take() { fanOut.cancel(timer) }
        release(mirror)
        let state = mirror.state
        let scope = state.scope
        state.leave()
        if !pending.isEmpty { pending.removeAll(keepingCapacity: true) }
        let now = fanOut.currentTime()
        let took = now.nanoseconds(since: startedAt)
        fanOut.record(
            outcome, of: scope, at: serviceScope, code: status, method: set.method, protocol: set.protocolLabel,
            nanoseconds: took, requestBytes: requestBytes, responseBytes: responseBytes,
            trace: trace.isOn ? trace.exemplar(at: now) : nil)
        if trace.isOn, let tracer = fanOut.tracer, let head = set.head {
            trace.end(tracer, head, of: mirror, to: seat, outcome, status: status, at: now)
        }
        if let mirrors = self.mirrors.take() { note(outcome, of: mirror, in: mirrors, told: set, took: took) }
        seat = nil
        if let pair = self.pair.take() {
            pair.ended(isWhole: outcome == .complete, isCutOff: outcome == .responseTooLarge)
            set.pairEnded(pair)
        }
        set.copyEnded(self, scope, replica, nanoseconds: took)
        fanOut.ended(self)
    }

    private func note(
        _ outcome: MirrorOutcome, of mirror: Mirror, in mirrors: MirrorSet, told set: CopySet, took: UInt64
    ) {
        var facts = CopyFacts(service: mirrors.service, mirror: mirror.label, decision: .sent)
        facts.outcome = outcome
        facts.serverURL = seat?.plan.url
        facts.status = status
        facts.nanoseconds = took
        facts.requestBytes = requestBytes
        facts.responseBytes = responseBytes
        if let pair { pair.untold = facts } else { set.note(facts) }
    }
}

@available(*, unavailable)
extension MirrorCopy: Sendable {}
