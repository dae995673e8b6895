import SpeculaIO

/// A relay on the loop under test: what comes on one side leaves on the other, with back-pressure both ways.
///
/// Optionally every byte of the client is shared with a mirror, which must never be felt.
final class Relay: ListenerHandler {
    let loop: EventLoop
    let upstream: SocketAddress
    let mirror: SocketAddress?
    var open = 0
    var listener: Listener?
    private var connections: [Connection] = []

    /// Closes those that nobody ended, because their peers never answered.
    func closeHanging() {
        for connection in connections { connection.close() }
    }

    init(loop: EventLoop, upstream: SocketAddress, mirror: SocketAddress? = nil) {
        self.loop = loop
        self.upstream = upstream
        self.mirror = mirror
    }

    func listen(at address: SocketAddress, isShared: Bool = false) throws {
        let options = ListenOptions(isShared: isShared, probesFirst: false)
        listener = try loop.listen(on: ListenAddress(address), options: options, handler: self)
    }

    func accepted(_ connection: Connection, on listener: Listener) {
        let client = RelaySide(relay: self)
        let server = RelaySide(relay: self)
        client.connection = connection
        connection.handler = client
        connection.receivesIntoChunks = true
        client.other = server
        server.other = client
        open += 2
        let outgoing = loop.connect(to: upstream, lane: .production, handler: server)
        server.connection = outgoing
        connections += [connection, outgoing]
        if let mirror {
            let copy = CopySide(relay: self)
            open += 1
            copy.connection = loop.connect(to: mirror, lane: .mirror, handler: copy)
            client.copy = copy
            if let connection = copy.connection { connections.append(connection) }
        }
    }
}

/// One side of a relayed connection.
final class RelaySide: ConnectionHandler {
    let relay: Relay
    var connection: Connection?
    var other: RelaySide?
    var copy: CopySide?

    init(relay: Relay) { self.relay = relay }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        guard let target = other?.connection else { return bytes.count }
        if let copy {
            let slice = connection.shareReceived(0..<bytes.count)
            target.write(slice)
            copy.take(slice)
        } else {
            target.write(bytes)
        }
        if target.unsentBytes > 65_536 { connection.pauseReading() }
        return bytes.count
    }

    func drained(_ connection: Connection) { other?.connection?.resumeReading() }

    func peerFinished(_ connection: Connection) {
        other?.connection?.finishWriting()
        copy?.connection?.finishWriting()
    }

    func closed(_ connection: Connection, reason: CloseReason) {
        relay.open -= 1
        self.connection = nil
        let peer = other?.connection
        other = nil
        copy?.connection?.close()
        copy = nil
        // What the other side has still to send is sent, unless this side broke.
        if reason == .peer { peer?.closeAfterFlush(lingering: .seconds(1)) } else { peer?.close() }
    }
}

/// A mirror's side: takes at most 64 KiB ahead, then gives up.
final class CopySide: ConnectionHandler {
    let relay: Relay
    var connection: Connection?

    init(relay: Relay) { self.relay = relay }

    func take(_ slice: ByteSlice) {
        guard let connection else { return }
        if connection.unsentBytes > 65_536 { connection.reset() } else { connection.write(slice) }
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int { bytes.count }
    func peerFinished(_ connection: Connection) { connection.close() }

    func closed(_ connection: Connection, reason: CloseReason) {
        relay.open -= 1
        self.connection = nil
    }
}
