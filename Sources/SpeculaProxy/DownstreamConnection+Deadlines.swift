internal import SpeculaHTTP
internal import SpeculaIO

/// Idle connections, draining, and the one timer of a connection, moved only when it would be late.
extension DownstreamConnection {
    func becomeIdle() {
        phase = .head
        unsentWhenIdle = 0
        if leavesWhenIdle {
            close(lingering: false)
        } else {
            setDeadline(.idle)
        }
    }

    /// Waits for a request, and none has begun to arrive.
    var isIdle: Bool { phase == .head && head == nil }

    /// Since its last answer, or since it was opened; asked of an idle one.
    var idleSince: Instant {
        guard requests > 0 else { return openedAt }
        return Instant(nanoseconds: deadline.nanoseconds - min(deadline.nanoseconds, entryPoint.limits.idle))
    }

    /// The first request of one that has just been opened may be on its way.
    var isFresh: Bool { requests == 0 && age < Self.freshTime }

    /// Gives its descriptor back at once: it is idle.
    func makeRoom() {
        phase = .closing
        connection?.close()
    }

    /// Its entry point stops: an idle connection closes at once, a busy one with its response.
    ///
    /// The first request of one that has just been opened may be on its way: it has until `firstRequestTime`, as in Traefik.
    func drain() {
        leavesWhenIdle = true
        keepsAlive = keepsAlive && hasRespondedHead
        guard phase == .head, head == nil else { return }
        if requests == 0, age < Self.firstRequestTime { setDeadline(.first) } else { close(lingering: false) }
    }

    /// The grace time is over.
    func cut() {
        exchange?.clientLeft()
        exchange = nil
        connection?.close()
    }

    func close(lingering: Bool) {
        phase = .closing
        stopFeeding()
        unsentWhenIdle = 0
        setDeadline(unsentBytes > 0 ? .idle : .none)
        connection?.closeAfterFlush(lingering: lingering ? Self.lingering : .zero)
    }

    /// A client that still takes its last answer is not idle; one that took nothing of it all the while is.
    private func idleIsOver() {
        let left = unsentBytes
        if left == 0 {
            close(lingering: false)
        } else if left == unsentWhenIdle {
            connection?.close()
        } else {
            unsentWhenIdle = left
            setDeadline(.idle)
        }
    }

    /// A head has its own limit where one is set, else the whole request's.
    func awaitHead() { setDeadline(entryPoint.limits.head > 0 ? .head : .request) }

    func setDeadline(_ kind: Deadline) {
        let limit: UInt64 =
            switch kind {
            case .none: 0
            case .head: entryPoint.limits.head
            case .request: entryPoint.limits.read
            case .idle: entryPoint.limits.idle
            case .response: entryPoint.limits.write
            case .first: Self.firstRequestTime - min(age, Self.firstRequestTime)
            }
        guard limit > 0 else {
            deadlineKind = .none
            deadline = worker.now
            return
        }
        deadlineKind = kind
        deadline = worker.now.advanced(byNanoseconds: limit)
        // The timer is moved only when it would be late; one that is early looks again.
        if timer == .none || timerAt > deadline {
            if timer != .none { worker.cancel(timer) }
            timerAt = deadline
            timer = worker.schedule(at: deadline, for: self)
        }
    }

    func timerFired(_ id: TimerID, tag: Int) {
        timer = .none
        guard deadlineKind != .none else { return }
        if worker.now < deadline {
            timerAt = deadline
            timer = worker.schedule(at: deadline, for: self)
            return
        }
        let kind = deadlineKind
        deadlineKind = .none
        switch (kind, phase) {
        case (.request, .head), (.head, _):
            if head == nil { close(lingering: false) } else { refuse(.headTooSlow) }
        case (.request, .body):
            keepsAlive = false
            exchange?.requestTimedOut()
        case (.request, .discarding): close(lingering: false)
        case (.idle, _): idleIsOver()
        case (.first, _):
            if head == nil { close(lingering: false) }
        case (.response, _):
            exchange?.clientLeft()
            exchange = nil
            connection?.close()
        case (.request, .responding), (.request, .tunnel), (.request, .closing), (.none, _):
            break
        }
    }
}
