/// Accepts connections on one address and hands them to its handler, a few in each turn.
///
/// When descriptors or memory run out it pauses by timer, since an edge-triggered listener hears nothing more of those that
/// already wait: 100 ms, doubling to a second. From the second pause in a row on, one of the waiting is accepted with the
/// spare descriptor and closed, so that clients learn of it.
package final class Listener {
    private let owner: EventLoop
    private let handle: Handle
    private let address: SocketAddress
    private var handler: (any ListenerHandler)?
    private var retry = TimerID.none
    private var pauses = 0
    private var isOnList = false

    private static var shortestPause: Duration { .milliseconds(100) }

    init(loop: EventLoop, handle: Handle, address: SocketAddress, handler: any ListenerHandler) {
        owner = loop
        self.handle = handle
        self.address = address
        self.handler = handler
        loop.register(self, handle)
        loop.startListening(self)
    }

    /// Where it listens; the port is the real one when 0 was asked for.
    package var localAddress: SocketAddress { address }
    package var isClosed: Bool { handler == nil }
    package var loop: EventLoop { owner }

    /// Stops listening.
    ///
    /// Connections that wait in the kernel's queue are reset by it; see `acceptRemaining`.
    package func close() {
        guard handler != nil else { return }
        handler = nil
        owner.cancel(retry)
        owner.network.close(handle)
        owner.stopListening(self)
        owner.forget(handle)
    }

    /// Accepts everything that waits now, without the turn's limit, as before closing.
    package func acceptRemaining() { accept(limit: .max) }

    /// Something waits.
    func serve() {
        if !isOnList { accept(limit: owner.limits.acceptsPerTurn) }
    }

    func serveAgain() {
        isOnList = false
        serve()
    }

    private func accept(limit: Int) {
        var accepted = 0
        while let handler, accepted < limit {
            accepted += 1
            switch owner.network.accept(from: handle) {
            case .accepted(let socket, let peer):
                pauses = 0
                if !owner.handOver(socket, from: peer, to: address) { take(socket, from: peer, with: handler) }
            case .skipped: continue
            case .wouldBlock: return
            case .exhausted:
                if handler.descriptorsExhausted(on: self) && !isClosed { continue }
                return pause()
            case .failed(let error):
                close()
                handler.failed(self, error: error)
                return
            }
        }
        if !isClosed && !isOnList {
            isOnList = true
            owner.serveAgain(self)
        }
    }

    /// Another loop accepted this one for us.
    func take(_ socket: Handle, from peer: SocketAddress) {
        if let handler { take(socket, from: peer, with: handler) } else { owner.network.close(socket) }
    }

    private func take(_ socket: Handle, from peer: SocketAddress, with handler: any ListenerHandler) {
        owner.counts.accepted += 1
        let connection = Connection(loop: owner, peer: peer, lane: .production)
        connection.begin(socket, isConnecting: false)
        owner.noteAccepted(connection)
        handler.accepted(connection, on: self)
        if connection.handler == nil { connection.close() }
        owner.flushProduction()
    }

    private func pause() {
        guard !isClosed else { return }
        owner.counts.acceptPauses += 1
        if pauses > 0 && owner.network.shed(from: handle) { owner.counts.shed += 1 }
        let wait = min(Self.shortestPause * (1 << min(pauses, 4)), .seconds(1))
        pauses += 1
        owner.cancel(retry)
        retry = owner.schedule(after: wait, for: self, tag: 0)
    }
}

@available(*, unavailable)
extension Listener: Sendable {}

extension Listener: TimerTarget {
    /// The pause is over.
    ///
    /// Not for others to call.
    package func timerFired(_ id: TimerID, tag: Int) { serve() }
}
