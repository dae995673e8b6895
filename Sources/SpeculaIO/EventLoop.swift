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
    var tlsWorkspace: TLSMemory?
    /// Steps of handshakes with something to compute that this turn may still take.
    var handshakeStepsLeft = 0
    /// When buffers of idle TLS sessions are looked for.
    var tlsTrim: Instant?

    let events = EventBatch()
    let mailbox: LoopRemote
    var present: Instant
    var isStopped = false
    /// By slot; in memory of our own, without the checks of an array.
    var slots: UnsafeMutablePointer<Slot>
    var slotCount = 0
    var slotCapacity = 64
    /// Entries of the lists below together: a number is looked at for less than five arrays.
    var waitingCount = 0
    /// Connections that have more to do although nothing new was reported.
    var again: [Connection] = []
    var mirrorsAgain: [Connection] = []
    /// Connections of one of the two lists while they are served; of the mirrors' list, those from `nextMirror` on are still to come.
    var served: [Connection] = []
    var servedMirrors: [Connection] = []
    var nextMirror = 0
    var listenersAgain: [Listener] = []
    var ended: [Connection] = []
    var deferred: [Deferred] = []
    /// The deferred calls being made; kept for its room.
    var deferredNow: [Deferred] = []
    var listeners: [Listener] = []
    var balance: (shared: AcceptBalance, member: Int)?
    var closedListeners: [Listener] = []
    var hasClosedListeners = false
    var spareQueues: [SendQueue] = []
    var poolTrim: Instant?
    var lagHook: ((UInt64) -> Void)?
    var roomHook: (() -> Void)?
    /// Descriptors held back for listeners that use the reserve: as many as there should be, and as many as there are.
    var reserve = (wanted: 0, held: 0)

    /// Who has a handle; retained once.
    @safe
    struct Slot {
        var handle = Handle.none
        var connection: Unmanaged<Connection>?
        var listener: Unmanaged<Listener>?
    }

    struct Deferred {
        let target: any TimerTarget
        let tag: Int
    }

    package init(network: any Network, limits: LoopLimits = LoopLimits()) {
        self.network = network
        self.limits = limits
        present = network.monotonicTime()
        timers = TimerWheel(now: present)
        mailbox = LoopRemote(waker: network.makeWaker())
        unsafe scratch = .allocate(byteCount: max(limits.receiveBytes, limits.bulkReceiveBytes), alignment: 64)
        unsafe vectors = .allocate(capacity: OutputVectors.limit)
        unsafe vectors.initialize(repeating: OutputVector(base: nil, count: 0))
        unsafe slots = .allocate(capacity: slotCapacity)
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
        handshakeStepsLeft = limits.handshakeStepsPerTurn
        var isBusy = serveEvents()
        isBusy = serveAgain() || isBusy
        isBusy = serveTimers() || isBusy
        isBusy = serveJobs() || isBusy
        isBusy = serveDeferred() || isBusy
        flushAll()
        isBusy = serveEnds() || isBusy
        if hasClosedListeners { dropClosedListeners() }
        trimPool()
        if let tlsWorkspace { trim(tlsWorkspace) }
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
        var next = timers.nextDeadline() ?? .distantFuture
        if let poolTrim { next = min(next, poolTrim) }
        if let tlsTrim { next = min(next, tlsTrim) }
        return next == .distantFuture ? nil : next
    }

    /// Is told how long a turn took, in nanoseconds, which is how long what happened meanwhile had to wait: every eighth turn and
    /// every busy one.
    package func onTurn(_ hook: ((_ nanoseconds: UInt64) -> Void)?) { lagHook = hook }

    /// Is asked to close what is idle when production finds no descriptor to connect with, which it then tries once more.
    package func whenDescriptorsRunOut(_ hook: (() -> Void)?) { roomHook = hook }

    package var statistics: LoopStatistics {
        var statistics = counts
        statistics.timersArmed = timers.count
        statistics.chunksOut = pool.chunksOut - (receiveChunk == nil ? 0 : 1)
        statistics.chunkBytesOut = pool.bytesOut - (receiveChunk?.capacity ?? 0)
        return statistics
    }
}

@available(*, unavailable)
extension EventLoop: Sendable {}
