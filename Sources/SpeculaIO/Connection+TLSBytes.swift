/// What passes through a session: ciphertext that comes and plaintext that goes.
extension Connection {
    /// Ciphertext waiting beyond which nothing more is read: a peer that asks for answers has to take them.
    private static var largestBacklog: Int { 65_536 }

    // MARK: Receiving

    /// Ciphertext from the socket to the session.
    ///
    /// - Returns: Whether some came; nil when the connection has ended over it.
    func receiveCiphertext(_ session: TLSSession, upTo limit: Int) -> Bool? {
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: session.memory.incoming[..<limit])
        switch unsafe owner.network.receive(handle, into: target) {
        case .bytes(let count):
            session.feed(count)
            if count < limit && !state.contains(.hungUp) { state.remove(.readable) }
            return true
        case .wouldBlock:
            state.remove(.readable)
            if !state.contains(.writeDead) { return false }
            fail(reason)
        case .end: fail(state.contains(.writeDead) ? reason : .tls(.truncated))
        case .failed(let error): fail(CloseReason(error, isConnecting: false))
        }
        return nil
    }

    /// Plaintext into the target; nil when there is none for now, or when the connection has ended over it.
    func receiveSecurely(into target: UnsafeMutableRawBufferPointer) -> IOResult? {
        guard let session = layer?.session else { return nil }
        let limit = unsafe min(session.memory.incoming.count, target.count)
        var total = 0
        var receives = 0
        var isEmpty = false
        while true {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: target[total...])
            let step = unsafe session.read(into: room)
            sendOutput()
            if state.contains(.ended) { return nil }
            switch step {
            case .bytes(let count):
                total += count
                if total < target.count { continue }
                // What is left lies in the loop's memory, or within OpenSSL.
                session.keepInput(owner.pool)
                state.insert(.readable)
                return .bytes(total)
            case .end:
                if total == 0 { return .end }
                state.insert(.readable)
                return .bytes(total)
            case .failed(let failure):
                if total > 0 {
                    state.insert(.readable)
                    return .bytes(total)
                }
                fail(.tls(failure))
                return nil
            case .needsInput: break
            }
            if total > 0 { return .bytes(total) }
            if isEmpty || !state.contains(.readable) { return nil }
            // `sendWaiting` reads on when it is gone.
            if (session.backlog?.count ?? 0) > Self.largestBacklog { return nil }
            guard receives < owner.limits.receivesPerTurn else {
                wantService()
                return nil
            }
            receives += 1
            guard receiveCiphertext(session, upTo: limit) == .some(true) else { return nil }
            isEmpty = !state.contains(.readable)
        }
    }

    // MARK: Sending

    /// Encrypts and sends; what the socket does not take is kept as ciphertext.
    func sendSecurely(_ bytes: UnsafeRawBufferPointer) -> IOResult {
        guard let session = layer?.session else { return .wouldBlock }
        if session.backlog != nil { return .wouldBlock }
        var sent = 0
        while sent < bytes.count && session.backlog == nil {
            let piece = min(bytes.count - sent, TLSMemory.largestWrite)
            guard unsafe session.write(UnsafeRawBufferPointer(rebasing: bytes[sent..<(sent + piece)])) else {
                fail(.tls(.setup))
                return .wouldBlock
            }
            sent += piece
            sendOutput()
            if !state.isDisjoint(with: [.ended, .writeDead]) { return .wouldBlock }
        }
        return .bytes(sent)
    }

    /// The same for the first vectors of the loop's.
    func sendSecurely(vectors used: Int) -> IOResult {
        var sent = 0
        for index in 0..<used {
            let vector = unsafe owner.vectors[index]
            let bytes = unsafe UnsafeRawBufferPointer(start: vector.base, count: vector.count)
            switch unsafe sendSecurely(bytes) {
            case .bytes(let count):
                sent += count
                if count < bytes.count { return .bytes(sent) }
            case let other: return sent > 0 ? .bytes(sent) : other
            }
        }
        return .bytes(sent)
    }

    /// Ciphertext that the session made goes out, behind what still waits.
    func sendOutput() {
        guard let session = layer?.session else { return }
        let output = unsafe session.memory.output
        guard output.count > 0 else { return }
        var sent = 0
        if session.backlog == nil && state.contains(.writable) {
            switch unsafe owner.network.send(handle, output) {
            case .bytes(let count): sent = count
            case .wouldBlock, .end: break
            case .failed(let error):
                session.memory.dropOutput()
                return writeFailed(error)
            }
        }
        if sent < output.count {
            let waiting = session.backlog ?? owner.takeQueue()
            session.backlog = waiting
            unsafe waiting.appendCopy(UnsafeRawBufferPointer(rebasing: output[sent...]), pool: owner.pool)
            state.remove(.writable)
            state.insert(.owesDrained)
            if state.contains(.lingering) { waitForRoom() }
        }
        session.memory.dropOutput()
    }

    /// Sends ciphertext that waits; returns whether the connection lives on.
    func sendBacklog() -> Bool {
        guard let session = layer?.session, let waiting = session.backlog else { return true }
        while state.contains(.writable) && !waiting.isEmpty {
            let (used, bytes) = unsafe waiting.fill(owner.vectors, limit: OutputVectors.limit, upTo: .max)
            switch unsafe owner.network.send(handle, OutputVectors(owner.vectors, used: used)) {
            case .bytes(let sent):
                waiting.consume(sent)
                if sent < bytes { state.remove(.writable) }
            case .wouldBlock, .end: state.remove(.writable)
            case .failed(let error):
                writeFailed(error)
                return !state.contains(.ended)
            }
        }
        if waiting.isEmpty {
            dropBacklog()
            // Reading may have stopped for it.
            state.insert(.readable)
        } else if state.contains(.lingering) {
            waitForRoom()
        }
        return true
    }

    func dropBacklog() {
        guard let session = layer?.session, let waiting = session.backlog else { return }
        session.backlog = nil
        waiting.removeAll()
        owner.giveBack(waiting)
    }
}
