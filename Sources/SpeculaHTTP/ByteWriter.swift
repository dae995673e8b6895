/// Appends bytes to memory that its caller owns, and never past its end: the one place of this room that writes through a pointer.
///
/// What does not fit is left out and `hasOverflowed` says so; callers reserve by the `…SizeBound` of what they write.
/// The writer must not outlive the memory: it is made, used and dropped inside one closure over that memory.
@safe
@usableFromInline
package struct ByteWriter {
    @usableFromInline let base: UnsafeMutablePointer<UInt8>
    @usableFromInline let capacity: Int
    @usableFromInline var used = 0
    @usableFromInline var overflowed = false

    @inlinable
    @safe package init(_ memory: UnsafeMutableRawBufferPointer) {
        if let address = memory.baseAddress {
            unsafe base = address.assumingMemoryBound(to: UInt8.self)
            capacity = memory.count
        } else {
            unsafe base = UnsafeMutablePointer(bitPattern: 1).unsafelyUnwrapped
            capacity = 0
        }
    }

    /// Bytes written so far.
    @inlinable package var count: Int { used }
    /// Bytes that still fit.
    @inlinable package var free: Int { capacity &- used }
    /// Whether something was left out for want of room.
    @inlinable package var hasOverflowed: Bool { overflowed }

    /// Whether `n` more bytes fit; remembers when they do not.
    @inlinable @inline(__always)
    mutating func makesRoom(for n: Int) -> Bool {
        if n <= capacity &- used { return true }
        overflowed = true
        return false
    }

    @inlinable @inline(__always)
    package mutating func append(_ byte: UInt8) {
        guard makesRoom(for: 1) else { return }
        unsafe base[used] = byte
        used &+= 1
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>) {
        let n = bytes.count
        guard n > 0, makesRoom(for: n) else { return }
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let address = source.baseAddress else { return }
            unsafe base.advanced(by: used).update(from: address, count: n)
        }
        used &+= n
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        append(bytes.extracting(range))
    }

    @inlinable @inline(__always)
    package mutating func append(_ bytes: [UInt8]) {
        append(bytes.span)
    }

    @inlinable @inline(__always)
    package mutating func append(_ text: StaticString) {
        let n = text.utf8CodeUnitCount
        guard makesRoom(for: n) else { return }
        unsafe base.advanced(by: used).update(from: text.utf8Start, count: n)
        used &+= n
    }

    /// Appends a string's UTF-8; for cold paths.
    package mutating func append(utf8 text: String) {
        for byte in text.utf8 { append(byte) }
    }

    /// Appends a number in decimal.
    package mutating func append(decimal value: UInt64) {
        var digits = 1
        var bound = value
        while bound >= 10 {
            bound /= 10
            digits &+= 1
        }
        guard makesRoom(for: digits) else { return }
        var rest = value
        var offset = used &+ digits
        repeat {
            offset &-= 1
            unsafe base[offset] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
            rest /= 10
        } while rest != 0
        used &+= digits
    }

    /// Appends a number in lower-case hexadecimal, without leading zeros, as in the head of a chunk.
    package mutating func append(hex value: UInt64) {
        let digits = max(1, (64 &- value.leadingZeroBitCount &+ 3) / 4)
        guard makesRoom(for: digits) else { return }
        var rest = value
        for offset in stride(from: used &+ digits &- 1, through: used, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            unsafe base[offset] = digit < 10 ? digit &+ 0x30 : digit &+ 0x57
            rest &>>= 4
        }
        used &+= digits
    }

    /// Takes out the lines behind `start` for which `isDropped` holds; each ends in a line feed.
    mutating func dropLines(from start: Int, where isDropped: (Span<UInt8>) -> Bool) {
        var kept = start
        var line = start
        while line < used {
            var end = line
            while end < used, unsafe base[end] != Byte.lineFeed { end &+= 1 }
            end = min(end &+ 1, used)
            let bytes = unsafe UnsafeBufferPointer(start: base.advanced(by: line), count: end &- line)
            if unsafe !isDropped(bytes.span) {
                unsafe base.advanced(by: kept).update(from: base.advanced(by: line), count: end &- line)
                kept &+= end &- line
            }
            line = end
        }
        used = kept
    }
}

@available(*, unavailable)
extension ByteWriter: Sendable {}
