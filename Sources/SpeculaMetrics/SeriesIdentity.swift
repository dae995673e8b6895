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
    var code: UInt16 { UInt16(truncatingIfNeeded: word >> 7 & 0x3ff) }
    var method: MethodLabel { MethodLabel(rawValue: UInt8(truncatingIfNeeded: word >> 3 & 15)) ?? .extension }
    var protocolLabel: ProtocolLabel { ProtocolLabel(rawValue: UInt8(truncatingIfNeeded: word & 7)) ?? .http }
    var detail: UInt32 { UInt32(truncatingIfNeeded: word & 0xffff_ffff) }
}
