/// How a connection is read: from reports to the handler, within the turn's budget.
extension Connection {
    /// Takes a report of the network down.
    func note(_ readiness: Readiness) {
        var seen: State = []
        if !readiness.isDisjoint(with: [.readable, .peerFinished, .failed, .hungUp]) { seen.insert(.readable) }
        if !readiness.isDisjoint(with: [.writable, .failed, .hungUp]) { seen.insert(.writable) }
        if !readiness.isDisjoint(with: [.peerFinished, .failed, .hungUp]) { seen.insert(.hungUp) }
        if !readiness.isDisjoint(with: [.failed, .hungUp]) {
            seen.insert(.sawError)
            // That a FIN was told does not tell of the reset behind it.
            if !state.contains(.sawError) { state.remove(.hangUpTold) }
        }
        state.formUnion(seen)
    }

    /// Goes on the loop's list unless it is there.
    func wantService() {
        guard state.isDisjoint(with: [.again, .ended]) else { return }
        state.insert(.again)
        owner.serveAgain(self)
    }

    func serveAgain() {
        state.remove(.again)
        serve()
    }

    /// Does what facts and wishes allow.
    func serve() {
        if state.contains(.ended) { return }
        if !state.isDisjoint(with: [.connecting, .handshaking]) && !completeOpening() { return }
        // A flush in between may have emptied the queue: `drained` is owed all the same.
        let owesSending = queue != nil || state.contains(.owesDrained)
        if state.contains(.writable) && owesSending && !sendWaiting() { return }
        if state.contains(.lingering) { return discard() }
        if state.contains(.readable) || kept != nil { read() }
    }

    /// Whether there is a connection now.
    private func completeOpening() -> Bool {
        if state.contains(.handshaking) { return advanceHandshake() }
        guard state.contains(.writable) else { return false }
        if let error = owner.network.connectOutcome(handle) {
            fail(CloseReason(error, isConnecting: true))
            return false
        }
        state.remove(.connecting)
        return layer == nil ? becomeConnected() : beginClientTLS() && advanceHandshake()
    }

    /// Tells so; returns whether the connection lives on.
    func becomeConnected() -> Bool {
        state.insert(.connected)
        if !state.contains(.lingering) { handler?.connected(self) }
        // A FIN that was wanted before there was a connection.
        if state.contains(.finishing) && !state.contains(.ended) { becomeDirty() }
        owner.flushProduction()
        return !state.contains(.ended)
    }

    private func read() {
        var reads = 0
        var bytes = 0
        while true {
            if state.contains(.paused) {
                // Whoever pauses and waits to be drained would wait for ever.
                return state.contains(.writeDead) ? fail(reason) : hintHangUp()
            }
            if kept != nil {
                guard redeliver() else { return }
                continue
            }
            guard state.contains(.readable), !state.contains(.readEnd) else {
                if state.contains(.sawError) { checkError() }
                return
            }
            guard reads < owner.limits.receivesPerTurn, bytes < owner.limits.receivedBytesPerTurn else {
                return wantService()
            }
            reads += 1
            let isInChunk = state.contains(.intoChunks)
            let isBulk = state.contains(.bulk)
            let target = unsafe isInChunk ? owner.roomToReceive(bulk: isBulk) : owner.buffer(bulk: isBulk)
            let outcome: IOResult
            if state.contains(.secure) {
                guard let plaintext = unsafe receiveSecurely(into: target) else { return }
                outcome = plaintext
            } else {
                outcome = unsafe owner.receive(handle, into: target)
            }
            switch outcome {
            case .bytes(let count):
                bytes += count
                if isBulk != (count >= owner.limits.receiveBytes) { state.formSymmetricDifference(.bulk) }
                // A short read means that the socket is empty; what comes later is reported, but a FIN already was.
                if count < target.count && state.isDisjoint(with: [.hungUp, .secure]) { state.remove(.readable) }
                if state.contains(.sniffing), unsafe beginsTLS(target, count) { return }
                if isInChunk {
                    guard unsafe deliverChunk(target.baseAddress, count) else { return }
                } else {
                    guard unsafe deliver(target.baseAddress, count) else { return }
                }
            case .wouldBlock:
                state.remove(.readable)
                if state.contains(.writeDead) { fail(reason) }
                return
            case .end: return readEnded()
            case .failed(let error): return fail(CloseReason(error, isConnecting: false))
            }
        }
    }

    /// Hands bytes over; returns whether to read on.
    private func deliver(_ base: UnsafeMutableRawPointer?, _ count: Int) -> Bool {
        guard let handler else {
            fail(.local)
            return false
        }
        unsafe owner.lentBase = unsafe base
        owner.lentCount = count
        state.remove(.resumed)
        let bytes = unsafe UnsafeBufferPointer(start: base?.assumingMemoryBound(to: UInt8.self), count: count)
        let taken = unsafe handler.received(bytes.span, on: self)
        if taken < count && state.isDisjoint(with: [.ended, .lingering]) { kept = share(max(taken, 0)..<count) }
        owner.lentCount = 0
        owner.flushProduction()
        return goesOn()
    }

    /// The same for bytes that were received into the loop's chunk.
    private func deliverChunk(_ base: UnsafeMutableRawPointer?, _ count: Int) -> Bool {
        owner.lendChunk(count)
        let isAlive = unsafe deliver(base, count)
        owner.takeChunkBack()
        return isAlive
    }

    /// Offers again what was not taken.
    private func redeliver() -> Bool {
        guard let handler, let rest = kept else {
            fail(.local)
            return false
        }
        kept = nil
        unsafe owner.lentBase = unsafe rest.chunk.base + Int(rest.start)
        owner.lentCount = rest.count
        owner.lentChunk = rest.chunk
        owner.lentOffset = Int(rest.start)
        state.remove(.resumed)
        let taken = rest.withBytes { handler.received($0, on: self) }
        owner.lentCount = 0
        if taken < rest.count && state.isDisjoint(with: [.ended, .lingering]) { kept = rest.dropFirst(taken) }
        // What is flushed may lie in the chunk.
        withExtendedLifetime(rest) { owner.flushProduction() }
        owner.lentChunk = nil
        return goesOn()
    }

    /// After a delivery: whether reading goes on at once.
    private func goesOn() -> Bool {
        if !state.isDisjoint(with: [.ended, .lingering]) { return false }
        guard kept != nil else { return true }
        if state.contains(.resumed) { wantService() } else { state.insert(.paused) }
        return false
    }

    private func readEnded() {
        state.remove(.readable)
        state.insert(.readEnd)
        if state.contains(.writeDead) { return fail(reason) }
        handler?.peerFinished(self)
        owner.flushProduction()
        if state.contains(.finished) && !state.contains(.ended) { fail(.peer) }
    }

    /// After the peer's FIN nothing is read; a reset then shows as an error alone.
    private func checkError() {
        guard state.contains(.readEnd), state.contains(.sawError), !state.contains(.ended) else { return }
        state.remove(.sawError)
        if let error = owner.network.connectOutcome(handle) { fail(CloseReason(error, isConnecting: false)) }
    }

    private func hintHangUp() {
        guard state.contains(.hungUp), !state.contains(.hangUpTold) else { return }
        state.insert(.hangUpTold)
        handler?.peerHungUp(self, wasReset: state.contains(.sawError))
        owner.flushProduction()
    }

    // MARK: For the handler

    /// Nothing more is received until `resumeReading`, beyond what this call was given.
    ///
    /// The kernel's window fills, the peer waits.
    package func pauseReading() { state.insert(.paused) }

    /// Bytes that were not taken are offered again soon, not inside this call; then reading goes on.
    package func resumeReading() {
        state.remove(.paused)
        state.insert(.resumed)
        if state.contains(.readable) || kept != nil { wantService() }
    }

    /// A slice of the bytes that `received` was given, to be kept beyond the call: without a copy when they are in a chunk.
    ///
    /// Only inside `received`. Fewer than 8 KiB are copied all the same, lest a few bytes keep a large chunk.
    package func shareReceived(_ range: Range<Int>) -> ByteSlice { share(range) }

    private func share(_ range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= owner.lentCount, "outside the bytes received")
        if let chunk = owner.lentChunk, range.count >= 8_192 || chunk.capacity <= 16_384 {
            owner.lentIsShared = true
            let start = owner.lentOffset + range.lowerBound
            return ByteSlice(chunk, from: start, to: start + range.count)
        }
        let copy = owner.pool.makeChunk(capacity: range.count)
        if let base = unsafe owner.lentBase {
            _ = unsafe copy.append(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        }
        return copy.slice()
    }
}

extension EventLoop {
    /// Whether the bytes are what `received` is being given right now.
    func isLent(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard lentCount > 0, let base = bytes.baseAddress, let lent = unsafe lentBase else { return false }
        return unsafe base >= UnsafeRawPointer(lent) && base + bytes.count <= UnsafeRawPointer(lent) + lentCount
    }

    /// The buffer to receive into when nothing of it is to be kept.
    func buffer(bulk: Bool) -> UnsafeMutableRawBufferPointer {
        unsafe bulk ? scratch : UnsafeMutableRawBufferPointer(rebasing: scratch[..<limits.receiveBytes])
    }

    /// Room in the chunk to receive into, at least 16 KiB; of a larger chunk, at least a quarter of it, for bulk.
    func roomToReceive(bulk: Bool) -> UnsafeMutableRawBufferPointer {
        if let chunk = receiveChunk {
            if !bulk || chunk.room >= limits.receiveBytes { return unsafe chunk.freeMemory }
            receiveChunk = nil
        }
        let chunk = pool.makeChunk(capacity: bulk ? limits.bulkReceiveBytes : limits.receiveBytes)
        receiveChunk = chunk
        return unsafe chunk.freeMemory
    }

    /// So many bytes came into that room and are about to be lent.
    func lendChunk(_ count: Int) {
        guard let chunk = receiveChunk else { return }
        lentOffset = chunk.count
        lentChunk = chunk
        lentIsShared = false
        chunk.setFilled(lentOffset + count)
    }

    /// Takes the room back when nobody shares what was received.
    func takeChunkBack() {
        guard let chunk = lentChunk else { return }
        lentChunk = nil
        if !lentIsShared { chunk.setFilled(lentOffset) }
        if chunk.room < 16_384 && receiveChunk === chunk { receiveChunk = nil }
    }
}
