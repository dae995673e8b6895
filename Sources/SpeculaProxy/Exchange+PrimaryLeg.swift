internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMirroring
internal import SpeculaRouting
internal import SpeculaUpstream

/// The primary's side of an exchange: its request goes out, its response comes back, a failover takes over.
extension Exchange: UpstreamLegClient {
    func startLeg(
        _ seat: ServerSeat, head: RequestHead, from client: ForwardContext, downstream: DownstreamConnection
    ) {
        self.seat = seat
        seat.legStarted()
        notesHeads = seat.notesHeads
        if let tls = downstream.tls { worker.recordTLS(tls, plan: plan, router: router, service: seat.service) }
        if trace.isOn { beginLegTrace() }
        noteOriginStart()
        let leg = worker.takeLeg()
        self.leg = leg
        let connection = leg.start(
            on: seat.pool(.production), method: head.method,
            isReplayable: !head.framing.hasBody && head.method.isSafe, allowsUpgrade: head.upgradeRequested,
            client: self)
        if let connection { sendRequest(head, from: client, of: downstream, to: seat, by: leg, on: connection) }
    }

    func legIsReady(_ leg: UpstreamLeg, on connection: Connection) {
        guard let head, let seat, let downstream else { return }
        sendRequest(head, from: downstream.origin, of: downstream, to: seat, by: leg, on: connection)
    }

    /// Sends what there is of the request.
    private func sendRequest(
        _ head: RequestHead, from client: ForwardContext, of downstream: DownstreamConnection, to seat: ServerSeat,
        by leg: UpstreamLeg, on connection: Connection
    ) {
        sentAt = worker.currentTime()
        seat.writeHead(
            of: head, for: client, body: .asReceived, trace: trace.isOn ? trace.fields : nil, on: connection)
        if !early.isEmpty {
            for slice in early { write(slice, on: connection) }
            early.removeAll(keepingCapacity: true)
        }
        if isRequestWhole {
            if isChunkedUpload { connection.composeLastChunk() }
            leg.finishRequest()
        } else if owesContinue, requestBytes == 0, continueTimer == nil {
            continueTimer = worker.loop.schedule(after: Self.expectTimeout, for: self, tag: 0)
        }
        // Also behind a whole request: who is not read cannot be seen to leave.
        if isRequestPaused {
            isRequestPaused = false
            downstream.resumeRequest()
        }
    }

    func leg(_ leg: UpstreamLeg, informational head: ResponseHead) {
        guard let request = self.head else { return }
        if head.status == 100 {
            sendContinue()
        } else {
            // HTTP/1.0 knows none: its client would take it for the answer (RFC 9110, 15.2).
            guard let downstream, request.version == .http11 else { return }
            downstream.send(informational: head, of: request)
            if downstream.isCongested { pause(leg) }
        }
    }

    /// The server wants the body, or has been silent for long enough.
    func sendContinue() {
        guard owesContinue else { return }
        owesContinue = false
        cancelContinueTimer()
        downstream?.sendContinue()
    }

    func cancelContinueTimer() {
        if let timer = continueTimer.take() { worker.cancel(timer) }
    }

    func timerFired(_ id: TimerID, tag: Int) {
        continueTimer = nil
        sendContinue()
    }

    func leg(_ leg: UpstreamLeg, head: ResponseHead) {
        guard let downstream, let request = self.head else { return }
        if notesHeads { seat?.noteHead(after: worker.now.nanoseconds(since: startedAt)) }
        if trace.isOn { legAnswered(status: head.status, head) }
        if failover.takesOver(head.status), let next = failover.next(facts(downstream, request)) {
            var thrownAway: UInt64 = 0
            if case .length(let count) = head.framing { thrownAway = count }
            retry(on: next, thrownAway: thrownAway)
            return
        }
        if head.status == 101, !head.switchesProtocol(askedBy: request) {
            fail(with: UpstreamFailure.malformed.response, status: UpstreamFailure.malformed.status)
            return
        }
        status = head.status
        noteFields(of: head)
        if head.status == 101 {
            state = .tunnel
            downstream.send(head, of: request, cookies: cookies)
            downstream.becomeTunnel()
            return
        }
        state = .responding
        downstream.send(head, of: request, cookies: cookies)
        if comparesAnswer { copies?.primaryAnswered(head) }
    }

    func leg(_ leg: UpstreamLeg, body: Span<UInt8>) {
        guard let downstream else { return }
        var isCongested: Bool
        if state == .tunnel {
            isCongested = downstream.sendTunnel(body)
        } else {
            responseBytes += UInt64(body.count)
            isCongested = downstream.send(body: body)
            if comparesAnswer {
                // The client's bytes leave first: what is noted of them for a mirror's sake takes time of nobody's.
                downstream.connection?.sendWritten()
                isCongested = downstream.isCongested
                copies?.primaryBody(body)
            }
        }
        if isCongested { pause(leg) }
    }

    /// The client takes less than the server sends: the server waits.
    private func pause(_ leg: UpstreamLeg) {
        guard !isLegPaused else { return }
        isLegPaused = true
        leg.pauseReading()
    }

    func legDrained(_ leg: UpstreamLeg) { resumeRequest() }

    func legFinished(_ leg: UpstreamLeg, trailers: TrailerBlock?) {
        legEnded()
        guard let downstream else { return }
        let isTunnel = state == .tunnel
        if comparesAnswer, !isTunnel { copies?.primaryEnded() }
        finish()
        if isTunnel { downstream.finishTunnel() } else { downstream.sendEnd(trailers: trailers) }
    }

    func legFailed(_ leg: UpstreamLeg, _ failure: UpstreamFailure) {
        if trace.isOn { legAnswered(status: failure.status, nil) }
        legEnded()
        worker.shared.log.debug(
            "\(failure.status) from a server", metadata: ["error": "\(failure)", "url": seat?.plan.url ?? ""])
        guard let downstream, let request = head else { return }
        if state == .waiting, failover.takesOver(failure.status), let next = failover.next(facts(downstream, request)) {
            // The last leg's failure is counted with the exchange.
            if let seat, let plan { notePassiveFailure(of: seat, plan: plan) }
            fallBack(on: next, head: request, downstream: downstream)
            return
        }
        if state == .waiting {
            answer(failure.response, recorded: true)
        } else {
            status = 502
            finish()
            downstream.cutResponse()
        }
    }

    func legEnded() {
        if trace.isOn { endLegTrace() }
        seat?.legEnded()
        if let leg = self.leg.take() { worker.giveBack(leg) }
    }

    func dropLeg() {
        if localToken != 0 {
            worker.forgetLocal(localToken)
            localToken = 0
        }
        guard let leg else { return }
        self.leg = nil
        if trace.isOn { endLegTrace() }
        leg.cancel()
        seat?.legEnded()
        worker.giveBack(leg)
    }

    // MARK: Failover by status

    func facts(_ downstream: DownstreamConnection, _ head: RequestHead) -> ChoiceFacts {
        ChoiceFacts(head: head, client: downstream.origin)
    }

    /// The first service's answer is one that the fallback takes over: its leg is given up, the request sent again.
    func retry(on next: ServerSeat, thrownAway: UInt64) {
        guard let head else { return }
        responseBytes = thrownAway
        worker.recordLeg(plan, seat, recordFacts(status: failover.lastStatus))
        dropLeg()
        responseBytes = 0
        guard let downstream else { return }
        fallBack(on: next, head: head, downstream: downstream)
    }

    /// Sends the request to the fallback's server, and copies of it to the mirrors that the way there has.
    private func fallBack(on next: ServerSeat, head: RequestHead, downstream: DownstreamConnection) {
        let passed = failover.mirroringPassed
        let way = failover.way
        let body = failover.takeBody()
        early = body
        startLeg(next, head: head, from: downstream.origin, downstream: downstream)
        guard !passed.isEmpty, state != .free else { return }
        guard let more = beginCopies(of: passed, head, from: downstream.origin, way: way) else { return }
        more.catchUp(with: body, isWhole: isRequestWhole)
        if let copies { copies.bring(more) } else { copies = more }
        if more.comparesAnswer { comparesAnswer = true }
        if more.wantsBody { downstream.expectChunks(true) }
    }

    func notePassiveFailure(of seat: ServerSeat, plan: GatewayPlan) {
        guard let check = seat.passiveCheck, let health = seat.health else { return }
        worker.passiveFailure(of: seat, health: health, check: check, plan: plan)
    }
}
