package import SpeculaIO

/// A relay that takes TLS off or puts it on: scripted peers speak plainly on one side of it, the gateway TLS on the other.
///
/// Bytes pass with back-pressure, half closes and resets as they are; an end that TLS did not announce becomes a reset.
package final class TLSTunnel: ListenerHandler {
    package let loop: EventLoop
    /// Connections of both sides that are not closed yet.
    package private(set) var open = 0
    /// What ended handshakes and connections that broke.
    package private(set) var failures: [TLSFailure] = []
    /// Handshakes done on either side, and how many went on with a session.
    package private(set) var handshakes = 0
    package private(set) var resumptions = 0
    private let upstream: SocketAddress
    private let accepting: TLSServerContext?
    private let connecting: TLSPeer?
    private var listener: Listener?
    private var connections: [Connection] = []

    /// - Parameters:
    ///   - loop: Its own; a gateway's could not tell the difference.
    ///   - upstream: Where everything goes.
    ///   - accepting: Takes TLS off; plain bytes pass, too.
    ///   - connecting: Puts TLS on.
    package init(
        loop: EventLoop, upstream: SocketAddress, accepting: TLSServerContext? = nil, connecting: TLSPeer? = nil
    ) {
        self.loop = loop
        self.upstream = upstream
        self.accepting = accepting
        self.connecting = connecting
    }

    package func listen(at address: SocketAddress) throws {
        listener = try loop.listen(
            on: ListenAddress(address), options: ListenOptions(probesFirst: false), handler: self)
    }

    package func close() {
        listener?.close()
        for connection in connections { connection.close() }
    }

    package func accepted(_ connection: Connection, on listener: Listener) {
        let near = Side(self)
        let far = Side(self)
        near.connection = connection
        connection.handler = near
        connection.sniffsTLS = accepting != nil
        connection.receivesIntoChunks = open % 4 == 0
        near.other = far
        far.other = near
        open += 2
        let outgoing = loop.connect(to: upstream, lane: .production, tls: connecting, handler: far)
        far.connection = outgoing
        far.dial = loop.schedule(after: .seconds(5), for: far, tag: 0)
        connections += [connection, outgoing]
    }

    private final class Side: ConnectionHandler, TimerTarget {
        let tunnel: TLSTunnel
        var connection: Connection?
        var other: Side?
        /// Armed while the far side connects: a peer that never answers must not look like a server that is silent.
        var dial = TimerID.none

        init(_ tunnel: TLSTunnel) { self.tunnel = tunnel }

        func timerFired(_ id: TimerID, tag: Int) {
            dial = .none
            connection?.reset()
        }

        private func stopDialling() {
            tunnel.loop.cancel(dial)
            dial = .none
        }

        func connected(_ connection: Connection) {
            stopDialling()
            guard let info = connection.tls else { return }
            tunnel.handshakes += 1
            if info.isResumed { tunnel.resumptions += 1 }
        }

        func clientHello(on connection: Connection) -> TLSServerContext? { tunnel.accepting }

        func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
            guard let target = other?.connection else { return bytes.count }
            if connection.receivesIntoChunks {
                target.write(connection.shareReceived(0..<bytes.count))
            } else {
                target.write(bytes)
            }
            if target.unsentBytes > 65_536 { connection.pauseReading() }
            return bytes.count
        }

        func drained(_ connection: Connection) { other?.connection?.resumeReading() }

        func peerFinished(_ connection: Connection) { other?.connection?.finishWriting() }

        func closed(_ connection: Connection, reason: CloseReason) {
            tunnel.open -= 1
            stopDialling()
            self.connection = nil
            let peer = other?.connection
            other = nil
            if case .tls(let failure) = reason { tunnel.failures.append(failure) }
            switch reason {
            case .peer: peer?.closeAfterFlush(lingering: .seconds(1))
            case .local: peer?.close()
            default: peer?.reset()
            }
        }
    }
}
