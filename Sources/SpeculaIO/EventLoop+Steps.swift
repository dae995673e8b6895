/// The steps of a turn, each bounded.
extension EventLoop {
    // The calls of every request. They stay out of line: whatever is reached over two references (`owner.network`) is counted
    // up and down at each use, the receiver of a call is not.

    @inline(never)
    func receive(_ handle: Handle, into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        unsafe network.receive(handle, into: buffer)
    }

    @inline(never)
    func send(_ handle: Handle, _ bytes: UnsafeRawBufferPointer) -> IOResult { unsafe network.send(handle, bytes) }

    /// Every call out of the loop ends here.
    func flushProduction() {
        if !composers.production.isIdle { composers.production.flush() }
    }

    func flushAll() {
        flushProduction()
        if !composers.mirror.isIdle { composers.mirror.flush() }
    }

    func serveEvents() -> Bool {
        let count = events.count
        var index = 0
        while index < count {
            let (handle, readiness) = events.event(at: index)
            index += 1
            guard handle.slot < slotCount, unsafe slots[handle.slot].handle == handle else { continue }
            // Not retained: who closes goes from the table to the list of ends and stays there till the turn's end.
            if let connection = unsafe slots[handle.slot].connection {
                unsafe connection._withUnsafeGuaranteedRef { connection in
                    connection.note(readiness)
                    if connection.lane == .production { connection.serve() } else { connection.wantService() }
                }
            } else if let listener = unsafe slots[handle.slot].listener {
                unsafe listener._withUnsafeGuaranteedRef { $0.serve() }
            }
        }
        counts.events &+= count
        return count > 0
    }

    func serveAgain() -> Bool {
        guard waitingCount > 0 else { return false }
        // Whoever comes on a list while it is served waits for the next turn: a handler's call may put connections there.
        if !listenersAgain.isEmpty {
            var listeners: [Listener] = []
            swap(&listeners, &listenersAgain)
            waitingCount -= listeners.count
            for listener in listeners { listener.serveAgain() }
        }
        if !again.isEmpty {
            // Both buffers keep their room: a turn allocates nothing.
            swap(&again, &served)
            waitingCount -= served.count
            for connection in served { connection.serveAgain() }
            served.removeAll(keepingCapacity: true)
        }
        serveMirrors()
        return true
    }

    /// Serves mirrors in the order in which they came, a few a turn: in the next one production goes first again.
    func serveMirrors() {
        if servedMirrors.isEmpty {
            guard !mirrorsAgain.isEmpty else { return }
            swap(&mirrorsAgain, &servedMirrors)
        }
        var left = limits.mirrorsPerTurn
        while left > 0, nextMirror < servedMirrors.count {
            let connection = servedMirrors[nextMirror]
            nextMirror += 1
            waitingCount -= 1
            connection.serveAgain()
            left -= connection.state.contains(.again) ? 8 : 1
        }
        if nextMirror == servedMirrors.count {
            servedMirrors.removeAll(keepingCapacity: true)
            nextMirror = 0
        }
    }

    func serveTimers() -> Bool {
        timers.advance(to: present)
        var fired = 0
        while fired < limits.timersPerTurn, let timer = timers.popExpired(now: present) {
            counts.largestTimerLag = max(counts.largestTimerLag, present.nanoseconds(since: timer.deadline))
            timer.target.timerFired(timer.id, tag: timer.tag)
            flushProduction()
            fired += 1
        }
        counts.timersFired &+= fired
        return fired > 0
    }

    func serveJobs() -> Bool {
        guard mailbox.mayHaveJobs else { return false }
        let taken = mailbox.takeJobs()
        for job in taken {
            job(self)
            flushProduction()
        }
        counts.jobs &+= taken.count
        return !taken.isEmpty
    }

    func serveDeferred() -> Bool {
        guard waitingCount > 0, !deferred.isEmpty else { return false }
        swap(&deferredNow, &deferred)
        waitingCount -= deferredNow.count
        for index in deferredNow.indices {
            let entry = deferredNow[index]
            entry.target.timerFired(.none, tag: entry.tag)
            flushProduction()
        }
        deferredNow.removeAll(keepingCapacity: true)
        return true
    }

    func serveEnds() -> Bool {
        guard waitingCount > 0, !ended.isEmpty else { return false }
        var rounds = 0
        while !ended.isEmpty && rounds < limits.endRoundsPerTurn {
            rounds += 1
            var gone: [Connection] = []
            swap(&gone, &ended)
            waitingCount -= gone.count
            for connection in gone {
                connection.tellEnd()
                flushProduction()
            }
            flushAll()
        }
        return true
    }

    func dropClosedListeners() {
        hasClosedListeners = false
        closedListeners.removeAll()
    }

    /// A second after chunks became idle their pages go back.
    func trimPool() {
        guard pool.hasIdleMemory else {
            poolTrim = nil
            return
        }
        guard let due = poolTrim else {
            poolTrim = present.advanced(byNanoseconds: 1_000_000_000)
            return
        }
        if due <= present { releaseIdleMemory() }
    }
}
