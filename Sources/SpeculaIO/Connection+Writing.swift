package import SpeculaBytes

/// How a connection is written: gathered during a handler's call, sent once when it returns, queued only if not taken.
extension Connection {
    /// From here on bytes leave in a call of their own instead of being copied.
    private static var bigWrite: Int { 8_192 }

    /// Sends the bytes after everything written before.
    ///
    /// Small ones are gathered in the lane's compose buffer; 8 KiB and more are not copied: they go out at once together with what
    /// is gathered, or, when they are what `received` was given, when it returns. What the socket does not take is copied. On the mirror lane nothing leaves before the end of the turn. After the
    /// end or `finishWriting()` bytes are dropped.
    package func write(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { bytes in unsafe write(bytes) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        guard acceptsBytes, bytes.count > 0 else { return }
        guard bytes.count < Self.bigWrite else { return unsafe writeBig(bytes) }
        openRegion(for: bytes.count)
        if let source = bytes.baseAddress {
            unsafe (composer.base + composer.mark).copyMemory(from: source, byteCount: bytes.count)
        }
        extendRegion(by: bytes.count)
    }

    /// Sends the bytes of a slice after everything written before, without a copy.
    package func write(_ slice: ByteSlice) {
        guard acceptsBytes, !slice.isEmpty else { return }
        closeRegion()
        waitingQueue().append(slice)
        becomeDirty()
    }

    /// Sends the bytes of a block after everything written before, without a copy unless they are few.
    package func write(_ block: ByteBlock) {
        guard block.count >= Self.bigWrite else { return unsafe write(block.bytes) }
        guard acceptsBytes else { return }
        closeRegion()
        waitingQueue().append(block)
        becomeDirty()
    }

    /// Writes straight into the lane's compose buffer.
    ///
    /// - Parameters:
    ///   - count: How much room is wanted at most, up to 2 MiB.
    ///   - body: Fills from the front and returns how many bytes it used; must not write to any connection.
    @safe package func compose(upTo count: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        precondition(count >= 0 && count <= Composer.largestRegion, "more than a compose buffer's region")
        guard acceptsBytes else { return }
        openRegion(for: count)
        let used = unsafe body(UnsafeMutableRawBufferPointer(start: composer.base + composer.mark, count: count))
        precondition(used >= 0 && used <= count, "more was composed than there was room")
        extendRegion(by: used)
    }

    /// Written, but not yet taken by the socket.
    package var unsentBytes: Int { regionCount + (queue?.count ?? 0) + (layer?.session?.backlog?.count ?? 0) }

    /// Sends what was written so far without waiting for the end of the handler's call, which may have longer work to do.
    ///
    /// Calls no handler.
    package func sendWritten() {
        if state.contains(.dirty) { flush() }
    }

    /// Whether more than so many bytes are unsent; then `drained` follows in any case, even if the socket takes them all with this call.
    package func isCongested(above limit: Int) -> Bool {
        guard unsentBytes > limit else { return false }
        state.insert(.owesDrained)
        wantService()
        return true
    }

    /// Sends a FIN after everything unsent.
    ///
    /// Reading goes on.
    package func finishWriting() {
        guard acceptsBytes else { return }
        state.insert(.finishing)
        becomeDirty()
    }

    private var acceptsBytes: Bool { state.isDisjoint(with: [.ended, .finishing, .finished, .writeDead]) }

    // MARK: Regions

    /// Makes sure that this connection's region is the last one and that there is room behind it.
    private func openRegion(for count: Int) {
        if !composer.hasRoom(for: count) { composer.flush() }
        if regionCount > 0 && regionStart + regionCount != composer.mark { closeRegion() }
        if regionCount == 0 { regionStart = composer.mark }
    }

    private func extendRegion(by count: Int) {
        guard count > 0 else { return }
        composer.advance(by: count)
        regionCount += count
        becomeDirty()
    }

    /// Puts the region on the queue, in its place among slices.
    private func closeRegion() {
        guard regionCount > 0 else { return }
        unsafe waitingQueue().appendBorrowed(region)
        regionCount = 0
    }

    private var region: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: composer.base + regionStart, count: regionCount)
    }

    private func waitingQueue() -> SendQueue {
        if let queue { return queue }
        let taken = owner.takeQueue()
        queue = taken
        return taken
    }

    func becomeDirty() {
        guard !state.contains(.dirty) else { return }
        state.insert(.dirty)
        composer.wait(self)
    }

    private func writeBig(_ bytes: UnsafeRawBufferPointer) {
        closeRegion()
        let waiting = waitingQueue()
        if lane == .production, unsafe owner.isLent(bytes) {
            // What `received` was given stays until it has returned, and then this is sent, what is still to be written with it.
            unsafe waiting.appendBorrowed(bytes)
            becomeDirty()
            return
        }
        if lane == .mirror || !isOpenForSending {
            unsafe waiting.appendCopy(bytes, pool: owner.pool)
            becomeDirty()
            return
        }
        unsafe waiting.appendBorrowed(bytes)
        // Sends, and copies what is left: the bytes are lent for this call only.
        transmit()
    }

    private var isOpenForSending: Bool { state.contains([.connected, .writable]) }

    // MARK: Sending

    /// Sends what was gathered.
    ///
    /// Calls no handler; an error shows at the end of the turn.
    func flush() {
        state.remove(.dirty)
        if !state.isDisjoint(with: [.ended, .secure]), state.contains(.ended) || !sendBacklog() { return }
        if queue == nil && regionCount > 0 && isOpenForSending {
            flushRegion()
        } else if queue != nil || regionCount > 0 {
            closeRegion()
            transmit()
        }
        if !state.isDisjoint(with: [.finishing, .ended]) { finishIfFlushed() }
    }

    /// The way of almost every request: one region, one send.
    private func flushRegion() {
        let bytes = unsafe region
        regionCount = 0
        switch unsafe state.contains(.secure) ? sendSecurely(bytes) : owner.send(handle, bytes) {
        case .bytes(let sent) where sent == bytes.count: return
        case .bytes(let sent):
            state.remove(.writable)
            unsafe waitingQueue().appendCopy(UnsafeRawBufferPointer(rebasing: bytes[sent...]), pool: owner.pool)
        case .wouldBlock, .end:
            // Encrypted bytes may have met a socket that takes nothing any more.
            if !state.isDisjoint(with: [.ended, .writeDead]) { return }
            state.remove(.writable)
            unsafe waitingQueue().appendCopy(bytes, pool: owner.pool)
        case .failed(let error): return writeFailed(error)
        }
        state.insert(.owesDrained)
        if state.contains(.lingering) { waitForRoom() }
    }

    /// Sends the queue as far as it goes, and keeps the rest.
    private func transmit() {
        guard let queue else { return }
        var rounds = 0
        var budget = owner.limits.sentBytesPerTurn
        while isOpenForSending && !queue.isEmpty && rounds < 4 && budget > 0 {
            rounds += 1
            let (used, bytes) = unsafe queue.fill(owner.vectors, limit: OutputVectors.limit, upTo: budget)
            let result: IOResult
            if state.contains(.secure) {
                result = sendSecurely(vectors: used)
                if !state.isDisjoint(with: [.ended, .writeDead]) { return }
            } else if used == 1 {
                let only = unsafe owner.vectors[0]
                result = unsafe owner.network.send(handle, UnsafeRawBufferPointer(start: only.base, count: only.count))
            } else {
                result = unsafe owner.network.send(handle, OutputVectors(owner.vectors, used: used))
            }
            switch result {
            case .bytes(let sent):
                queue.consume(sent)
                budget -= sent
                if sent < bytes { state.remove(.writable) }
            case .wouldBlock, .end: state.remove(.writable)
            case .failed(let error): return writeFailed(error)
            }
        }
        if queue.isEmpty {
            dropQueue()
        } else {
            if queue.keep(pool: owner.pool, lent: owner.lentChunk) { owner.lentIsShared = true }
            state.insert(.owesDrained)
            if state.contains(.lingering) { waitForRoom() }
            if isOpenForSending { wantService() }
        }
    }

    /// The socket takes bytes again.
    ///
    /// Returns whether the connection lives on.
    func sendWaiting() -> Bool {
        if state.contains(.secure) && !sendBacklog() { return false }
        if !state.contains(.dirty) { transmit() } else { flush() }
        if state.contains(.ended) { return false }
        finishIfFlushed()
        if unsentBytes == 0 && state.contains(.owesDrained) && state.isDisjoint(with: [.ended, .lingering]) {
            state.remove(.owesDrained)
            handler?.drained(self)
            owner.flushProduction()
        }
        return !state.contains(.ended)
    }

    func dropQueue() {
        guard let dropped = queue else { return }
        queue = nil
        dropped.removeAll()
        owner.giveBack(dropped)
    }

    private func finishIfFlushed() {
        guard state.contains(.finishing), state.isDisjoint(with: [.finished, .ended]), unsentBytes == 0,
            state.contains(.connected)
        else { return }
        if state.contains(.secure) && !endTLS() { return }
        if state.contains(.lingering) && lingerNanoseconds == 0 { return fail(.local) }
        owner.network.finishWriting(handle)
        state.insert(.finished)
        if state.contains(.lingering) { waitForPeer() } else if state.contains(.readEnd) { fail(.peer) }
    }

    /// The peer takes nothing any more.
    ///
    /// What it sent before is still read, so that an early answer is not lost.
    func writeFailed(_ error: SystemError) {
        regionCount = 0
        dropQueue()
        dropBacklog()
        reason = CloseReason(error, isConnecting: false)
        if !state.isDisjoint(with: [.paused, .readEnd, .lingering]) { return fail(reason) }
        state.formUnion([.writeDead, .readable, .hungUp])
        wantService()
    }
}
