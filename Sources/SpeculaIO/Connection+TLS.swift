/// What a connection in TLS has beside a plain one; an object of its own, so that plain ones pay for a reference only.
final class TLSLayer {
    /// Nil before the handshake begins and after the connection's end.
    var session: TLSSession?
    /// Whom we connect to; nil on connections that were accepted.
    let peer: TLSPeer?
    /// Once the handshake is done.
    var info: TLSInfo?

    init(peer: TLSPeer?) { self.peer = peer }
}

/// TLS on a connection: the handshake, then ciphertext behind every receive and send.
///
/// Handlers see plaintext alone, and `connected` when the handshake is done. What was encrypted and not taken by the socket is
/// the session's backlog; nothing more is encrypted before that is gone, so that it never holds more than one call's.
extension Connection {
    /// The first byte of a record of handshake messages. (RFC 8446, section 5.1)
    private static var handshakeRecord: UInt8 { 0x16 }

    /// What the handshake agreed on; nil in the clear and before.
    package var tls: TLSInfo? { layer?.info }

    // MARK: Handshake

    /// Begins a session; returns false when the connection has ended over it.
    func beginTLS(_ session: TLSSession?, limit: Duration) -> Bool {
        guard let layer, let session else {
            fail(.tls(.setup))
            return false
        }
        layer.session = session
        state.insert(.handshaking)
        if limit > .zero { lingerTimer = owner.schedule(after: limit, for: self, tag: 0) }
        return true
    }

    /// The network has connected us: the handshake is next.
    func beginClientTLS() -> Bool {
        guard let layer, let peer = layer.peer else { return false }
        let session = peer.makeSession(owner.tlsMemory, wallClock: owner.wallClock())
        return beginTLS(session, limit: peer.context.configuration.handshakeTimeout)
    }

    /// The first bytes have come: whether they are TLS's, and so nobody else's.
    func beginsTLS(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int) -> Bool {
        state.remove(.sniffing)
        guard unsafe count > 0 && bytes[0] == Self.handshakeRecord else { return false }
        guard let context = handler?.clientHello(on: self) else {
            fail(.local)
            return true
        }
        layer = TLSLayer(peer: nil)
        state.remove(.connected)
        let session = context.makeSession(owner.tlsMemory, localAddress: localAddress())
        guard beginTLS(session, limit: context.handshakeTimeout), let session else { return true }
        guard unsafe count <= session.memory.incoming.count else {
            fail(.tls(.setup))
            return true
        }
        unsafe session.memory.incoming.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        session.feed(count)
        if advanceHandshake() { serve() }
        return true
    }

    /// Goes on with the handshake as far as it goes; returns whether it is done and the connection lives.
    func advanceHandshake() -> Bool {
        guard let session = layer?.session else { return false }
        if state.contains(.writable), !sendBacklog() { return false }
        var receives = 0
        while true {
            // Each step with something to look at may take a millisecond: the others come first.
            guard owner.handshakeStepsLeft > 0 || !session.hasInput else {
                session.keepInput(owner.pool)
                wantService()
                return false
            }
            if session.hasInput { owner.handshakeStepsLeft -= 1 }
            let step = session.handshake()
            sendOutput()
            if state.contains(.ended) { return false }
            switch step {
            case .done: return handshakeDone(session)
            case .failed(let failure):
                fail(.tls(failure))
                return false
            case .needsInput: break
            }
            guard state.contains(.readable) else {
                if state.contains(.writeDead) { fail(reason) }
                return false
            }
            guard receives < owner.limits.receivesPerTurn else {
                wantService()
                return false
            }
            receives += 1
            guard unsafe receiveCiphertext(session, upTo: session.memory.incoming.count) == .some(true) else {
                return false
            }
        }
    }

    private func handshakeDone(_ session: TLSSession) -> Bool {
        owner.cancel(lingerTimer)
        lingerTimer = .none
        layer?.info = session.agreed
        state.remove(.handshaking)
        state.insert(.secure)
        session.keepInput(owner.pool)
        if session.hasInput { state.insert(.readable) }
        return becomeConnected()
    }

    // MARK: Ending

    /// The closing alert before the FIN; returns whether all has left.
    func endTLS() -> Bool {
        guard let session = layer?.session else { return true }
        session.sayEnd()
        sendOutput()
        return session.backlog == nil && state.isDisjoint(with: [.ended, .writeDead])
    }

    /// The connection has ended: a last word if it was in good order, and nothing is kept.
    func dropTLS(politely: Bool) {
        guard let layer, let session = layer.session else { return }
        if politely && session.backlog == nil && state.contains([.secure, .writable]) {
            session.sayEnd()
            let output = unsafe session.memory.output
            if output.count > 0 { _ = unsafe owner.network.send(handle, output) }
        }
        session.memory.dropOutput()
        dropBacklog()
        layer.session = nil
    }
}

extension EventLoop {
    /// What TLS on this loop works in.
    var tlsMemory: TLSMemory {
        if let made = tlsWorkspace { return made }
        let made = TLSMemory()
        tlsWorkspace = made
        return made
    }

    /// Every second while some session has buffers.
    func trim(_ memory: TLSMemory) {
        guard memory.hasWarmSessions else {
            tlsTrim = nil
            return
        }
        if let tlsTrim {
            guard tlsTrim <= present else { return }
            memory.sweep()
        }
        tlsTrim = present.advanced(byNanoseconds: 1_000_000_000)
    }
}
