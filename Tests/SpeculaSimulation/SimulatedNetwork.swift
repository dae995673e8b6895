package import SpeculaIO

/// The network of one simulated loop: sockets as slots in a table, faults by chance, misuse noticed.
package final class SimulatedNetwork: Network {
    unowned let world: SimulatedWorld
    let name: String
    private var sockets: [Socket?] = []
    private var generation: UInt32 = 0
    private var reports: [Report] = []
    private var isWoken = false
    /// For what belongs to no link.
    private var ownRandom: SimulatedRandom
    /// Sockets that may be open at once; beyond, accept and connect find no descriptor.
    package var descriptorLimit = 100_000
    private var heldBack = 0

    final class Socket {
        let handle: Handle
        let end: LinkEnd?
        let listener: SimulatedListener?
        var local: SocketAddress
        var outcome = Connecting.done
        /// The loop has shut its side.
        var hasFinished = false

        init(handle: Handle, end: LinkEnd? = nil, listener: SimulatedListener? = nil, local: SocketAddress) {
            self.handle = handle
            self.end = end
            self.listener = listener
            self.local = local
        }
    }

    enum Connecting { case done, underWay, connected, failed(SystemError) }

    private struct Report {
        let handle: Handle
        var readiness: Readiness
        var place: UInt64 = 0
    }

    init(world: SimulatedWorld, name: String) {
        self.world = world
        self.name = name
        ownRandom = SimulatedRandom(seed: world.seed, part: name)
    }

    /// As if others had taken all descriptors but so many; what is open or held back remains.
    func leaveDescriptors(_ count: Int) { descriptorLimit = openSockets + heldBack + count }

    var openSockets: Int { sockets.count { $0 != nil } }
    var hasReports: Bool { isWoken || !reports.isEmpty }

    // MARK: Waiting

    package func wait(until deadline: Instant?, into events: EventBatch) -> Instant {
        var waiting: [Report] = []
        swap(&waiting, &reports)
        if isWoken {
            isWoken = false
            world.mark(.mailboxWake)
            events.append(.waker, .readable)
        }
        // In any order, yet that of two links never depends on a third.
        for index in waiting.indices { waiting[index].place = place(of: waiting[index].handle) }
        waiting.sort { $0.place < $1.place }
        for report in waiting {
            if events.isFull || isLate(report.handle) {
                world.mark(.lateReport)
                reports.append(report)
                continue
            }
            guard let socket = socket(report.handle) else {
                // The loop must tell by the generation that nobody is there.
                events.append(report.handle, report.readiness)
                continue
            }
            let readiness = report.readiness.union(socket.end?.readiness ?? [])
            world.note("\(name) report", report.handle.raw, UInt64(readiness.rawValue))
            events.append(report.handle, readiness)
            drawSpuriousReport(socket)
        }
        return world.now
    }

    private func place(of handle: Handle) -> UInt64 {
        var chance = SimulatedRandom(seed: (socket(handle)?.end?.identity ?? handle.raw) ^ world.now.nanoseconds)
        return chance.next()
    }

    private func isLate(_ handle: Handle) -> Bool {
        guard world.rates.lateReport > 0 else { return false }
        guard let end = socket(handle)?.end else { return ownRandom.chance(perMille: world.rates.lateReport) }
        return end.random.chance(perMille: world.rates.lateReport)
    }

    func report(_ handle: Handle, _ readiness: Readiness) {
        if let index = reports.firstIndex(where: { $0.handle == handle }) {
            world.mark(.mergedReports)
            reports[index].readiness.formUnion(readiness)
        } else {
            reports.append(Report(handle: handle, readiness: readiness))
        }
    }

    /// Once an instant, drawn by the link and the time alone.
    private func drawSpuriousReport(_ socket: Socket) {
        guard world.rates.spuriousReport > 0, let end = socket.end, end.lastReport != world.now else { return }
        end.lastReport = world.now
        if case .underWay = socket.outcome { return }
        var chance = SimulatedRandom(seed: ~end.identity ^ world.now.nanoseconds)
        guard chance.chance(perMille: world.rates.spuriousReport) else { return }
        world.mark(.spuriousReport)
        report(socket.handle, chance.chance(perMille: 500) ? [.readable, .writable] : .writable)
    }

    package func monotonicTime() -> Instant { world.now }

    package func wallClock() -> WallTime {
        let nanoseconds = world.wallNanoseconds
        return WallTime(
            seconds: nanoseconds / 1_000_000_000, nanoseconds: Int32(nanoseconds % 1_000_000_000))
    }

    package func random() -> UInt64 { ownRandom.next() }

    package func makeWaker() -> any LoopWaker { SimulatedWaker { [weak self] in self?.isWoken = true } }

    package func resolve(_ query: NameQuery, _ done: @escaping @Sendable (ResolveResult) -> Void) {
        world.lookUp(query, done)
    }

    // MARK: Opening and closing

    package func listen(on address: SocketAddress, options: ListenCall) -> OpenResult {
        switch world.claim(address, isShared: options.isShared) {
        case .failed(let error): return .failed(error)
        case .opened(let bound):
            let listener = SimulatedListener(address: bound, isShared: options.isShared, network: self)
            let socket = open { Socket(handle: $0, listener: listener, local: bound) }
            listener.handle = socket.handle
            world.listeners.append(listener)
            return .opened(socket.handle)
        }
    }

    package func accept(from listener: Handle) -> AcceptResult {
        guard let listening = use(listener, "accept")?.listener else { return .failed(.reset) }
        guard !listening.waiting.isEmpty else { return .wouldBlock }
        if isExhausted(&listening.waiting[0].end.random) {
            world.mark(.exhaustedAccept)
            return .exhausted(.tooManyDescriptors)
        }
        let (end, peer) = listening.waiting.removeFirst()
        if end.isReset { return .skipped }
        let socket = open { Socket(handle: $0, end: end, local: listening.address) }
        attach(socket, to: end)
        // As the kernel does when a descriptor is registered.
        report(socket.handle, end.readiness)
        world.note("\(name) accept", socket.handle.raw)
        return .accepted(socket.handle, peer: peer)
    }

    package func shed(from listener: Handle) -> Bool {
        guard let listening = use(listener, "shed")?.listener, !listening.waiting.isEmpty else { return false }
        world.mark(.shed)
        listening.waiting.removeFirst().end.close(byReset: false)
        return true
    }

    package func holdBack(_ count: Int) -> Int {
        if count == heldBack - 1, openSockets + heldBack >= descriptorLimit { world.mark(.reserveUsed) }
        heldBack = min(count, max(heldBack, descriptorLimit - openSockets, 0))
        return heldBack
    }

    package func connect(to address: SocketAddress, options: ConnectOptions) -> OpenResult {
        let target = "\(name) \(address)"
        var chance = SimulatedRandom(seed: world.seed, part: target, number: world.nextNumber(of: target))
        if isExhausted(&chance) {
            world.mark(.exhaustedConnect)
            return .failed(.tooManyDescriptors)
        }
        let profile = world.profile(for: address, &chance)
        let (end, far) = LinkEnd.makePair(world: world, profile: profile, random: &chance)
        let local = world.nextClientAddress()
        let socket = open { Socket(handle: $0, end: end, local: local) }
        socket.outcome = .underWay
        world.note("\(name) connect", socket.handle.raw)
        world.arrange(far, to: address, from: local) { [self] error in
            guard let socket = self.socket(socket.handle) else { return }
            if let error {
                socket.outcome = .failed(error)
                report(socket.handle, [.writable, .failed, .hungUp, .readable, .peerFinished])
            } else {
                socket.outcome = .connected
                attach(socket, to: end)
                report(socket.handle, end.readiness.union(.writable))
            }
        }
        return .opened(socket.handle)
    }

    package func connectOutcome(_ handle: Handle) -> SystemError? {
        guard let socket = use(handle, "connectOutcome") else { return .reset }
        switch socket.outcome {
        case .underWay: world.complain("\(name): asked for the outcome of a connect under way")
        case .failed(let error):
            // The kernel tells an error once.
            socket.outcome = .connected
            return error
        case .connected, .done:
            if let end = socket.end, end.owesError { return end.takeError() == .brokenPipe ? .brokenPipe : .reset }
        }
        return nil
    }

    package func close(_ handle: Handle) { shut(handle, byReset: false) }

    package func reset(_ handle: Handle) { shut(handle, byReset: true) }

    private func shut(_ handle: Handle, byReset: Bool) {
        guard let socket = use(handle, "close") else { return }
        world.note("\(name) close", handle.raw, byReset ? 1 : 0)
        sockets[handle.slot] = nil
        // A report that was made before stays: the loop must see that it is stale.
        if let end = socket.end {
            if case .underWay = socket.outcome { end.changed = nil }
            end.close(byReset: byReset)
        }
        if let listener = socket.listener {
            for waiting in listener.waiting { waiting.end.close(byReset: true) }
            listener.waiting = []
            world.listeners.removeAll { $0 === listener }
        }
    }

    package func localAddress(_ handle: Handle) -> SocketAddress? { use(handle, "localAddress")?.local }

    package func detach(_ handle: Handle) -> DetachedSocket? {
        guard let socket = use(handle, "detach"), let end = socket.end else { return nil }
        world.mark(.handedOver)
        world.note("\(name) detach", handle.raw)
        sockets[handle.slot] = nil
        end.changed = nil
        world.detached.append((end: end, local: socket.local))
        return DetachedSocket(number: world.detached.count - 1)
    }

    package func adopt(_ detached: DetachedSocket) -> OpenResult {
        guard let (end, local) = world.detached[detached.number] else {
            world.complain("\(name): adopted a socket twice")
            return .failed(.reset)
        }
        world.detached[detached.number] = nil
        let socket = open { Socket(handle: $0, end: end, local: local) }
        attach(socket, to: end)
        report(socket.handle, end.readiness)
        world.note("\(name) adopt", socket.handle.raw)
        return .opened(socket.handle)
    }

    private func open(_ make: (Handle) -> Socket) -> Socket {
        // Slots are used again at once, as descriptors are.
        let slot = sockets.firstIndex { $0 == nil } ?? sockets.count
        generation += 1
        let socket = make(Handle(slot: Int32(slot), generation: generation))
        if slot == sockets.count { sockets.append(socket) } else { sockets[slot] = socket }
        return socket
    }

    private func attach(_ socket: Socket, to end: LinkEnd) {
        let handle = socket.handle
        end.changed = { [weak self] readiness in self?.report(handle, readiness) }
    }

    private func isExhausted(_ chance: inout SimulatedRandom) -> Bool {
        if heldBack > 0, openSockets < descriptorLimit, openSockets + heldBack >= descriptorLimit {
            world.mark(.reserveKept)
        }
        return openSockets + heldBack >= descriptorLimit || chance.chance(perMille: world.rates.exhaustion)
    }

    private func socket(_ handle: Handle) -> Socket? {
        guard handle.slot < sockets.count, let socket = sockets[handle.slot], socket.handle == handle else {
            return nil
        }
        return socket
    }

    /// The socket of a handle in use; a closed one is misuse.
    private func use(_ handle: Handle, _ call: String) -> Socket? {
        guard let socket = socket(handle) else {
            world.complain("\(name): \(call) on a handle that is not open")
            return nil
        }
        return socket
    }

    // MARK: Bytes

    package func receive(_ handle: Handle, into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        guard let end = use(handle, "receive")?.end else { return .failed(.reset) }
        if buffer.count == 0 { world.complain("\(name): received into no room") }
        var limit = buffer.count
        let isPartial = end.unread > 1 && end.receiveRandom.chance(perMille: world.rates.partialReceive)
        if isPartial { limit = min(limit, 1 + end.receiveRandom.below(end.unread)) }
        let outcome = end.read(limit: limit) { bytes in
            unsafe bytes.withUnsafeBytes { unsafe buffer.copyMemory(from: $0) }
        }
        if case .bytes(let count) = outcome, count < buffer.count, end.unread > 0 {
            // As if the rest had come just afterwards, which is a new edge.
            world.mark(.partialReceive)
            report(handle, .readable)
        }
        return told(outcome, "\(name) receive", handle)
    }

    package func send(_ handle: Handle, _ bytes: UnsafeRawBufferPointer) -> IOResult {
        send(handle, unsafe Array(bytes))
    }

    package func send(_ handle: Handle, _ vectors: borrowing OutputVectors) -> IOResult {
        var bytes: [UInt8] = []
        for index in 0..<vectors.count { bytes += unsafe Array(vectors[index]) }
        return send(handle, bytes)
    }

    private func send(_ handle: Handle, _ bytes: [UInt8]) -> IOResult {
        guard let socket = use(handle, "send"), let end = socket.end else { return .failed(.reset) }
        if bytes.isEmpty { world.complain("\(name): sent nothing") }
        if socket.hasFinished { world.complain("\(name): sent after finishing") }
        if case .underWay = socket.outcome { return told(.wouldBlock, "\(name) send", handle) }
        var offered = bytes[...]
        if bytes.count > 1 && end.sendRandom.chance(perMille: world.rates.partialSend) {
            world.mark(.partialSend)
            offered = offered.prefix(1 + end.sendRandom.below(bytes.count - 1))
        }
        let outcome = end.send(offered)
        if case .bytes(let count) = outcome, count < bytes.count {
            if !end.waitsForRoom { report(handle, .writable) } else { world.mark(.sendBlocked) }
        }
        if outcome == .wouldBlock { world.mark(.sendBlocked) }
        if case .bytes(let count) = outcome { world.note(bytes: bytes.prefix(count)) }
        return told(outcome, "\(name) send", handle)
    }

    package func finishWriting(_ handle: Handle) {
        guard let socket = use(handle, "finishWriting") else { return }
        if socket.hasFinished { world.complain("\(name): finished twice") }
        socket.hasFinished = true
        world.note("\(name) finish", handle.raw)
        socket.end?.finish()
    }

    private func told(_ outcome: LinkEnd.Outcome, _ call: @autoclosure () -> String, _ handle: Handle) -> IOResult {
        switch outcome {
        case .bytes(let count):
            world.note(call(), handle.raw, UInt64(count))
            return .bytes(count)
        case .wouldBlock:
            world.note(call() + " blocks", handle.raw)
            return .wouldBlock
        case .end:
            world.note(call() + " end", handle.raw)
            return .end
        case .reset:
            world.note(call() + " reset", handle.raw)
            return .failed(.reset)
        case .brokenPipe:
            world.note(call() + " pipe", handle.raw)
            return .failed(.brokenPipe)
        }
    }
}

/// Wakes a simulated loop.
///
/// Sendable although the closure is not: a simulation has one thread, and `wake` is called on it.
private struct SimulatedWaker: LoopWaker, @unchecked Sendable {
    let action: () -> Void

    init(_ action: @escaping () -> Void) { self.action = action }

    func wake() { action() }
}
