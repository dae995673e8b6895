/// One thread's world: waits for the network, calls the owners of connections, timers and jobs, and sends what they wrote.
///
/// A turn, always in this order: wait, clock, production's events, what production left unread (`again`), the mirrors',
/// timers, jobs from other threads, `later`, flush of the mirror lane, ends. Each step is bounded; what is left over makes
/// the next wait return at once. Production's writes leave as soon as the call that made them returns.
///
/// Bound to the thread that runs it; only `remote` may be given away.
@safe
package final class EventLoop {
    let network: any Network
    let limits: LoopLimits
    let timers: TimerWheel
    let pool = ChunkPool()
    let composers = (production: Composer(), mirror: Composer())
    let scratch: UnsafeMutableRawBufferPointer
    let vectors: UnsafeMutableBufferPointer<OutputVector>

    /// The memory that `received` is being called with, for `shareReceived`.
    var lentBase: UnsafeMutableRawPointer?
    var lentCount = 0
    /// That memory is this chunk's, from this offset.
    var lentChunk: Chunk?
    var lentOffset = 0
    /// Somebody took a slice of it without a copy.
    var lentIsShared = false
    /// The chunk that bodies are received into; the loop's, so that idle connections own none.
    var receiveChunk: Chunk?
    var counts = LoopStatistics()

    private let events = EventBatch()
    private let mailbox: LoopRemote
    private var present: Instant
    private var isStopped = false
    /// By slot; in memory of our own, without the checks of an array.
    private var slots: UnsafeMutablePointer<Slot>
    private var slotCount = 64
    /// Entries of the lists below together: a number is looked at for less than five arrays.
    private var waitingCount = 0
    /// Connections that have more to do although nothing new was reported.
    private var again: [Connection] = []
    private var mirrorsAgain: [Connection] = []
    /// Connections of one of the two lists while they are served.
    private var served: [Connection] = []
    private var listenersAgain: [Listener] = []
    private var ended: [Connection] = []
    private var deferred: [Deferred] = []
    private var closedListeners: [Listener] = []
    private var hasClosedListeners = false
    private var spareQueues: [SendQueue] = []
    private var poolTrim: Instant?
    private var lagHook: ((UInt64) -> Void)?

    /// Who has a handle; retained once.
    @safe
    private struct Slot {
        var handle = Handle.none
        var connection: Unmanaged<Connection>?
        var listener: Unmanaged<Listener>?
    }

    private struct Deferred {
        let target: any TimerTarget
        let tag: Int
    }

    package init(network: any Network, limits: LoopLimits = LoopLimits()) {
        self.network = network
        self.limits = limits
        present = network.monotonicTime()
        timers = TimerWheel(now: present)
        mailbox = LoopRemote(waker: network.makeWaker())
        unsafe scratch = .allocate(byteCount: limits.receiveBytes, alignment: 64)
        unsafe vectors = .allocate(capacity: OutputVectors.limit)
        unsafe vectors.initialize(repeating: OutputVector(base: nil, count: 0))
        unsafe slots = .allocate(capacity: slotCount)
        unsafe slots.initialize(repeating: Slot(), count: slotCount)
    }

    deinit {
        _ = mailbox.shut()
        unsafe scratch.deallocate()
        unsafe vectors.deallocate()
        unsafe slots.deallocate()
    }

    // MARK: Time and chance

    /// Read once a turn, after waiting.
    package var now: Instant { present }

    /// Reads the clock anew, for measuring.
    package func currentTime() -> Instant { network.monotonicTime() }

    package func wallClock() -> WallTime { network.wallClock() }

    package func random() -> UInt64 { network.random() }

    // MARK: Running

    /// Until `stop()`; afterwards nothing can be posted any more.
    package func run() {
        while !isStopped { _ = turn(wait: true) }
        _ = mailbox.shut()
        closeEverything()
    }

    /// Closes whatever is open and tells the ends; nothing is opened any more afterwards by a handler that keeps to the rules.
    package func closeEverything() {
        for index in 0..<slotCount {
            let slot = unsafe slots[index]
            if let connection = unsafe slot.connection { unsafe connection.takeUnretainedValue().close() }
            if let listener = unsafe slot.listener { unsafe listener.takeUnretainedValue().close() }
        }
        _ = serveEnds()
        dropClosedListeners()
    }

    /// Ends `run` after this turn.
    package func stop() { isStopped = true }

    package var isStopping: Bool { isStopped }

    package var remote: LoopRemote { mailbox }

    /// One turn.
    ///
    /// Whoever drives the loop himself asks `nextDeadline()` when the next one is due.
    ///
    /// - Parameter wait: Whether to wait for something to happen.
    /// - Returns: Whether anything was done.
    @discardableResult
    package func turn(wait: Bool) -> Bool {
        flushAll()
        events.removeAll()
        present = network.wait(until: wait ? nextDeadline() : Instant(nanoseconds: 0), into: events)
        counts.turns &+= 1
        var isBusy = serveEvents()
        isBusy = serveAgain() || isBusy
        isBusy = serveTimers() || isBusy
        isBusy = serveJobs() || isBusy
        isBusy = serveDeferred() || isBusy
        flushAll()
        isBusy = serveEnds() || isBusy
        if hasClosedListeners { dropClosedListeners() }
        trimPool()
        if let lagHook, counts.turns & 7 == 0 || events.count > 15 {
            lagHook(network.monotonicTime().nanoseconds(since: present))
        }
        return isBusy
    }

    /// When the loop wants its next turn even if nothing happens: in the past means at once, nil means never.
    package func nextDeadline() -> Instant? {
        if waitingCount > 0 || mailbox.mayHaveJobs || isStopped || !composers.production.isIdle
            || !composers.mirror.isIdle
        {
            return Instant(nanoseconds: 0)
        }
        guard let next = timers.nextDeadline() else { return poolTrim }
        guard let poolTrim else { return next }
        return min(next, poolTrim)
    }

    /// Is told how long a turn took, in nanoseconds, which is how long what happened meanwhile had to wait: every eighth turn and
    /// every busy one.
    package func onTurn(_ hook: ((_ nanoseconds: UInt64) -> Void)?) { lagHook = hook }

    package var statistics: LoopStatistics {
        var statistics = counts
        statistics.timersArmed = timers.count
        statistics.chunksOut = pool.chunksOut - (receiveChunk == nil ? 0 : 1)
        statistics.chunkBytesOut = pool.bytesOut - (receiveChunk?.capacity ?? 0)
        return statistics
    }

    // MARK: Timers

    /// Calls `target` once when the time has come, never inside this call.
    ///
    /// The target is held until then.
    package func schedule(at deadline: Instant, for target: any TimerTarget, tag: Int) -> TimerID {
        timers.schedule(at: deadline, for: target, tag: tag)
    }

    package func schedule(after delay: Duration, for target: any TimerTarget, tag: Int) -> TimerID {
        timers.schedule(at: present + delay, for: target, tag: tag)
    }

    /// Moves an armed timer; a store when it is moved to later, which is what idle timeouts do.
    ///
    /// - Returns: False when the timer has fired or was cancelled: schedule a new one.
    @discardableResult
    package func move(_ id: TimerID, to deadline: Instant) -> Bool { timers.move(id, to: deadline) }

    /// Ignores a timer that has fired or was cancelled.
    package func cancel(_ id: TimerID) { timers.cancel(id) }

    /// Calls `target` at the end of this turn, with `TimerID.none`, before the loop sleeps.
    package func later(_ target: any TimerTarget, tag: Int) {
        waitingCount += 1
        deferred.append(Deferred(target: target, tag: tag))
    }

    // MARK: Chunks and names

    /// An empty chunk with room for at least `capacity` bytes.
    package func makeChunk(capacity: Int) -> Chunk { pool.makeChunk(capacity: capacity) }

    /// Gives the pages of idle chunks back at once instead of in a second.
    package func releaseIdleMemory() {
        receiveChunk = nil
        pool.releaseIdle()
        poolTrim = nil
    }

    /// Looks a name up.
    ///
    /// Literal addresses are answered without leaving the thread.
    ///
    /// - Parameters:
    ///   - host: A name, or an address, an IPv6 address with or without brackets.
    ///   - lane: Mirrors' lookups take two of the four threads at most.
    ///   - isRefresh: All addresses of the last answer failed: ask again before the answer is old.
    ///   - done: Called on the loop, never inside this call. The addresses' ports are 0.
    package func resolve(
        _ host: String, lane: Lane, isRefresh: Bool = false, _ done: @escaping (ResolveResult) -> Void
    ) {
        let waiting = Lookup(done)
        if let literal = SocketAddress(host: host, port: 0) {
            waiting.answer = .addresses([literal])
            later(waiting, tag: 0)
            return
        }
        let ticket = LookupTicket(waiting)
        let mailbox = mailbox
        network.resolve(NameQuery(host: host, lane: lane, isRefresh: isRefresh)) { answer in
            mailbox.post { _ in ticket.lookup.finish(answer) }
        }
    }

    // MARK: Connections

    /// Starts to connect.
    ///
    /// What comes of it is told by `connected` or `closed`, never inside this call.
    package func connect(
        to address: SocketAddress, options: ConnectOptions = ConnectOptions(), lane: Lane,
        handler: any ConnectionHandler
    ) -> Connection {
        let connection = Connection(loop: self, peer: address, lane: lane)
        connection.handler = handler
        switch network.connect(to: address, options: options) {
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

    private func makeSlot(_ index: Int) {
        guard index >= slotCount else { return }
        var count = slotCount
        while count <= index { count *= 2 }
        let larger = UnsafeMutablePointer<Slot>.allocate(capacity: count)
        unsafe larger.moveInitialize(from: slots, count: slotCount)
        unsafe (larger + slotCount).initialize(repeating: Slot(), count: count - slotCount)
        unsafe slots.deallocate()
        unsafe slots = larger
        slotCount = count
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

    // MARK: Steps of a turn

    /// Every call out of the loop ends here.
    func flushProduction() {
        if !composers.production.isIdle { composers.production.flush() }
    }

    private func flushAll() {
        flushProduction()
        if !composers.mirror.isIdle { composers.mirror.flush() }
    }

    private func serveEvents() -> Bool {
        let count = events.count
        var index = 0
        while index < count {
            let (handle, readiness) = events.event(at: index)
            index += 1
            guard handle.slot < slotCount, unsafe slots[handle.slot].handle == handle else { continue }
            // Not retained: who closes goes from the table to the list of ends and stays there till the turn's end.
            if let connection = unsafe slots[handle.slot].connection {
                unsafe connection._withUnsafeGuaranteedRef { connection in
                    connection.note(readiness)
                    if connection.lane == .production { connection.serve() } else { connection.wantService() }
                }
            } else if let listener = unsafe slots[handle.slot].listener {
                unsafe listener._withUnsafeGuaranteedRef { $0.serve() }
            }
        }
        counts.events &+= count
        return count > 0
    }

    private func serveAgain() -> Bool {
        guard waitingCount > 0 else { return false }
        // Whoever comes on a list while it is served waits for the next turn: a handler's call may put connections there.
        if !listenersAgain.isEmpty {
            var listeners: [Listener] = []
            swap(&listeners, &listenersAgain)
            waitingCount -= listeners.count
            for listener in listeners { listener.serveAgain() }
        }
        if !again.isEmpty {
            swap(&again, &served)
            serveSwapped()
        }
        if !mirrorsAgain.isEmpty {
            swap(&mirrorsAgain, &served)
            serveSwapped()
        }
        return true
    }

    /// Serves the connections that were swapped out of a list.
    ///
    /// Both buffers keep their room: a turn allocates nothing.
    private func serveSwapped() {
        waitingCount -= served.count
        for connection in served { connection.serveAgain() }
        served.removeAll(keepingCapacity: true)
    }

    private func serveTimers() -> Bool {
        timers.advance(to: present)
        var fired = 0
        while fired < limits.timersPerTurn, let timer = timers.popExpired(now: present) {
            counts.largestTimerLag = max(counts.largestTimerLag, present.nanoseconds(since: timer.deadline))
            timer.target.timerFired(timer.id, tag: timer.tag)
            flushProduction()
            fired += 1
        }
        counts.timersFired &+= fired
        return fired > 0
    }

    private func serveJobs() -> Bool {
        guard mailbox.mayHaveJobs else { return false }
        let taken = mailbox.takeJobs()
        for job in taken {
            job(self)
            flushProduction()
        }
        counts.jobs &+= taken.count
        return !taken.isEmpty
    }

    private func serveDeferred() -> Bool {
        guard waitingCount > 0, !deferred.isEmpty else { return false }
        var waiting: [Deferred] = []
        swap(&waiting, &deferred)
        waitingCount -= waiting.count
        for entry in waiting {
            entry.target.timerFired(.none, tag: entry.tag)
            flushProduction()
        }
        return true
    }

    private func serveEnds() -> Bool {
        guard waitingCount > 0, !ended.isEmpty else { return false }
        var rounds = 0
        while !ended.isEmpty && rounds < limits.endRoundsPerTurn {
            rounds += 1
            var gone: [Connection] = []
            swap(&gone, &ended)
            waitingCount -= gone.count
            for connection in gone {
                connection.tellEnd()
                flushProduction()
            }
            flushAll()
        }
        return true
    }

    private func dropClosedListeners() {
        hasClosedListeners = false
        closedListeners.removeAll()
    }

    /// A second after chunks became idle their pages go back.
    private func trimPool() {
        guard pool.hasIdleMemory else {
            poolTrim = nil
            return
        }
        guard let due = poolTrim else {
            poolTrim = present.advanced(byNanoseconds: 1_000_000_000)
            return
        }
        if due <= present { releaseIdleMemory() }
    }
}

@available(*, unavailable)
extension EventLoop: Sendable {}

/// A lookup that someone waits for.
private final class Lookup: TimerTarget {
    private let done: (ResolveResult) -> Void
    var answer: ResolveResult?

    init(_ done: @escaping (ResolveResult) -> Void) { self.done = done }

    func finish(_ answer: ResolveResult) { done(answer) }

    func timerFired(_ id: TimerID, tag: Int) {
        if let answer { done(answer) }
    }
}

/// Carries a lookup through the resolver's threads back to its loop.
///
/// Sendable although the lookup is not: the threads in between only hold and forward it, the lookup is used by the job
/// that runs on its own loop. When the loop has ended before the answer came, it is let go unused on the answering thread.
private struct LookupTicket: @unchecked Sendable {
    let lookup: Lookup

    init(_ lookup: Lookup) { self.lookup = lookup }
}
