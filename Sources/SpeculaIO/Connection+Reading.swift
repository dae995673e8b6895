/// How a connection is read: from reports to the handler, within the turn's budget.
extension Connection {
    /// Takes a report of the network down.
    func note(_ readiness: Readiness) {
        var seen: State = []
        if !readiness.isDisjoint(with: [.readable, .peerFinished, .failed, .hungUp]) { seen.insert(.readable) }
        if !readiness.isDisjoint(with: [.writable, .failed, .hungUp]) { seen.insert(.writable) }
        if !readiness.isDisjoint(with: [.peerFinished, .failed, .hungUp]) { seen.insert(.hungUp) }
        if !readiness.isDisjoint(with: [.failed, .hungUp]) { seen.insert(.sawError) }
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
        if state.contains(.connecting) && !completeConnect() { return }
        if state.contains(.writable) && queue != nil && !sendWaiting() { return }
        if state.contains(.lingering) { return discard() }
        if state.contains(.readable) || kept != nil { read() }
    }

    /// Whether there is a connection now.
    private func completeConnect() -> Bool {
        guard state.contains(.writable) else { return false }
        if let error = owner.network.connectOutcome(handle) {
            fail(CloseReason(error, isConnecting: true))
            return false
        }
        state.remove(.connecting)
        state.insert(.connected)
        handler?.connected(self)
        owner.flushProduction()
        return !state.contains(.ended)
    }

    private func read() {
        var reads = 0
        var bytes = 0
        while true {
            if state.contains(.paused) { return hintHangUp() }
            if let rest = kept {
                kept = nil
                guard redeliver(rest) else { return }
                continue
            }
            guard state.contains(.readable), !state.contains(.readEnd) else { return checkError() }
            guard reads < owner.limits.receivesPerTurn, bytes < owner.limits.receivedBytesPerTurn else {
                return wantService()
            }
            reads += 1
            let chunk = state.contains(.intoChunks) ? owner.chunkToReceive() : nil
            let target = unsafe chunk?.freeMemory ?? owner.scratch
            switch unsafe owner.network.receive(handle, into: target) {
            case .bytes(let count):
                bytes += count
                // A short read means that the socket is empty; what comes later is reported, but a FIN already was.
                if count < target.count && !state.contains(.hungUp) { state.remove(.readable) }
                guard unsafe deliver(target.baseAddress, count, of: chunk) else { return }
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
    private func deliver(_ base: UnsafeMutableRawPointer?, _ count: Int, of chunk: Chunk?) -> Bool {
        guard let handler else {
            fail(.local)
            return false
        }
        let offset = chunk?.count ?? 0
        owner.lentIsShared = false
        chunk?.setFilled(offset + count)
        unsafe owner.lent = unsafe Lent(base: base, count: count, chunk: chunk, offset: offset)
        state.remove(.resumed)
        let bytes = unsafe UnsafeBufferPointer(start: base?.assumingMemoryBound(to: UInt8.self), count: count)
        let taken = unsafe handler.received(bytes.span, on: self)
        let isEnded = state.contains(.ended)
        if taken < count && !isEnded && !state.contains(.lingering) {
            kept = share(max(taken, 0)..<count)
        }
        unsafe owner.lent = unsafe Lent()
        if let chunk { owner.received(into: chunk, from: offset) }
        owner.flushProduction()
        return goesOn()
    }

    private func redeliver(_ rest: ByteSlice) -> Bool {
        guard let handler else {
            fail(.local)
            return false
        }
        owner.lentIsShared = false
        unsafe owner.lent = unsafe Lent(
            base: rest.chunk.base + Int(rest.start), count: rest.count, chunk: rest.chunk, offset: Int(rest.start))
        state.remove(.resumed)
        let taken = rest.withBytes { handler.received($0, on: self) }
        unsafe owner.lent = unsafe Lent()
        if taken < rest.count && state.isDisjoint(with: [.ended, .lingering]) { kept = rest.dropFirst(taken) }
        owner.flushProduction()
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

    /// Nothing more is received until `resumeReading`, beyond what this call was given. The kernel's window fills, the peer waits.
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
        let lent = unsafe owner.lent
        let lentCount = unsafe lent.count
        precondition(range.lowerBound >= 0 && range.upperBound <= lentCount, "outside the bytes received")
        if let chunk = unsafe lent.chunk, range.count >= 8_192 || chunk.capacity <= 16_384 {
            owner.lentIsShared = true
            return unsafe ByteSlice(chunk, from: lent.offset + range.lowerBound, to: lent.offset + range.upperBound)
        }
        let copy = owner.pool.makeChunk(capacity: range.count)
        if let base = unsafe lent.base {
            _ = unsafe copy.append(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
        }
        return copy.slice()
    }
}

extension EventLoop {
    /// The chunk to receive into, with at least 16 KiB of room.
    func chunkToReceive() -> Chunk {
        if let chunk = receiveChunk, chunk.room >= 16_384 { return chunk }
        let chunk = pool.makeChunk(capacity: 65_536)
        receiveChunk = chunk
        return chunk
    }

    /// Takes the room back when nobody shares what was received.
    func received(into chunk: Chunk, from offset: Int) {
        if lentIsShared { lentIsShared = false } else { chunk.setFilled(offset) }
        if chunk.room < 16_384 { receiveChunk = nil }
    }
}
