/// Sharing clients among the loops of a process.
extension EventLoop {
    /// From now on fresh connections go to the least busy loop when this one has far more than it.
    ///
    /// Before listening.
    package func join(_ shared: AcceptBalance) {
        if let member = shared.join(mailbox) { balance = (shared, member) }
    }

    func startListening(_ listener: Listener) {
        listeners.append(listener)
        if let balance { balance.shared.setOpen(balance.member, true) }
    }

    func stopListening(_ listener: Listener) {
        listeners.removeAll { $0 === listener }
        if listeners.isEmpty { takesNoMore() }
    }

    /// From now on other loops keep what they accept.
    func takesNoMore() {
        if let balance { balance.shared.setOpen(balance.member, false) }
    }

    func noteAccepted(_ connection: Connection) {
        guard let balance else { return }
        connection.state.insert(.balanced)
        balance.shared.opened(by: balance.member)
    }

    func noteEnded() {
        if let balance { balance.shared.ended(by: balance.member) }
    }

    /// Gives a fresh connection away if another loop should rather have it.
    func handOver(_ socket: Handle, from peer: SocketAddress, to address: SocketAddress) -> Bool {
        guard let balance, let place = balance.shared.betterPlace(than: balance.member),
            let detached = network.detach(socket)
        else { return false }
        let origin = mailbox
        let isPosted = place.post { loop in loop.receive(detached, from: peer, to: address, origin: origin) }
        if !isPosted { receive(detached, from: peer, to: address, origin: nil) }
        return true
    }

    /// A connection that another loop accepted; where nobody listens at that address it goes back.
    func receive(
        _ socket: DetachedSocket, from peer: SocketAddress, to address: SocketAddress, origin: LoopRemote?
    ) {
        let listener = listeners.first { $0.localAddress == address }
        if listener == nil, let origin,
            origin.post({ loop in loop.receive(socket, from: peer, to: address, origin: nil) })
        {
            return
        }
        guard case .opened(let handle) = network.adopt(socket) else { return }
        if let listener { listener.take(handle, from: peer) } else { network.close(handle) }
    }
}
