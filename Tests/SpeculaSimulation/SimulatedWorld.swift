package import SpeculaIO

/// A network, a clock and the peers that do not exist: everything a loop could meet, from one seed, on one thread.
///
/// ```swift
/// let world = SimulatedWorld(seed: 7)
/// let loop = world.makeLoop()
/// let server = world.serve(at: address) { _ in [.receive(until: "\r\n\r\n"), .send("HTTP/1.1 200 OK\r\n…")] }
/// …
/// #expect(world.run(until: { client.isDone }))
/// #expect(world.complaints.isEmpty)
/// ```
/// Loops are turned in seeded order; time passes when nothing is left to do at the present instant. Two runs of one seed give the
/// same `transcript`.
package final class SimulatedWorld {
    package let seed: UInt64
    /// Faults drawn by chance; none unless set.
    package var rates = FaultRates.none
    /// What a loop's turn takes at most, in nanoseconds; zero: work takes no time, so that one connection's work delays no other.
    package var turnNanoseconds = 20_000
    var random: SimulatedRandom
    private var numbers: [String: Int] = [:]
    private var time: UInt64 = 1_000_000_000_000
    private var wallOffset: Int64 = 1_700_000_000_000_000_000
    private var agenda = Agenda()
    private var members: [Member] = []
    private var turnsWithoutTime = 0
    var listeners: [SimulatedListener] = []
    var servers: [SimulatedServer] = []
    var names: [(host: String, answer: SimulatedName)] = []
    var blackholes: [SocketAddress] = []
    /// Sockets on their way between loops; nil once adopted.
    var detached: [(end: LinkEnd, local: SocketAddress)?] = []
    var nextPort: UInt16 = 40_000
    private var marks: [CoverageMark: Int] = [:]
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    private var found: [String] = []
    /// When set, is told every line of the transcript: for looking at a failing seed.
    package var trace: ((String) -> Void)?

    private var ends: [LinkEnd] = []
    private var clients: [SimulatedPeer] = []

    private struct Member {
        let loop: EventLoop
        let network: SimulatedNetwork
    }

    package init(seed: UInt64) {
        self.seed = seed
        random = SimulatedRandom(seed: seed)
    }

    deinit {
        for end in ends {
            end.other = nil
            end.changed = nil
        }
    }

    /// Counts the things of one name, from 0.
    func nextNumber(of name: String) -> Int {
        let number = numbers[name, default: 0]
        numbers[name] = number + 1
        return number
    }

    func own(_ end: LinkEnd) { ends.append(end) }

    func own(_ client: SimulatedPeer) { clients.append(client) }

    // MARK: Loops and time

    /// A loop on this network.
    package func makeLoop(limits: LoopLimits = LoopLimits(), name: String = "loop") -> EventLoop {
        let network = SimulatedNetwork(world: self, name: "\(name)\(members.count)")
        let loop = EventLoop(network: network, limits: limits)
        members.append(Member(loop: loop, network: network))
        return loop
    }

    /// A network without a loop, for looking at the seam itself.
    package func makeNetwork() -> SimulatedNetwork { SimulatedNetwork(world: self, name: "bare") }

    package var now: Instant { Instant(nanoseconds: time) }

    /// Since the run began.
    package var elapsed: Duration { .nanoseconds(Int64(time - 1_000_000_000_000)) }

    var wallNanoseconds: Int64 { Int64(time) + wallOffset }

    /// Does something when its time has come.
    package func after(_ delay: Duration, _ action: @escaping () -> Void) {
        agenda.add(at: (now + delay).nanoseconds, action)
    }

    func after(nanoseconds: UInt64, _ action: @escaping () -> Void) { agenda.add(at: time + nanoseconds, action) }

    /// The monotonic clock jumps forward, as after a machine was asleep.
    package func jumpClock(by step: Duration) {
        mark(.clockJump)
        time = (now + step).nanoseconds
    }

    /// The wall clock is set, either way.
    package func setWallClock(ahead step: Duration) {
        mark(.wallClockSet)
        wallOffset += step.wholeNanoseconds
    }

    /// Runs until the condition holds.
    ///
    /// - Parameters:
    ///   - condition: Looked at between turns.
    ///   - limit: Virtual time that may pass meanwhile.
    /// - Returns: False when the time was over, nothing at all was left to happen, or a loop span without end.
    @discardableResult
    package func run(until condition: () -> Bool, limit: Duration = .seconds(120)) -> Bool {
        let deadline = now + limit
        while !condition() {
            guard now < deadline, step() else { return condition() }
        }
        return true
    }

    /// Runs for a while.
    package func run(for span: Duration) {
        let deadline = now + span
        while now < deadline {
            guard let next = nextMoment(), next <= deadline.nanoseconds else { break }
            if !step() { break }
        }
        if now < deadline { time = deadline.nanoseconds }
    }

    /// Runs until nothing more would happen by itself, or the limit.
    package func settle(limit: Duration = .seconds(600)) {
        let deadline = now + limit
        while now < deadline, step() {}
    }

    /// The earliest moment at which anything wants to happen.
    private func nextMoment() -> UInt64? {
        var next = agenda.next
        for member in members {
            if member.network.hasReports { return time }
            if let deadline = member.loop.nextDeadline()?.nanoseconds { next = min(next ?? .max, max(deadline, time)) }
        }
        return next
    }

    /// One turn of one loop, or the next event.
    ///
    /// False when nothing is left or a loop spins.
    private func step() -> Bool {
        let ready = members.indices.filter { index in
            let deadline = members[index].loop.nextDeadline()
            return members[index].network.hasReports || (deadline.map { $0 <= now } ?? false)
        }
        if !ready.isEmpty {
            turnsWithoutTime += 1
            guard turnsWithoutTime < 200_000 else {
                complain("a loop turns without end at one instant")
                return false
            }
            var order = SimulatedRandom(seed: seed ^ time)
            let chosen = members[ready[order.below(ready.count)]]
            // Work takes time, a little.
            if turnNanoseconds > 0 { time += UInt64(1_000 + random.below(turnNanoseconds)) }
            chosen.loop.turn(wait: true)
            runAgenda()
            return true
        }
        turnsWithoutTime = 0
        guard let next = nextMoment() else { return false }
        drawJump(until: next)
        time = max(time, next)
        runAgenda()
        return true
    }

    private func runAgenda() {
        while let action = agenda.take(until: time) { action() }
    }

    private func drawJump(until next: UInt64) {
        guard rates.clockJump > 0, next > time + 1_000_000, random.chance(perMille: rates.clockJump) else { return }
        jumpClock(by: .milliseconds(random.pick([1, 50, 1_000, 60_000, 3_600_000])))
        setWallClock(ahead: .seconds(random.below(7_200) - 3_600))
    }

    /// Draws the rates of faults, as a campaign does for each seed.
    package func drawRates() { rates = FaultRates.drawn(from: &random) }

    /// Sockets that each loop may have open at once.
    package func limitDescriptors(to count: Int) {
        for member in members { member.network.descriptorLimit = count }
    }

    /// Sockets that each loop may open beside those it has, and beside its reserve.
    package func leaveDescriptors(_ count: Int) {
        for member in members { member.network.leaveDescriptors(count) }
    }

    package var allServers: [SimulatedServer] { servers }

    // MARK: Books

    /// A fault or a rare branch was met.
    package func mark(_ mark: CoverageMark) { marks[mark, default: 0] += 1 }

    package func count(of mark: CoverageMark) -> Int { marks[mark] ?? 0 }

    package var marksHit: Set<CoverageMark> { Set(marks.keys) }

    /// Misuse of the network by the loop, and what else must never be.
    package var complaints: [String] { found }

    package func complain(_ text: String) {
        if found.count < 100 { found.append("seed \(seed), \(elapsed): \(text)") }
    }

    /// A number that two runs of one seed have in common.
    package var transcript: UInt64 { hash }

    func note(_ text: @autoclosure () -> String, _ values: UInt64...) {
        for value in values + [time] {
            hash = (hash ^ value) &* 0x0000_0100_0000_01b3
            hash ^= hash >> 29
        }
        if let trace { trace("\(elapsed) \(text()) \(values)") }
    }

    /// What was sent belongs to the transcript, too, byte for byte.
    func note(bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                hash = (hash ^ word) &* 0x0000_0100_0000_01b3
                hash ^= hash >> 29
                offset += 8
            }
            for index in offset..<bytes.count {
                hash = unsafe (hash ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3
            }
        }
    }

    /// Everything is given back: sockets closed, timers disarmed, chunks in their pools.
    ///
    /// Complains otherwise.
    package func checkNothingLeft(sourceOf loops: [EventLoop]? = nil) {
        if detached.contains(where: { $0 != nil }) { complain("a socket was let go of and never adopted") }
        for member in members where loops.map({ $0.contains { $0 === member.loop } }) ?? true {
            member.loop.turn(wait: false)
            let left = member.loop.statistics
            if member.network.openSockets != 0 {
                complain("\(member.network.name): \(member.network.openSockets) sockets are still open")
            }
            if left.openConnections != 0 { complain("\(left.openConnections) connections are still open") }
            if left.timersArmed != 0 { complain("\(left.timersArmed) timers are still armed") }
            if left.chunksOut != 0 { complain("\(left.chunksOut) chunks are still out") }
        }
    }
}

/// What is to happen when: a heap by time, in the order of adding for equal times.
struct Agenda {
    private struct Entry {
        let time: UInt64
        let order: UInt64
        let action: () -> Void

        static func < (left: Entry, right: Entry) -> Bool {
            left.time != right.time ? left.time < right.time : left.order < right.order
        }
    }

    private var heap: [Entry] = []
    private var added: UInt64 = 0

    var next: UInt64? { heap.first?.time }

    mutating func add(at time: UInt64, _ action: @escaping () -> Void) {
        added += 1
        heap.append(Entry(time: time, order: added, action: action))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func take(until time: UInt64) -> (() -> Void)? {
        guard let first = heap.first, first.time <= time else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
                least = child
            }
            if least == parent { break }
            heap.swapAt(parent, least)
            parent = least
        }
        return first.action
    }
}
