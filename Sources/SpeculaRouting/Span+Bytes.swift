/// Comparing and hashing bytes, eight at a time.
extension Span<UInt8> {
    var endsInDot: Bool { !isEmpty && self[count - 1] == UInt8(ascii: ".") }

    func isEqual(to other: Span<UInt8>) -> Bool { count == other.count && contains(other, at: 0) }

    func starts(with prefix: Span<UInt8>) -> Bool { contains(prefix, at: 0) }

    /// True if `part` stands at an offset.
    func contains(_ part: Span<UInt8>, at offset: Int) -> Bool {
        guard offset <= count, part.count <= count - offset else { return false }
        var i = 0
        while i + 8 <= part.count {
            if word(at: offset + i) != part.word(at: i) { return false }
            i += 8
        }
        while i < part.count {
            if self[offset + i] != part[i] { return false }
            i += 1
        }
        return true
    }

    func firstIndex(of byte: UInt8) -> Int? {
        for i in indices where self[i] == byte { return i }
        return nil
    }

    /// For tables whose keys nobody outside can choose.
    var quickHash: UInt32 {
        var hash = UInt64(count)
        var i = 0
        while i + 8 <= count {
            hash = Span.mixed(hash ^ word(at: i))
            i += 8
        }
        var rest: UInt64 = 0
        while i < count {
            rest = rest << 8 | UInt64(self[i])
            i += 1
        }
        return UInt32(truncatingIfNeeded: Span.mixed(hash ^ rest))
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        let product = value &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 29
    }

    /// Eight bytes as a number; the bounds are checked.
    private func word(at offset: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}
