internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaRouting
internal import SpeculaUpstream

/// The primary's side of an exchange: its request goes out, its response comes back, a failover takes over.
extension Exchange: UpstreamLegClient {
    func legIsReady(_ leg: UpstreamLeg, on connection: Connection) {
        self.leg = leg
        guard let head, let seat, let downstream, let worker else { return }
        sentAt = worker.loop.currentTime()
        seat.writeHead(of: head, context: downstream.forward, body: .asReceived, on: connection)
        for slice in early { write(slice, on: connection) }
        if !early.isEmpty { early.removeAll(keepingCapacity: true) }
        if isRequestWhole {
            if isChunkedUpload { connection.composeLastChunk() }
            leg.finishRequest()
        } else if owesContinue, requestBytes == 0, continueTimer == .none {
            continueTimer = worker.loop.schedule(after: Self.expectTimeout, for: self, tag: 0)
        }
        // Also behind a whole request: who is not read cannot be seen to leave.
        resumeRequest()
    }

    func leg(_ leg: UpstreamLeg, informational head: ResponseHead) {
        guard let request = self.head else { return }
        if head.status == 100 {
            sendContinue()
        } else {
            downstream?.send(informational: head, of: request)
            pauseIfCongested(leg)
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
        guard continueTimer != .none else { return }
        worker?.loop.cancel(continueTimer)
        continueTimer = .none
    }

    func timerFired(_ id: TimerID, tag: Int) {
        continueTimer = .none
        sendContinue()
    }

    func leg(_ leg: UpstreamLeg, head: ResponseHead) {
        guard let worker, let downstream, let request = self.head else { return }
        seat?.noteHead(after: worker.loop.now.nanoseconds(since: startedAt))
        if failover.takesOver(head.status), let next = failover.next(facts(downstream, request)) {
            var thrownAway: UInt64 = 0
            if case .length(let count) = head.framing { thrownAway = count }
            retry(on: next, thrownAway: thrownAway, worker: worker)
            return
        }
        status = head.status
        if head.status == 101 {
            state = .tunnel
            downstream.send(head, of: request, cookies: cookies)
            downstream.becomeTunnel()
            return
        }
        state = .responding
        downstream.send(head, of: request, cookies: cookies)
    }

    func leg(_ leg: UpstreamLeg, body: Span<UInt8>) {
        guard let downstream else { return }
        if state == .tunnel {
            downstream.sendTunnel(body)
        } else {
            responseBytes += UInt64(body.count)
            downstream.send(body: body)
        }
        pauseIfCongested(leg)
    }

    /// The client takes less than the server sends: the server waits.
    private func pauseIfCongested(_ leg: UpstreamLeg) {
        guard let downstream, downstream.isCongested, !isLegPaused else { return }
        isLegPaused = true
        leg.pauseReading()
    }

    func legDrained(_ leg: UpstreamLeg) { resumeRequest() }

    func legFinished(_ leg: UpstreamLeg, trailers: TrailerBlock?) {
        legEnded(leg)
        guard let downstream else { return }
        if state == .tunnel {
            finish()
            downstream.finishTunnel()
            return
        }
        finish()
        downstream.sendEnd(trailers: trailers)
    }

    func legFailed(_ leg: UpstreamLeg, _ failure: UpstreamFailure) {
        legEnded(leg)
        worker?.shared.log.debug(
            "\(failure.status) from a server", metadata: ["error": "\(failure)", "url": seat?.plan.url ?? ""])
        guard let downstream, let worker, let request = head else { return }
        if state == .waiting, failover.takesOver(failure.status), let next = failover.next(facts(downstream, request)) {
            // The last leg's failure is counted with the exchange.
            notePassiveFailure()
            startLeg(next, worker: worker, head: request)
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

    func legEnded(_ leg: UpstreamLeg) {
        self.leg = nil
        seat?.legEnded()
        worker?.upstreams.giveBack(leg)
    }

    func dropLeg() {
        if localToken != 0 {
            worker?.forgetLocal(localToken)
            localToken = 0
        }
        guard let leg else { return }
        self.leg = nil
        leg.cancel()
        seat?.legEnded()
        worker?.upstreams.giveBack(leg)
    }

    // MARK: Failover by status

    func facts(_ downstream: DownstreamConnection, _ head: RequestHead) -> ChoiceFacts {
        ChoiceFacts(head: head, clientText: downstream.forward.clientAddress)
    }

    /// The first service's answer is one that the fallback takes over: its leg is given up, the request sent again.
    func retry(on next: ServerSeat, thrownAway: UInt64, worker: Worker) {
        guard let head else { return }
        responseBytes = thrownAway
        worker.recordLeg(plan, seat, recordFacts(status: failover.lastStatus))
        dropLeg()
        responseBytes = 0
        early = failover.takeBody()
        startLeg(next, worker: worker, head: head)
    }

    func notePassiveFailure() {
        guard let worker, let plan, let seat, let check = seat.passiveCheck, let health = seat.health else { return }
        worker.passiveFailure(of: seat, health: health, check: check, plan: plan)
    }
}
