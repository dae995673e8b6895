/// Who is open on a loop, and who has more to do.
extension EventLoop {
    /// Starts to connect.
    ///
    /// What comes of it is told by `connected` or `closed`, never inside this call.
    ///
    /// - Parameters:
    ///   - address: Where to.
    ///   - options: How.
    ///   - lane: Whose traffic it is to carry.
    ///   - tls: Speaks TLS with that server; `connected` comes after the handshake.
    ///   - handler: Is told.
    /// - Returns: The connection to be.
    package func connect(
        to address: SocketAddress, options: ConnectOptions = ConnectOptions(), lane: Lane,
        tls: TLSPeer? = nil, handler: any ConnectionHandler
    ) -> Connection {
        let connection = Connection(loop: self, peer: address, lane: lane)
        if let tls { connection.layer = TLSLayer(peer: tls) }
        connection.handler = handler
        var opened = network.connect(to: address, options: options)
        if case .failed(let error) = opened, error.isLackOfDescriptors, lane == .production, let roomHook {
            roomHook()
            opened = network.connect(to: address, options: options)
        }
        switch opened {
        // The kernel gives the lowest number that is free: this one tells how many are in use.
        case .opened(let handle) where lane == .mirror && handle.slot >= limits.mirrorDescriptors:
            network.close(handle)
            connection.fail(CloseReason(.tooManyDescriptors, isConnecting: true))
        case .opened(let handle): connection.begin(handle, isConnecting: true)
        case .failed(let error): connection.fail(CloseReason(error, isConnecting: true))
        }
        return connection
    }

    func register(_ connection: Connection, _ handle: Handle) {
        makeSlot(handle.slot)
        unsafe slots[handle.slot] = Slot(handle: handle, connection: .passRetained(connection))
        counts.openConnections += 1
    }

    func register(_ listener: Listener, _ handle: Handle) {
        makeSlot(handle.slot)
        unsafe slots[handle.slot] = Slot(handle: handle, listener: .passRetained(listener))
        counts.openListeners += 1
    }

    /// The connection was put on the list of ends, the listener has no more to say.
    func forget(_ handle: Handle) {
        let slot = unsafe slots[handle.slot]
        unsafe slots[handle.slot] = Slot()
        if let connection = unsafe slot.connection {
            counts.openConnections -= 1
            unsafe connection.release()
        } else if let listener = unsafe slot.listener {
            counts.openListeners -= 1
            // It may be serving this very moment.
            closedListeners.append(unsafe listener.takeRetainedValue())
            hasClosedListeners = true
        }
    }

    func makeSlot(_ index: Int) {
        guard index >= slotCount else { return }
        if index >= slotCapacity {
            while slotCapacity <= index { slotCapacity *= 2 }
            let larger = UnsafeMutablePointer<Slot>.allocate(capacity: slotCapacity)
            unsafe larger.moveInitialize(from: slots, count: slotCount)
            unsafe slots.deallocate()
            unsafe slots = larger
        }
        // What lies behind is not touched, and takes no memory.
        unsafe (slots + slotCount).initialize(repeating: Slot(), count: index + 1 - slotCount)
        slotCount = index + 1
    }

    /// The connection has more to do in the next turn, or still in this one.
    func serveAgain(_ connection: Connection) {
        waitingCount += 1
        if connection.lane == .production { again.append(connection) } else { mirrorsAgain.append(connection) }
    }

    func serveAgain(_ listener: Listener) {
        waitingCount += 1
        listenersAgain.append(listener)
    }

    func tellEnd(of connection: Connection) {
        waitingCount += 1
        ended.append(connection)
    }

    func takeQueue() -> SendQueue { spareQueues.popLast() ?? SendQueue() }

    func giveBack(_ queue: SendQueue) {
        if spareQueues.count < 64 { spareQueues.append(queue) }
    }
}
