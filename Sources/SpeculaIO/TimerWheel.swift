/// Timers by the thousand at a constant price: a wheel of four rings with 64 slots each, of 1 ms, 64 ms, 4 s and 4.4 min.
///
/// An entry hangs in the slot of its deadline, as coarse as it is far away, and moves inwards as the time comes near: at
/// most three times. Entries live in one table and are linked by index: arming allocates nothing once the table has grown,
/// cancelling is unlinking. Never early, at most a millisecond late (besides the loop's own delay). A deadline beyond the
/// outermost ring (4.6 h) waits there and goes round again.
///
/// Postponing only stores the new deadline: the entry is looked at when its old slot comes and hung up again. So an idle
/// timeout that each request moves costs a store per request.
@safe
final class TimerWheel {
    private struct Entry {
        var deadline: UInt64 = 0
        var target: (any TimerTarget)?
        var tag = 0
        var next: Int32 = 0
        var previous: Int32 = 0
        var generation: UInt32 = 1
        /// The ring slot it hangs in, `expiredSlot`, or -1 when free.
        var slot: Int16 = -1
    }

    private static var rings: Int { 4 }
    private static var expiredSlot: Int { 256 }
    private static var tickNanoseconds: UInt64 { 1_000_000 }
    /// Entries with these indices are the heads of the slots' circular lists.
    private static var heads: Int { 257 }

    private var entries: UnsafeMutablePointer<Entry>
    private var capacity: Int
    /// Entries that were ever armed, and the heads; what lies behind has not been touched, and takes no memory.
    private var used: Int
    private var firstFree: Int32 = -1
    /// For each ring, which of its slots are not empty.
    private var occupied: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    /// Everything up to this tick has expired.
    private var tick: UInt64
    private var armed = 0

    init(now: Instant) {
        tick = now.nanoseconds / Self.tickNanoseconds
        capacity = Self.heads + 63
        used = Self.heads
        unsafe entries = .allocate(capacity: capacity)
        unsafe entries.initialize(repeating: Entry(), count: used)
        for index in 0..<Self.heads {
            unsafe entries[index].next = Int32(index)
            unsafe entries[index].previous = Int32(index)
        }
    }

    deinit {
        unsafe entries.deinitialize(count: used)
        unsafe entries.deallocate()
    }

    var count: Int { armed }

    func schedule(at deadline: Instant, for target: any TimerTarget, tag: Int) -> TimerID {
        if firstFree < 0 { makeEntry() }
        let index = Int(firstFree)
        firstFree = unsafe entries[index].next
        unsafe entries[index].deadline = deadline.nanoseconds
        unsafe entries[index].target = target
        unsafe entries[index].tag = tag
        armed += 1
        hang(index)
        return unsafe TimerID(index: UInt32(index), generation: entries[index].generation)
    }

    func cancel(_ id: TimerID) {
        guard let index = index(of: id) else { return }
        unlink(index)
        _ = release(index)
    }

    func isArmed(_ id: TimerID) -> Bool { index(of: id) != nil }

    /// Moves a timer; false when it has fired or was cancelled.
    func move(_ id: TimerID, to deadline: Instant) -> Bool {
        guard let index = index(of: id) else { return false }
        let old = unsafe entries[index].deadline
        unsafe entries[index].deadline = deadline.nanoseconds
        if deadline.nanoseconds < old {
            unlink(index)
            hang(index)
        }
        return true
    }

    /// When to look again at the latest; nil without timers.
    func nextDeadline() -> Instant? {
        guard armed > 0 else { return nil }
        if unsafe entries[Self.expiredSlot].next != Int32(Self.expiredSlot) { return Instant(nanoseconds: 0) }
        let (next, overflow) = nextOccupiedTick().multipliedReportingOverflow(by: Self.tickNanoseconds)
        return overflow ? .distantFuture : Instant(nanoseconds: next)
    }

    /// Gathers what has expired; to be fetched by `popExpired`.
    func advance(to now: Instant) {
        let present = now.nanoseconds / Self.tickNanoseconds
        guard armed > 0 else {
            tick = max(tick, present)
            return
        }
        while true {
            let next = nextOccupiedTick()
            guard next <= present else {
                tick = max(tick, present)
                return
            }
            tick = next
            for ring in stride(from: Self.rings - 1, to: 0, by: -1) where tick & (1 << UInt64(6 * ring) - 1) == 0 {
                empty(slot: ring * 64 + Int(tick >> UInt64(6 * ring) & 63))
            }
            empty(slot: Int(tick & 63))
        }
    }

    /// The next timer that has expired; it is disarmed.
    func popExpired(now: Instant) -> (id: TimerID, target: any TimerTarget, tag: Int, deadline: Instant)? {
        while true {
            let index = Int(unsafe entries[Self.expiredSlot].next)
            guard index != Self.expiredSlot else { return nil }
            unlink(index)
            let deadline = unsafe entries[index].deadline
            guard deadline <= now.nanoseconds else {
                // Postponed after it had been gathered.
                hang(index)
                continue
            }
            let id = unsafe TimerID(index: UInt32(index), generation: entries[index].generation)
            let tag = unsafe entries[index].tag
            guard let target = release(index) else { continue }
            return (id, target, tag, Instant(nanoseconds: deadline))
        }
    }

    // MARK: Slots

    /// Takes all entries out of a slot: those that are due become expired, the others are hung up anew.
    private func empty(slot: Int) {
        var index = Int(unsafe entries[slot].next)
        while index != slot {
            unlink(index)
            if unsafe ticks(until: entries[index].deadline) <= tick {
                link(index, into: Self.expiredSlot)
            } else {
                hang(index)
            }
            index = Int(unsafe entries[slot].next)
        }
    }

    private func ticks(until deadline: UInt64) -> UInt64 {
        deadline / Self.tickNanoseconds + (deadline % Self.tickNanoseconds == 0 ? 0 : 1)
    }

    private func hang(_ index: Int) {
        let due = max(unsafe ticks(until: entries[index].deadline), tick + 1)
        let distance = due - tick
        var ring = 0
        if distance >= 64 { ring = distance >= 4_096 ? (distance >= 262_144 ? 3 : 2) : 1 }
        let reached = min(due, tick + (1 << 24) - 1)
        link(index, into: ring * 64 + Int(reached >> UInt64(6 * ring) & 63))
    }

    private func link(_ index: Int, into slot: Int) {
        let last = unsafe entries[slot].previous
        unsafe entries[index].slot = Int16(truncatingIfNeeded: slot)
        unsafe entries[index].next = Int32(truncatingIfNeeded: slot)
        unsafe entries[index].previous = last
        unsafe entries[Int(last)].next = Int32(truncatingIfNeeded: index)
        unsafe entries[slot].previous = Int32(truncatingIfNeeded: index)
        mark(slot, isOccupied: true)
    }

    private func unlink(_ index: Int) {
        let next = unsafe entries[index].next
        let previous = unsafe entries[index].previous
        unsafe entries[Int(previous)].next = next
        unsafe entries[Int(next)].previous = previous
        // Only a head can be its own neighbour's neighbour.
        if next == previous && next < Int32(Self.heads) { mark(Int(next), isOccupied: false) }
    }

    private func mark(_ slot: Int, isOccupied: Bool) {
        let bit: UInt64 = 1 << UInt64(slot & 63)
        switch slot >> 6 {
        case 0: occupied.0 = isOccupied ? occupied.0 | bit : occupied.0 & ~bit
        case 1: occupied.1 = isOccupied ? occupied.1 | bit : occupied.1 & ~bit
        case 2: occupied.2 = isOccupied ? occupied.2 | bit : occupied.2 & ~bit
        case 3: occupied.3 = isOccupied ? occupied.3 | bit : occupied.3 & ~bit
        default: break
        }
    }

    /// The first tick after the present one at which a slot must be emptied; the last of all ticks when there is none.
    private func nextOccupiedTick() -> UInt64 {
        min(
            min(nextTick(ofRing: 0, occupied.0), nextTick(ofRing: 1, occupied.1)),
            min(nextTick(ofRing: 2, occupied.2), nextTick(ofRing: 3, occupied.3)))
    }

    private func nextTick(ofRing ring: UInt64, _ slots: UInt64) -> UInt64 {
        guard slots != 0 else { return .max }
        let following = tick >> (6 * ring) + 1
        let shift = following & 63
        let rotated = slots >> shift | slots << ((64 - shift) & 63)
        return (following + UInt64(rotated.trailingZeroBitCount)) << (6 * ring)
    }

    // MARK: Table

    private func index(of id: TimerID) -> Int? {
        let index = Int(id.index)
        guard index >= Self.heads, index < used, unsafe entries[index].generation == id.generation,
            unsafe entries[index].slot >= 0
        else { return nil }
        return index
    }

    private func release(_ index: Int) -> (any TimerTarget)? {
        let target = unsafe entries[index].target
        unsafe entries[index].target = nil
        unsafe entries[index].slot = -1
        unsafe entries[index].generation &+= 1
        if unsafe entries[index].generation == 0 { unsafe entries[index].generation = 1 }
        unsafe entries[index].next = firstFree
        firstFree = Int32(truncatingIfNeeded: index)
        armed -= 1
        return target
    }

    /// Puts one more entry on the free list.
    private func makeEntry() {
        if used == capacity { grow() }
        unsafe (entries + used).initialize(to: Entry())
        unsafe entries[used].next = firstFree
        firstFree = Int32(truncatingIfNeeded: used)
        used += 1
    }

    private func grow() {
        let larger = capacity * 2
        let moved = UnsafeMutablePointer<Entry>.allocate(capacity: larger)
        unsafe moved.moveInitialize(from: entries, count: used)
        unsafe entries.deallocate()
        unsafe entries = moved
        capacity = larger
    }
}

/// One arming of a timer; of no meaning once it has fired or was cancelled.
package struct TimerID: Hashable, Sendable {
    @usableFromInline let index: UInt32
    @usableFromInline let generation: UInt32

    @inlinable init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    /// No timer at all.
    @inlinable package static var none: TimerID { TimerID(index: 0, generation: 0) }

    @inlinable package static func == (left: TimerID, right: TimerID) -> Bool {
        left.index == right.index && left.generation == right.generation
    }

    @inlinable package static func != (left: TimerID, right: TimerID) -> Bool { !(left == right) }
}
