internal import SpeculaHTTP
internal import SpeculaIO

/// One connection to a server: parses what comes back and hands it to the leg that leases it.
///
/// ```
/// opening ──connected──▶ leased ──response and request whole──▶ idle (in the pool) ──lease──▶ leased
///    └──── failure ────▶ closed ◀──── failure, close, bytes while idle ────┘
/// ```
/// Invariants: a leg holds at most one connection and a connection at most one leg; bytes on an idle connection are an
/// error and close it; `closed` from the loop is the last call.
internal final class UpstreamConnection: ConnectionHandler {
    private enum Phase { case head, body, tunnel }

    let pool: ServerPool
    /// What is open on the loop; nil before and after.
    private(set) var wire: Connection?
    private var leg: UpstreamLeg?
    private var phase = Phase.head
    private var parser = ResponseParser()
    private let head = ResponseHead()
    private var decoder = BodyDecoder(.none)
    /// Bytes of the 1xx heads before the answer's.
    private var interimBytes = 0
    private var leftover = false
    var idleSince: Instant

    init(pool: ServerPool) {
        self.pool = pool
        idleSince = pool.loop.now
    }

    // MARK: Orders

    func open(to address: SocketAddress, for leg: UpstreamLeg) {
        self.leg = leg
        leg.opening(self)
        wire = pool.loop.connect(
            to: address, options: ConnectOptions(), lane: pool.key.lane, tls: pool.peer, handler: self)
    }

    /// Begins an exchange for `leg` on this connection; nil: it is open no longer.
    func begin(_ leg: UpstreamLeg) -> Connection? {
        guard let wire, !wire.isClosed, !wire.hasHalfClosedPeer else { return nil }
        if self.leg !== leg { self.leg = leg }
        phase = .head
        leftover = false
        interimBytes = 0
        head.reset()
        parser = ResponseParser()
        return wire
    }

    /// The exchange is over, its request whole.
    /// - Returns: Whether the answer ended cleanly: it may be used again. Else it is closed.
    func endExchange() -> Bool {
        leg = nil
        guard let connection = wire, !connection.isClosed else { return false }
        guard !leftover, head.keepAlive, !connection.hasHalfClosedPeer, connection.unsentBytes == 0 else {
            shut()
            return false
        }
        connection.receivesIntoChunks = false
        connection.resumeReading()
        head.rest()
        return true
    }

    /// Closes with a reset, so that what was sent cannot be taken for a whole request.
    func abort() {
        leg = nil
        wire?.reset()
    }

    func discard() {
        leg = nil
        shut()
    }

    /// Closes; what is unsent is lost, which a mirror must not take for the end of a request.
    private func shut() {
        guard let connection = wire else { return }
        if pool.key.lane == .mirror, connection.unsentBytes > 0 { connection.reset() } else { connection.close() }
    }

    /// Ends a connection whose request did not go out whole: a mirror must not take it for one, a server may know why.
    func leaveUnfinished() {
        if pool.key.lane == .mirror { abort() } else { discard() }
    }

    /// The fields behind the response's last chunk; nil, as nearly always, when there were none.
    var trailers: TrailerBlock? { decoder.trailersIfAny() }

    // MARK: ConnectionHandler

    func connected(_ connection: Connection) {
        pool.figures.noteOpened()
        guard let leg else {
            connection.close()
            return
        }
        leg.connected(self)
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        guard let leg else {
            // A server that talks out of turn is not trusted with another request.
            leftover = true
            pool.lost(self)
            connection.close()
            return bytes.count
        }
        var offset = 0
        // Whatever lets go of the leg, or of this connection for it, returns.
        while offset < bytes.count || phase == .body {
            switch phase {
            case .head:
                leg.sawResponseBytes()
                switch parser.consume(bytes.extracting(offset..<bytes.count), into: head, answering: leg.method) {
                case .needMore:
                    return bytes.count
                case .failed(let cause):
                    leg.failed(cause == .headTooLarge && interimBytes > 0 ? .interimTooLarge : .malformed)
                    return bytes.count
                case .complete(let used):
                    offset += used
                    if !accept(from: leg) { return bytes.count }
                }
            case .body:
                switch decoder.next(bytes, from: offset) {
                case .payload(let range):
                    offset = range.upperBound
                    leg.bodyArrived(bytes.extracting(range))
                    guard self.leg === leg else { return bytes.count }
                case .end(let end):
                    leftover = end < bytes.count
                    leg.responseEnded()
                    return bytes.count
                case .needMore:
                    return bytes.count
                case .refused:
                    leg.failed(.malformed)
                    return bytes.count
                }
            case .tunnel:
                leg.bodyArrived(bytes.extracting(offset..<bytes.count))
                return bytes.count
            }
        }
        return bytes.count
    }

    /// Takes a parsed head: passes an informational one on, begins the body of a final one.
    /// - Returns: Whether this connection still serves the leg.
    private func accept(from leg: UpstreamLeg) -> Bool {
        if head.status == 101 {
            guard leg.allowsUpgrade else {
                leg.failed(.malformed)
                return false
            }
            phase = .tunnel
            leg.headArrived(head)
            return self.leg === leg
        }
        if head.isInterim {
            leg.informationalArrived(head)
            guard self.leg === leg else { return false }
            // All of them have the room of one head: nobody may go on sending them for ever.
            interimBytes += head.byteCount
            head.reset()
            parser = ResponseParser(limits: HeadLimits(maxBytes: ResponseParser.maxHeadBytes - interimBytes))
            return true
        }
        phase = .body
        decoder.restart(head.framing)
        leg.headArrived(head)
        return self.leg === leg
    }

    func drained(_ connection: Connection) { leg?.drained() }

    func peerFinished(_ connection: Connection) {
        guard let leg else {
            pool.lost(self)
            connection.close()
            return
        }
        ended(leg, reset: false)
    }

    func closed(_ connection: Connection, reason: CloseReason) {
        pool.openConnections -= 1
        wire = nil
        guard let leg else {
            pool.lost(self)
            return
        }
        if leg.isConnecting {
            pool.figures.noteFailed()
            self.leg = nil
            if let failure = tlsFailure(reason) {
                leg.connectFailed(failure)
            } else {
                leg.attemptFailed(reason == .unreachable || reason == .noPorts ? .unreachable : .refused)
            }
            return
        }
        // With TLS 1.3 a server says only after the handshake that it does not accept us.
        if phase == .head, case .tls(.refused(let alert)) = reason {
            pool.failedTLS(.refused(alert))
            leg.failed(.tlsRefused)
        } else {
            ended(leg, reset: reason != .peer)
        }
    }

    /// What a handshake that failed means; nil: there was none.
    private func tlsFailure(_ reason: CloseReason) -> UpstreamFailure? {
        switch reason {
        case .tls(let failure):
            pool.failedTLS(failure)
            switch failure {
            case .untrusted, .malformed, .setup: return .tls
            case .refused, .truncated: return .tlsRefused
            case .timedOut: return .connectTimedOut
            }
        case .reset where pool.peer != nil:
            pool.failedTLS(.truncated)
            return .tlsRefused
        default: return nil
        }
    }

    private func ended(_ leg: UpstreamLeg, reset: Bool) {
        switch phase {
        case .head: leg.failed(reset ? .reset : .closedEarly)
        case .body:
            if !reset, decoder.mayEndByClose { leg.responseEnded() } else { leg.failed(.closedEarly) }
        case .tunnel: leg.responseEnded()
        }
    }
}

@available(*, unavailable)
extension UpstreamConnection: Sendable {}
