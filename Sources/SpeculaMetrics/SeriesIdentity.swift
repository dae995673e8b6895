/// What tells one request series from another, packed into a word: scope, header labels, code, method, protocol.
struct SeriesIdentity: Hashable, Sendable {
    let word: UInt64

    @inline(__always) init(word: UInt64) { self.word = word }

    /// Codes above 999 count as 999: neither HTTP nor gRPC has them.
    @inline(__always) init(_ scope: Scope, code: UInt16, method: MethodLabel, protocol label: ProtocolLabel) {
        let scopePart = UInt64(truncatingIfNeeded: scope.number) << 32
        let codePart = UInt64(min(code, 999)) << 7
        // The top bit tells an identity from an empty slot of an index.
        word = 1 << 63 | scopePart | codePart | UInt64(method.rawValue) << 3 | UInt64(label.rawValue)
    }

    /// A series that is told apart by a number below 2^17 within its scope.
    init(_ scope: Scope, detail: UInt32) {
        word = 1 << 63 | UInt64(truncatingIfNeeded: scope.number) << 32 | UInt64(detail)
    }

    /// The same series with a set of header labels, or with the number of a bucket.
    func with(extra: UInt16) -> SeriesIdentity { SeriesIdentity(word: word | UInt64(extra & 0x7fff) << 17) }

    var scopeNumber: Int { Int((word & ~(1 << 63)) >> 32) }
    var extra: UInt16 { UInt16(truncatingIfNeeded: word >> 17 & 0x7fff) }
    var withoutExtra: SeriesIdentity { SeriesIdentity(word: word & ~(0x7fff << 17)) }
    var code: UInt16 { UInt16(truncatingIfNeeded: word >> 7 & 0x3ff) }
    var method: MethodLabel { MethodLabel(rawValue: UInt8(truncatingIfNeeded: word >> 3 & 15)) ?? .extension }
    var protocolLabel: ProtocolLabel { ProtocolLabel(rawValue: UInt8(truncatingIfNeeded: word & 7)) ?? .http }
    var detail: UInt32 { UInt32(truncatingIfNeeded: word & 0xffff_ffff) }
}

/// Finds the cells of a series by its identity: open addressing, never shrinks. Bound to the worker's thread.
struct SeriesIndex {
    private var keys: [UInt64] = Array(repeating: 0, count: 64)
    private var cells: [Cells?] = Array(repeating: nil, count: 64)
    private var count = 0

    func find(_ identity: SeriesIdentity) -> Cells? {
        var slot = Self.slot(of: identity.word, count: keys.count)
        while keys[slot] != 0 {
            if keys[slot] == identity.word { return cells[slot] }
            slot = (slot + 1) & (keys.count - 1)
        }
        return nil
    }

    /// Adds a series that is not there yet.
    mutating func insert(_ identity: SeriesIdentity, _ series: Cells) {
        if (count + 1) * 2 > keys.count { grow() }
        place(identity.word, series)
        count += 1
    }

    private mutating func place(_ key: UInt64, _ series: Cells?) {
        var slot = Self.slot(of: key, count: keys.count)
        while keys[slot] != 0 { slot = (slot + 1) & (keys.count - 1) }
        keys[slot] = key
        cells[slot] = series
    }

    private mutating func grow() {
        let (oldKeys, oldCells) = (keys, cells)
        keys = Array(repeating: 0, count: oldKeys.count * 2)
        cells = Array(repeating: nil, count: oldKeys.count * 2)
        for slot in oldKeys.indices where oldKeys[slot] != 0 { place(oldKeys[slot], oldCells[slot]) }
    }

    /// Fibonacci hashing: the top bits of the product. The number of slots is a power of two.
    private static func slot(of key: UInt64, count: Int) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) >> 32) & (count - 1)
    }
}
