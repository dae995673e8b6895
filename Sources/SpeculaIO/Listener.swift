/// Accepts connections on one address and hands them to its handler, a few in each turn.
///
/// When descriptors or memory run out it pauses by timer, since an edge-triggered listener hears nothing more of those that
/// already wait: 100 ms, doubling to a second. From the second pause in a row on, one of the waiting is accepted with the
/// spare descriptor and closed, so that clients learn of it. One that uses the loop's reserve is given a descriptor of it
/// first; the others wait until the reserve is whole again.
package final class Listener {
    private let owner: EventLoop
    private let handle: Handle
    private let address: SocketAddress
    private var handler: (any ListenerHandler)?
    private var retry = TimerID.none
    private var pauses = 0
    private var isOnList = false
    /// The socket is there and hears of connections.
    private var isListening = true
    /// Its clients are accepted with descriptors of the reserve when there are no others.
    package var usesReserve = false
    /// Accepts what still waits, to stop listening.
    private var isFinishing = false

    private static var shortestPause: Duration { .milliseconds(100) }
    /// What `finish` accepts at most: whoever comes while it does must not keep it from coming to an end.
    private static var mostWaiting: Int { 65_536 }

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

    /// Stops listening, once everything that waits has been accepted: nobody whose connection stands is reset.
    ///
    /// What other loops have accepted for this one and is on its way is still taken, until `close`.
    package func finish() {
        guard isListening else { return }
        isFinishing = true
        owner.takesNoMore()
        accept(limit: Self.mostWaiting)
        stopListening()
    }

    /// Stops listening and takes nothing more.
    ///
    /// Connections that wait in the kernel's queue are reset by it; see `finish`.
    package func close() {
        guard handler != nil else { return }
        handler = nil
        stopListening()
        owner.stopListening(self)
    }

    private func stopListening() {
        guard isListening else { return }
        isListening = false
        owner.cancel(retry)
        owner.network.close(handle)
        owner.forget(handle)
    }

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
        while let handler, isListening, accepted < limit {
            accepted += 1
            switch acceptOne() {
            case .accepted(let socket, let peer):
                pauses = 0
                let isGiven = !isFinishing && owner.handOver(socket, from: peer, to: address)
                if !isGiven { take(socket, from: peer, with: handler) }
            case .skipped: continue
            case .wouldBlock:
                owner.fillReserve()
                return
            case .exhausted:
                if mayUseReserve && owner.openReserve() { continue }
                if handler.descriptorsExhausted(on: self) && !isClosed { continue }
                return pause()
            case .failed(let error):
                close()
                handler.failed(self, error: error)
                return
            }
        }
        if isListening && !isFinishing && !isOnList {
            isOnList = true
            owner.serveAgain(self)
        }
    }

    /// Nobody who waits while it stops is to be lost for a reserve.
    private var mayUseReserve: Bool { usesReserve || isFinishing }

    private func acceptOne() -> AcceptResult {
        guard mayUseReserve || owner.fillReserve() else { return .exhausted(.tooManyDescriptors) }
        return owner.network.accept(from: handle)
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
        guard isListening else { return }
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
