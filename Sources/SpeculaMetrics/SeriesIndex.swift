/// Finds the cells of a series by its identity: the last series of each scope, then open addressing; never shrinks.
///
/// Bound to the worker's thread. Plain memory behind one constant pointer, because this stands on the way of every request: no
/// reference is counted and no exclusivity checked at run time. Whoever makes it calls `deallocate` once.
@safe struct SeriesIndex {
    private struct Slot {
        /// 0: free.
        ///
        /// Identities have their top bit set.
        var identity: UInt64 = 0
        var cells: Cells?
    }

    @unsafe private struct Storage {
        /// The last series that was asked for, by the number of its scope.
        var recents: UnsafeMutablePointer<Slot>
        var recentCount = 16
        /// A power of two of slots, at most half of them taken.
        var slots: UnsafeMutablePointer<Slot>
        var slotCount = 64
        var taken = 0
    }

    private let storage: UnsafeMutablePointer<Storage>

    init() {
        unsafe storage = UnsafeMutablePointer<Storage>.allocate(capacity: 1)
        unsafe storage.initialize(to: Storage(recents: Self.slots(16), slots: Self.slots(64)))
    }

    func deallocate() {
        unsafe storage.pointee.recents.deallocate()
        unsafe storage.pointee.slots.deallocate()
        unsafe storage.deallocate()
    }

    /// The cells of a series, if it was inserted.
    @inline(__always) func find(_ identity: SeriesIdentity) -> Cells? {
        let number = identity.scopeNumber
        if unsafe number < storage.pointee.recentCount,
            unsafe storage.pointee.recents[number].identity == identity.word
        {
            return unsafe storage.pointee.recents[number].cells
        }
        return search(identity)
    }

    /// Adds a series that is not there yet.
    func insert(_ identity: SeriesIdentity, _ cells: Cells) {
        if unsafe (storage.pointee.taken + 1) * 2 > storage.pointee.slotCount { growSlots() }
        let slot = Slot(identity: identity.word, cells: cells)
        unsafe Self.place(slot, in: storage.pointee.slots, count: storage.pointee.slotCount)
        unsafe storage.pointee.taken += 1
        if unsafe identity.scopeNumber >= storage.pointee.recentCount { growRecents(for: identity.scopeNumber) }
    }

    @inline(never) private func search(_ identity: SeriesIdentity) -> Cells? {
        let (slots, count) = unsafe (storage.pointee.slots, storage.pointee.slotCount)
        var place = Self.place(of: identity.word, count: count)
        while unsafe slots[place].identity != 0 {
            if unsafe slots[place].identity == identity.word {
                unsafe storage.pointee.recents[identity.scopeNumber] = slots[place]
                return unsafe slots[place].cells
            }
            place = (place + 1) & (count - 1)
        }
        return nil
    }

    private func growSlots() {
        let (old, count) = unsafe (storage.pointee.slots, storage.pointee.slotCount)
        let fresh = unsafe Self.slots(count * 2)
        for index in 0..<count where unsafe old[index].identity != 0 {
            unsafe Self.place(old[index], in: fresh, count: count * 2)
        }
        unsafe storage.pointee.slots = fresh
        unsafe storage.pointee.slotCount = count * 2
        unsafe old.deallocate()
    }

    private func growRecents(for number: Int) {
        let (old, count) = unsafe (storage.pointee.recents, storage.pointee.recentCount)
        let grown = max(number + 1, count * 2)
        let fresh = unsafe Self.slots(grown)
        unsafe fresh.update(from: old, count: count)
        unsafe storage.pointee.recents = fresh
        unsafe storage.pointee.recentCount = grown
        unsafe old.deallocate()
    }

    private static func slots(_ count: Int) -> UnsafeMutablePointer<Slot> {
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: count)
        unsafe slots.initialize(repeating: Slot(), count: count)
        return unsafe slots
    }

    private static func place(_ slot: Slot, in slots: UnsafeMutablePointer<Slot>, count: Int) {
        var place = place(of: slot.identity, count: count)
        while unsafe slots[place].identity != 0 { place = (place + 1) & (count - 1) }
        unsafe slots[place] = slot
    }

    /// Fibonacci hashing: the upper half of the product.
    private static func place(of identity: UInt64, count: Int) -> Int {
        Int(truncatingIfNeeded: (identity &* 0x9e37_79b9_7f4a_7c15) >> 32) & (count - 1)
    }
}
