/// Accepts connections on one address and hands them to its handler, a few in each turn.
///
/// When descriptors or memory run out it pauses by timer, since an edge-triggered listener hears nothing more of those that
/// already wait: 100 ms, doubling to a second. From the second pause in a row on, one of the waiting is accepted with the
/// spare descriptor and closed, so that clients learn of it. One that uses the loop's reserve is given a descriptor of it
/// first; the others wait until the reserve is whole again.
///
/// One that is to stop goes on, by the same pauses, until all who have connected are in: nobody is shed then.
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
    private var isStopping = false
    /// Connections that `finish` may still accept.
    private var left = Listener.mostWaiting

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
    /// Is to stop, and some who have connected still wait for a descriptor.
    package var isFinishing: Bool { isStopping && isListening }

    /// Stops listening, once everything that waits has been accepted: nobody whose connection stands is reset.
    ///
    /// That is at once unless descriptors lack (`isFinishing`): then its handler is told, by `finished`, unless `close` comes
    /// first. What other loops have accepted for this one and is on its way is still taken, until `close`.
    package func finish() {
        guard isListening, !isStopping else { return }
        isStopping = true
        owner.takesNoMore()
        serve()
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

    /// All who had connected are in, or as many as may be.
    private func becomeFinished() {
        guard isListening, let handler else { return }
        stopListening()
        handler.finished(self)
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
        if isStopping { accept(limit: left) } else if !isOnList { accept(limit: owner.limits.acceptsPerTurn) }
    }

    func serveAgain() {
        isOnList = false
        serve()
    }

    private func accept(limit: Int) {
        var accepted = 0
        var isOfReserve = false
        while let handler, isListening, accepted < limit {
            accepted += 1
            switch acceptOne() {
            case .accepted(let socket, let peer):
                pauses = 0
                if isStopping { left -= 1 }
                // What is of this loop's reserve comes back to it, so it stays with this loop.
                let isGiven = !isStopping && !isOfReserve && owner.handOver(socket, from: peer, to: address)
                if !isGiven { take(socket, from: peer, with: handler, isOfReserve: isOfReserve) }
                isOfReserve = false
            case .skipped: continue
            case .wouldBlock:
                owner.fillReserve()
                if isStopping { becomeFinished() }
                return
            case .exhausted:
                isOfReserve = usesReserve && owner.openReserve()
                if isOfReserve { continue }
                if handler.descriptorsExhausted(on: self) && !isClosed { continue }
                return pause()
            case .failed(let error):
                close()
                handler.failed(self, error: error)
                if isStopping { handler.finished(self) }
                return
            }
        }
        if isStopping {
            becomeFinished()
        } else if isListening && !isOnList {
            isOnList = true
            owner.serveAgain(self)
        }
    }

    private func acceptOne() -> AcceptResult {
        guard usesReserve || owner.fillReserve() else { return .exhausted(.tooManyDescriptors) }
        return owner.network.accept(from: handle)
    }

    /// Another loop accepted this one for us.
    func take(_ socket: Handle, from peer: SocketAddress) {
        if let handler { take(socket, from: peer, with: handler) } else { owner.network.close(socket) }
    }

    private func take(
        _ socket: Handle, from peer: SocketAddress, with handler: any ListenerHandler, isOfReserve: Bool = false
    ) {
        owner.counts.accepted += 1
        let connection = Connection(loop: owner, peer: peer, lane: .production)
        connection.begin(socket, isConnecting: false)
        if isOfReserve { connection.state.insert(.usesReserve) }
        owner.noteAccepted(connection)
        handler.accepted(connection, on: self)
        if connection.handler == nil { connection.close() }
        owner.flushProduction()
    }

    private func pause() {
        guard isListening else { return }
        owner.counts.acceptPauses += 1
        if pauses > 0 && !isStopping && owner.network.shed(from: handle) { owner.counts.shed += 1 }
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
