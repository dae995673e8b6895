/// How a connection ends: at once, by a reset, or politely.
extension Connection {
    /// Ends the connection at once; unsent bytes are lost.
    ///
    /// `closed` follows at the end of the turn, with `.local`.
    package func close() { end(.local, byReset: false) }

    /// Ends it so that the peer sees a reset and cannot take what it got for something whole.
    package func reset() { end(.local, byReset: true) }

    /// Sends everything, then a FIN, and reads and drops what still comes until the peer finishes too.
    ///
    /// Closing with unread bytes would make the kernel send a reset, which destroys an answer under way (RFC 9112, section
    /// 9.6). The handler hears only `closed`. A peer that takes no bytes for a minute (`LoopLimits.closingStall`) is cut; after
    /// the FIN it has `lingering` in all, and 16 MiB. With zero the connection is closed as soon as everything was sent.
    package func closeAfterFlush(lingering: Duration) {
        guard state.isDisjoint(with: [.ended, .lingering]) else { return }
        if state.contains(.writeDead) { return fail(reason) }
        if state.contains(.handshaking) && queue == nil && regionCount == 0 { return fail(.local) }
        kept = nil
        state.formUnion([.lingering, .finishing])
        state.remove(.paused)
        lingerNanoseconds = UInt64(max(lingering.wholeNanoseconds, 0))
        lingerBytes = 0
        if !state.isDisjoint(with: [.connecting, .handshaking]) { waitForRoom() }
        if state.contains(.finished) { waitForPeer() } else { becomeDirty() }
    }

    /// Ends for a reason of the network's or the loop's own.
    func fail(_ reason: CloseReason) { end(reason, byReset: false) }

    private func end(_ reason: CloseReason, byReset: Bool) {
        guard !state.contains(.ended) else { return }
        state.insert(.ended)
        self.reason = reason
        if layer != nil { dropTLS(politely: reason == .local && !byReset && queue == nil && regionCount == 0) }
        regionCount = 0
        kept = nil
        dropQueue()
        owner.cancel(lingerTimer)
        if state.contains(.balanced) { owner.noteEnded() }
        if handle != .none {
            if byReset { owner.network.reset(handle) } else { owner.network.close(handle) }
            // At once: until the loop looks again, another one may have taken it for a client.
            if state.contains(.usesReserve) { owner.fillReserve() }
            // On the list of ends before off the table: one of them holds this object.
            owner.tellEnd(of: self)
            owner.forget(handle)
        } else {
            owner.tellEnd(of: self)
        }
    }

    /// From the loop, at the end of a turn.
    func tellEnd() {
        handler?.closed(self, reason: reason)
        handler = nil
    }

    // MARK: Lingering

    /// Bytes are left that the peer does not take; each time some were taken it has its time anew.
    func waitForRoom() {
        let deadline = owner.now + owner.limits.closingStall
        if !owner.move(lingerTimer, to: deadline) { lingerTimer = owner.schedule(at: deadline, for: self, tag: 0) }
    }

    /// The FIN is sent: the peer's turn, for the time that was granted.
    func waitForPeer() {
        if lingerNanoseconds == 0 || state.contains(.readEnd) { return fail(.local) }
        let deadline = owner.now.advanced(byNanoseconds: lingerNanoseconds)
        if !owner.move(lingerTimer, to: deadline) { lingerTimer = owner.schedule(at: deadline, for: self, tag: 0) }
        wantService()
    }

    /// Reads and drops, within the turn's budget.
    func discard() {
        var reads = 0
        while state.contains(.readable) && !state.contains(.ended) {
            guard reads < owner.limits.receivesPerTurn else { return wantService() }
            reads += 1
            switch unsafe owner.network.receive(handle, into: owner.scratch) {
            case .bytes(let count):
                lingerBytes += count
                if lingerBytes > owner.limits.lingeringBytes { return fail(.local) }
                if count < owner.limits.receiveBytes && !state.contains(.hungUp) { state.remove(.readable) }
            case .wouldBlock: state.remove(.readable)
            case .end:
                state.remove(.readable)
                state.insert(.readEnd)
                if state.contains(.finished) { fail(.local) }
            case .failed(let error): fail(CloseReason(error, isConnecting: false))
            }
        }
        if state.contains([.readEnd, .finished]) { fail(.local) }
    }
}

extension Connection: TimerTarget {
    /// The lingering or the time for a handshake is over.
    ///
    /// Not for others to call.
    package func timerFired(_ id: TimerID, tag: Int) { fail(state.contains(.lingering) ? .local : .tls(.timedOut)) }
}
