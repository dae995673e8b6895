/// A 64-bit hash of a stream of bytes, the same however the stream is cut.
///
/// For telling two bodies apart without keeping them: eight bytes at a time are folded in by one multiplication (as wyhash does).
/// Nothing that an adversary could gain from depends on it, and it is no signature.
package struct ByteHash: Sendable {
    private var state: UInt64 = 0x9e37_79b9_7f4a_7c15
    /// The last bytes, fewer than eight, that are not yet folded in.
    private var rest: UInt64 = 0
    private var restCount: UInt64 = 0
    /// How many bytes there were.
    package private(set) var count: UInt64 = 0

    package init() {}

    package mutating func update(_ bytes: Span<UInt8>) {
        let end = bytes.count
        count &+= UInt64(end)
        var offset = 0
        while restCount > 0, offset < end {
            take(bytes[offset])
            offset += 1
        }
        while offset &+ 8 <= end {
            state = Self.folded(state, UInt64(littleEndian: bytes.load64(offset)))
            offset &+= 8
        }
        while offset < end {
            take(bytes[offset])
            offset += 1
        }
    }

    package mutating func update(_ byte: UInt8) {
        count &+= 1
        take(byte)
    }

    /// The hash of the bytes so far.
    package var value: UInt64 { Self.folded(Self.folded(state, rest), count) }

    /// One number out of two, in which every bit of both tells.
    @inline(__always)
    package static func folded(_ first: UInt64, _ second: UInt64) -> UInt64 {
        let product = (first ^ second).multipliedFullWidth(by: 0xa076_1d64_78bd_642f)
        return (product.high ^ product.low) &+ 0xe703_7ed1_a0b4_28db
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) {
        rest |= UInt64(byte) &<< (8 &* restCount)
        restCount &+= 1
        guard restCount == 8 else { return }
        state = Self.folded(state, rest)
        rest = 0
        restCount = 0
    }
}
