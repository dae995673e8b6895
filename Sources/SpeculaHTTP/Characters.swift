/// Classes of bytes (RFC 9110 section 5.6.2, RFC 3986 section 3.3), as sets that need no table in memory.
struct ASCIISet: Sendable {
    /// One bit for each of the bytes 0 to 63.
    let low: UInt64
    /// One bit for each of the bytes 64 to 127; no set holds a byte above.
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte < 64 ? low : high
        return byte < 128 && (word &>> UInt64(byte & 63)) & 1 != 0
    }

    /// `tchar`: what the names of fields and methods are made of.
    @inline(__always) static var token: ASCIISet {
        ASCIISet(low: 0x03ff_6cfa_0000_0000, high: 0x57ff_ffff_c7ff_fffe)
    }
    /// What Go leaves unescaped in a path, but for `/`, `.` and `%`, which need a second look.
    @inline(__always) static var plainPath: ASCIISet {
        ASCIISet(low: 0x2fff_3fd2_0000_0000, high: 0x47ff_fffe_afff_ffff)
    }
    /// What may stand in `Host`, as Go's server takes it: looser than RFC 3986, without `/`, `@`, `?` and `#`.
    @inline(__always) static var host: ASCIISet {
        ASCIISet(low: 0x2fff_7ff2_0000_0000, high: 0x47ff_fffe_afff_fffe)
    }
    /// What a path never needs to encode (RFC 3986 section 2.3): letters, digits, `-`, `.`, `_`, `~`.
    @inline(__always) static var unreserved: ASCIISet {
        ASCIISet(low: 0x03ff_6000_0000_0000, high: 0x47ff_fffe_87ff_fffe)
    }
    /// `:/?#[]@!$&'()*+,;=` and `%`: what rules see encoded when a client encoded it.
    @inline(__always) static var reserved: ASCIISet {
        ASCIISet(low: 0xac00_9ffa_0000_0000, high: 0x0000_0000_2800_0001)
    }
}

/// The bytes that the grammar of HTTP/1 names.
enum Byte {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0a
    static let carriageReturn: UInt8 = 0x0d
    static let space: UInt8 = 0x20
    static let delete: UInt8 = 0x7f

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x37
        case 0x61...0x66: byte &- 0x57
        default: nil
        }
    }

    /// The upper-case digit of a value below 16.
    static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? value &+ 0x30 : value &+ 0x37 }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }
}

/// The first eight bytes of a literal as one word, in the order of memory.
@inline(__always)
func word64(_ text: StaticString) -> UInt64 {
    unsafe UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt64.self)
}

/// The first four bytes of a literal as one word, in the order of memory.
@inline(__always)
func word32(_ text: StaticString) -> UInt32 {
    unsafe UnsafeRawPointer(text.utf8Start).loadUnaligned(as: UInt32.self)
}

extension Span<UInt8> {
    /// Eight bytes at `offset` as one word; traps outside the span.
    @inline(__always)
    func load64(_ offset: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inline(__always)
    func load32(_ offset: Int) -> UInt32 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    @inline(__always)
    func load16(_ offset: Int) -> UInt16 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self)
    }

    /// Sixteen bytes at `offset` as two words; traps outside the span.
    @inline(__always)
    func load128(_ offset: Int) -> SIMD2<UInt64> {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
    }

    /// Whether the `count` bytes at `start` are letters, digits and hyphens, as nearly all names are; may say no for want of room.
    @inline(__always)
    func isPlainName(from start: Int, count length: Int) -> Bool {
        guard start &+ 16 <= count else { return false }
        if length <= 16 {
            let odd = Self.oddNameBytes(load128(start))
            if length <= 8 { return odd[0] &<< UInt64(64 &- 8 &* length) == 0 }
            return odd[0] | odd[1] &<< UInt64(128 &- 8 &* length) == 0
        }
        var offset = start
        let last = start &+ length &- 16
        while offset < last {
            let odd = Self.oddNameBytes(load128(offset))
            if odd[0] | odd[1] != 0 { return false }
            offset &+= 16
        }
        let odd = Self.oddNameBytes(load128(last))
        return odd[0] | odd[1] == 0
    }

    /// Whether the bytes of `range` are lower-case letters, digits, `-`, `.` and `:`, as those of nearly all hosts are; may say no for
    /// want of room, and for more than 32 bytes.
    @inline(__always)
    func isPlainHost(_ range: Range<Int>) -> Bool {
        let start = range.lowerBound
        let length = range.count
        guard start &+ 16 <= count, length > 0, length <= 32 else { return false }
        let odd = Self.oddHostBytes(load128(start))
        if length <= 8 { return odd[0] &<< UInt64(64 &- 8 &* length) == 0 }
        if length <= 16 { return odd[0] | odd[1] &<< UInt64(128 &- 8 &* length) == 0 }
        let last = Self.oddHostBytes(load128(range.upperBound &- 16))
        return odd[0] | odd[1] | last[0] | last[1] == 0
    }

    /// The high bit of each byte that a plain host does not hold; no byte's sum carries into the next.
    @inline(__always)
    private static func oddHostBytes(_ bytes: SIMD2<UInt64>) -> SIMD2<UInt64> {
        let low = bytes & 0x7f7f_7f7f_7f7f_7f7f
        let letters = (low &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(low &+ 0x0505_0505_0505_0505)
        let digits = (low &+ 0x5050_5050_5050_5050) & ~(low &+ 0x4545_4545_4545_4545)
        let hyphens = (low &+ 0x5353_5353_5353_5353) & ~(low &+ 0x5151_5151_5151_5151)
        return ~((letters | digits | hyphens) & ~bytes) & 0x8080_8080_8080_8080
    }

    /// The high bit of each byte that is neither letter nor digit nor hyphen; no byte's sum carries into the next.
    @inline(__always)
    private static func oddNameBytes(_ bytes: SIMD2<UInt64>) -> SIMD2<UInt64> {
        let low = bytes & 0x7f7f_7f7f_7f7f_7f7f
        let lower = low | 0x2020_2020_2020_2020
        let letters = (lower &+ 0x1f1f_1f1f_1f1f_1f1f) & ~(lower &+ 0x0505_0505_0505_0505)
        let digits = (low &+ 0x5050_5050_5050_5050) & ~(low &+ 0x4646_4646_4646_4646)
        let hyphens = ~((low ^ 0x2d2d_2d2d_2d2d_2d2d) &+ 0x7f7f_7f7f_7f7f_7f7f)
        return ~((letters | digits | hyphens) & ~bytes) & 0x8080_8080_8080_8080
    }

    /// The first offset in `start..<end` that holds `byte`, or `end`; eight bytes a step.
    @inline(__always)
    func firstOffset(of byte: UInt8, from start: Int, to end: Int) -> Int {
        let pattern = UInt64(byte) &* 0x0101_0101_0101_0101
        var offset = start
        while offset &+ 8 <= end {
            let word = load64(offset) ^ pattern
            let hit = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            if hit != 0 { return offset &+ hit.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < end, self[offset] != byte { offset &+= 1 }
        return offset
    }

    /// The first offset in `start..<end` that holds a control character (tab too) or DEL, or `end`; sixteen bytes a step.
    @inline(__always)
    func firstControl(from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 16 <= end {
            let words = load128(offset)
            let delete = words ^ 0x7f7f_7f7f_7f7f_7f7f
            let hit =
                ((words &- 0x2020_2020_2020_2020) & ~words | (delete &- 0x0101_0101_0101_0101) & ~delete)
                & 0x8080_8080_8080_8080
            if hit[0] | hit[1] != 0 {
                return hit[0] != 0
                    ? offset &+ hit[0].trailingZeroBitCount &>> 3 : offset &+ 8 &+ hit[1].trailingZeroBitCount &>> 3
            }
            offset &+= 16
        }
        while offset &+ 8 <= end {
            let word = load64(offset)
            let delete = word ^ 0x7f7f_7f7f_7f7f_7f7f
            let hit =
                ((word &- 0x2020_2020_2020_2020) & ~word | (delete &- 0x0101_0101_0101_0101) & ~delete)
                & 0x8080_8080_8080_8080
            if hit != 0 { return offset &+ hit.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < end, self[offset] >= 0x20, self[offset] != Byte.delete { offset &+= 1 }
        return offset
    }

    /// Whether the bytes at `start` are those of `text`.
    func hasBytes(of text: StaticString, at start: Int) -> Bool {
        let length = text.utf8CodeUnitCount
        guard start >= 0, count - start >= length else { return false }
        for offset in 0..<length where unsafe self[start + offset] != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether `range` spells `text`, which is in lower case, without regard to case.
    func equalsIgnoringCase(_ text: StaticString, from start: Int, count length: Int) -> Bool {
        guard length == text.utf8CodeUnitCount else { return false }
        for offset in 0..<length where unsafe Byte.lowercased(self[start + offset]) != text.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Whether two spans are equal without regard to ASCII case.
    func equalsIgnoringCase(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for offset in 0..<count where Byte.lowercased(self[offset]) != Byte.lowercased(other[offset]) {
            return false
        }
        return true
    }
}
