/// Finds a number by some bytes: a hash table with open addressing that is built once and only read from then on.
///
/// The keys come from the configuration, so nobody outside can make them collide.
struct ByteTable: Sendable {
    private struct Slot {
        var hash: UInt32 = 0
        var key = SlabRange.empty
        var value: Int32 = -1
    }

    private var slots: [Slot] = []

    /// The keys are ranges of the slab, all different; values are not negative.
    init(keys: [(key: SlabRange, value: Int32)], slab: [UInt8]) {
        guard !keys.isEmpty else { return }
        var capacity = 4
        while capacity < keys.count * 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
        for (key, value) in keys {
            let hash = slab.span.extracting(key.range).quickHash
            var place = Int(hash) & (capacity - 1)
            while slots[place].value >= 0 { place = (place + 1) & (capacity - 1) }
            slots[place] = Slot(hash: hash, key: key, value: value)
        }
    }

    var isEmpty: Bool { slots.isEmpty }

    /// The value of a key; -1: there is none.
    func value(of key: Span<UInt8>, slab: Span<UInt8>) -> Int32 {
        guard !slots.isEmpty else { return -1 }
        let hash = key.quickHash
        var place = Int(hash) & (slots.count - 1)
        while slots[place].value >= 0 {
            let slot = slots[place]
            if slot.hash == hash, slab.extracting(slot.key.range).isEqual(to: key) { return slot.value }
            place = (place + 1) & (slots.count - 1)
        }
        return -1
    }
}
