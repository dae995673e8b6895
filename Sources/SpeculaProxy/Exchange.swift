internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaMirroring
internal import SpeculaRouting
internal import SpeculaTracing
internal import SpeculaUpstream

/// One client request with everything it sets off: routing, the primary leg, the copies, the records.
///
/// Lives on one loop and is used again. The client's side is a `DownstreamConnection`; the primary's is an `UpstreamLeg`;
/// the copies are told of the request's body and end, and answer nothing. Longer than most files: every way in which a
/// request may end stands here beside the others, so that each is seen to record once.
internal final class Exchange: TimerTarget {
    enum State { case free, waiting, responding, tunnel }
    /// Bytes not yet taken by the primary at which the client is no longer read.
    static let highWater = 320 << 10
    /// How long a server that was asked by `Expect: 100-continue` may say nothing before the body is sent all the same.
    static let expectTimeout = Duration.seconds(1)

    let worker: Worker
    var downstream: DownstreamConnection?
    var head: RequestHead?
    var state = State.free
    var leg: UpstreamLeg?
    var seat: ServerSeat?
    var copies: CopySet?
    /// Some copy's answer is held against the primary's.
    var comparesAnswer = false
    var plan: GatewayPlan?
    var router: RouterIndex?
    var startedAt = Instant(nanoseconds: 0)
    /// When the head left for the primary; the last of them, where a failover sent it twice.
    var sentAt: Instant?
    /// The seat wants to know when heads come.
    var notesHeads = false
    var isRequestWhole = false
    var isChunkedUpload = false
    var isRequestPaused = false
    var isLegPaused = false
    var requestBytes: UInt64 = 0
    var responseBytes: UInt64 = 0
    var status: UInt16 = 0
    var cookies: [String] = []
    var early: [ByteSlice] = []
    var localToken: UInt64 = 0
    var method = MethodLabel.get
    var protocolLabel = ProtocolLabel.http
    var failover = FailoverAttempt()
    /// The client waits for a 100, which has not been sent yet.
    var owesContinue = false
    var continueTimer: TimerID?
    var trace = ExchangeTrace()
    var access = AccessNotes()

    init(worker: Worker) { self.worker = worker }

    // MARK: The request

    func begin(_ head: RequestHead, on downstream: DownstreamConnection) {
        self.downstream = downstream
        self.head = head
        state = .waiting
        startedAt = worker.currentTime()
        sentAt = nil
        isRequestWhole = !head.framing.hasBody
        isChunkedUpload = head.framing.isChunked
        isRequestPaused = false
        isLegPaused = false
        requestBytes = 0
        responseBytes = 0
        status = 0
        router = nil
        owesContinue = head.expectsContinue
        method = MethodLabel(head.method)
        protocolLabel = ProtocolLabel(head.requestProtocol)
        trace.isOn = false
        comparesAnswer = false
        if let refusal = head.prepareTarget(downstream.entryPoint.targetPolicy) {
            refuse(refusal)
            return
        }
        // Read once: each reading of what may change counts it up and down.
        let client = downstream.origin
        guard let plan = worker.plan, let router = worker.route(head, of: downstream, from: client)
        else {
            if let tls = downstream.tls {
                worker.recordTLS(tls, entryPoint: downstream.entryPoint, plan: nil, router: nil)
            }
            if let log = worker.accessLog { enter(log, nil, at: downstream.entryPoint) }
            if let tracer = worker.tracer { beginTrace(tracer, downstream.entryPoint.settings.tracing) }
            answer(.notFound, recorded: true)
            return
        }
        self.router = router
        if let tls = downstream.tls {
            worker.recordTLS(tls, entryPoint: downstream.entryPoint, plan: plan, router: router)
        }
        if let log = worker.accessLog {
            enter(log, plan.snapshot.routers[Int(router.value)], at: downstream.entryPoint)
        }
        if let tracer = worker.tracer {
            beginTrace(tracer, worker.tracing(of: plan.snapshot.routers[Int(router.value)]))
        }
        let service = plan.routes[Int(router.value)].service
        self.plan = consume plan
        start(service, head: head, from: client, downstream: downstream)
    }

    func start(
        _ service: ServiceIndex, head: RequestHead, from client: ForwardContext, downstream: DownstreamConnection
    ) {
        guard let chooser = worker.chooser else { return }
        var answer: SyntheticResponse?
        var unavailable: ServiceIndex?
        switch chooser.choose(service, head: head, client: client) {
        case .server(let seat):
            if case .connect = head.method {
                // Tunnels by CONNECT are not for HTTP/1.1 here, as in Traefik; it counts at the service.
                self.seat = seat
                answer = .notImplemented
            } else {
                if !chooser.cookiesToSet.isEmpty { cookies = chooser.cookiesToSet }
                if let watched = chooser.watchingFailover {
                    failover.begin(watched, chooser: chooser, way: worker.mirrorWay)
                }
                startLeg(seat, head: head, from: client, downstream: downstream)
            }
        case .local(let name):
            startLocal(name, head: head)
        case .noAvailableServer(let balancer):
            // Nobody may take it; copies still go out below, as with a primary that is down.
            answer = .noAvailableServer
            unavailable = balancer
        case .bothDown:
            answer = .serviceUnavailable
        }
        if !chooser.mirroringPassed.isEmpty, state != .free {
            if let copies = beginCopies(
                of: chooser.mirroringPassed, head, from: client, way: worker.mirrorWay)
            {
                if copies.wantsBody { downstream.expectChunks(true) }
                comparesAnswer = copies.comparesAnswer
                self.copies = consume copies
            }
        }
        if let answer {
            responseBytes = head.method == .head ? 0 : UInt64(answer.body.utf8CodeUnitCount)
            worker.recordUnavailable(plan, unavailable, recordFacts(status: 503))
            self.answer(answer, recorded: true)
        }
    }

    func beginCopies(
        of services: [ServiceIndex], _ head: RequestHead, from client: ForwardContext, way: MirrorWay?
    ) -> CopySet? {
        worker.fanOut.begin(
            services, head: head, client: client, method: method, protocolLabel: protocolLabel, startedAt: startedAt,
            number: access.number, trace: trace.link, way: way)
    }

    /// The target is refused before it is routed; where a router knows it, it is counted.
    func refuse(_ refusal: Refusal) {
        guard let downstream, let head else { return }
        let request = head
        finish(keepsHead: true, recorded: false)
        downstream.send(refusal, of: request)
        downstream.worker.giveBack(request)
    }

    func startLocal(_ name: String, head: RequestHead) {
        localToken = worker.expectLocal(self)
        worker.callLocal(name, head.makeLocalRequest(), token: localToken)
    }

    // MARK: Told by the client's side

    func requestBody(_ bytes: Span<UInt8>, at range: Range<Int>, of connection: Connection) {
        requestBytes += UInt64(bytes.count)
        owesContinue = false
        let wantsSlice = copies?.wantsBody ?? false
        guard let upstream = leg?.connectionInUse else {
            // No connection yet (or a local service, which takes no body): what is here waits, the rest is not read.
            guard leg != nil else {
                if wantsSlice { copies?.body(connection.shareReceived(range)) }
                return
            }
            let slice = connection.shareReceived(range)
            early.append(slice)
            failover.keep(slice)
            if wantsSlice { copies?.body(slice) }
            pauseRequest()
            return
        }
        if wantsSlice || failover.keepsBody {
            let slice = connection.shareReceived(range)
            write(slice, on: upstream)
            failover.keep(slice)
            if wantsSlice { copies?.body(slice) }
        } else if isChunkedUpload {
            upstream.composeChunkHead(bytes.count)
            upstream.write(bytes)
            upstream.composeChunkEnd()
        } else {
            upstream.write(bytes)
        }
        if upstream.isCongested(above: Self.highWater) { pauseRequest() }
    }

    func requestEnded() {
        isRequestWhole = true
        if let leg, let upstream = leg.connectionInUse {
            if isChunkedUpload { upstream.composeLastChunk() }
            leg.finishRequest()
        }
        guard let copies else { return }
        copies.bodyEnded()
        // Copies of a body that had to be whole first are decided on only now.
        comparesAnswer = copies.comparesAnswer
    }

    /// The rest of the request is no valid body.
    func requestMalformed(_ refusal: Refusal) {
        copies?.requestBroken()
        fail(with: .badRequest, status: 400)
    }

    /// The client has closed its side before its request was whole.
    func requestCutShort() {
        copies?.requestBroken()
        fail(with: .badRequest, status: 400)
    }

    /// The client has closed its side and so, as for Traefik, has left; one that only half-closed still gets a word.
    func clientFinished() {
        dropLeg()
        if state == .waiting {
            status = 499
            answer(.clientClosedRequest, recorded: true)
        } else {
            // The connection must let go of this exchange: it is used again at once, by another client.
            let downstream = self.downstream
            clientLeft()
            downstream?.cutResponse()
        }
    }

    func requestTimedOut() {
        copies?.requestBroken()
        fail(with: .clientClosedRequest, status: 499)
    }

    func fail(with response: SyntheticResponse, status: UInt16) {
        dropLeg()
        if state == .waiting {
            self.status = status
            answer(response, recorded: true)
        } else if state == .responding {
            self.status = status
            let downstream = self.downstream
            finish()
            downstream?.cutResponse()
        }
    }

    /// The client is gone: nobody gets an answer any more.
    func clientLeft() {
        guard state != .free else { return }
        if state == .tunnel {
            tunnelEnded()
            return
        }
        dropLeg()
        copies?.requestBroken()
        if status == 0 { responseBytes = UInt64(SyntheticResponse.clientClosedRequest.body.utf8CodeUnitCount) }
        status = 499
        finish()
    }

    func downstreamDrained() {
        guard isLegPaused else { return }
        isLegPaused = false
        leg?.resumeReading()
    }

    func pauseRequest() {
        guard !isRequestPaused else { return }
        isRequestPaused = true
        downstream?.pauseRequest()
    }

    func resumeRequest() {
        guard isRequestPaused else { return }
        isRequestPaused = false
        downstream?.resumeRequest()
    }

    func write(_ slice: ByteSlice, on upstream: Connection) {
        guard isChunkedUpload else {
            upstream.write(slice)
            return
        }
        upstream.composeChunkHead(slice.count)
        upstream.write(slice)
        upstream.composeChunkEnd()
    }

    // MARK: Local services

    func localAnswered(_ response: LocalResponse?) {
        localToken = 0
        guard let downstream, let head, state == .waiting else { return }
        guard let response else {
            answer(.notFound, recorded: true)
            return
        }
        status = UInt16(clamping: response.status)
        responseBytes = head.method == .head ? 0 : UInt64(response.length)
        if !isRequestWhole { copies?.requestBroken() }
        let request = head
        finish(keepsHead: true)
        downstream.send(response, of: request)
        downstream.worker.giveBack(request)
    }

    // MARK: Tunnels

    func tunnelBytes(_ bytes: Span<UInt8>) {
        guard let upstream = leg?.connectionInUse else { return }
        upstream.write(bytes)
        if upstream.isCongested(above: Self.highWater) { pauseRequest() }
    }

    func tunnelEnded() {
        guard state == .tunnel else { return }
        dropLeg()
        let downstream = self.downstream
        finish()
        downstream?.finishTunnel()
    }

    // MARK: The end

    /// Answers with a response of Specula's own.
    func answer(_ response: SyntheticResponse, recorded: Bool) {
        guard let downstream, let head else { return }
        if status == 0 { status = response.status }
        noteFields(of: response)
        responseBytes = head.method == .head ? 0 : UInt64(response.body.utf8CodeUnitCount)
        let request = head
        finish(keepsHead: true, recorded: recorded)
        downstream.send(response, of: request)
        downstream.worker.giveBack(request)
    }

    func recordFacts(status: UInt16) -> RecordFacts {
        RecordFacts(
            status: status, method: method, protocolLabel: protocolLabel,
            nanoseconds: worker.currentTime().nanoseconds(since: startedAt),
            requestBytes: requestBytes, responseBytes: responseBytes,
            headers: head.map { worker.headerLabels(of: $0) } ?? .none,
            trace: trace.isOn ? trace.exemplar(at: worker.now) : nil)
    }

    /// Records the exchange once and lets everything go; the client's side may still have bytes to send.
    func finish(keepsHead: Bool = false, recorded: Bool = true) {
        guard state != .free, let downstream = self.downstream.take(), let head = self.head.take() else { return }
        let plan = self.plan.take()
        let seat = self.seat.take()
        let code: UInt16 = state == .tunnel ? 0 : status
        cancelContinueTimer()
        let now = worker.currentTime()
        let facts = RecordFacts(
            status: code, method: method, protocolLabel: protocolLabel,
            nanoseconds: now.nanoseconds(since: startedAt), requestBytes: requestBytes,
            responseBytes: responseBytes, headers: worker.headerLabels(of: head),
            trace: trace.isOn ? trace.exemplar(at: now) : nil)
        if access.number != 0, recorded { writeAccessLine(facts, downstream, head, plan, seat) }
        if trace.isOn { endTrace(status: status, at: now, downstream, head, plan) }
        if recorded {
            worker.record(
                facts, entryPoint: downstream.entryPoint, plan: plan, router: router, service: seat?.service,
                overhead: state == .tunnel ? nil : sentAt.map { $0.nanoseconds(since: startedAt) })
        }
        if status >= 500, let seat, let plan { notePassiveFailure(of: seat, plan: plan) }
        if let copies = self.copies.take() {
            // A primary that answers early ends the exchange; its copies get the rest of the body all the same.
            let bodyFollows = !isRequestWhole && copies.wantsBody && downstream.goesOnReading
            if bodyFollows { downstream.keepFeeding(copies) }
            copies.exchangeEnded(
                status: status, nanoseconds: facts.nanoseconds, bodyFollows: bodyFollows)
        }
        state = .free
        localToken = 0
        if !cookies.isEmpty { cookies.removeAll() }
        if !early.isEmpty { early.removeAll(keepingCapacity: true) }
        failover.end()
        access.forget()
        if !keepsHead { worker.giveBack(head) }
        worker.giveBack(self)
    }
}

@available(*, unavailable)
extension Exchange: Sendable {}
