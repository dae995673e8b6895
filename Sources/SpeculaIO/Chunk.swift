/// A block of bytes that several readers share by reference: body bytes on their way to the primary and its mirrors.
///
/// Filled from the front, never changed behind the fill mark's back: what a slice shows stays as it is. Bound to its loop;
/// the block goes back to the pool when the last slice is gone.
@safe
package final class Chunk {
    let base: UnsafeMutableRawPointer
    package let capacity: Int
    private let pool: ChunkPool
    private let blockClass: ChunkPool.BlockClass
    /// Bytes in use, from the front.
    private var filled = 0

    init(base: UnsafeMutableRawPointer, capacity: Int, pool: ChunkPool, blockClass: ChunkPool.BlockClass) {
        unsafe self.base = unsafe base
        self.capacity = capacity
        self.pool = pool
        self.blockClass = blockClass
    }

    deinit { unsafe pool.takeBack(base, capacity: capacity, of: blockClass) }

    package var count: Int { filled }
    package var room: Int { capacity - filled }

    /// Copies as many bytes as there is room for; returns how many.
    package func append(_ bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) -> Int {
        let count = min(bytes.count, room)
        if let source = bytes.baseAddress, count > 0 {
            unsafe (base + filled).copyMemory(from: source, byteCount: count)
            filled += count
        }
        return count
    }

    /// Lends the room behind the fill mark; `fill` returns how much of it it used.
    package func fill(_ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        let used = unsafe fill(UnsafeMutableRawBufferPointer(start: base + filled, count: room))
        precondition(used >= 0 && used <= room, "more was filled than there was room")
        filled += used
    }

    /// A slice of the bytes in use.
    package func slice(_ range: Range<Int>) -> ByteSlice {
        precondition(range.lowerBound >= 0 && range.upperBound <= filled, "slice outside the bytes in use")
        return ByteSlice(self, from: range.lowerBound, to: range.upperBound)
    }

    package func slice() -> ByteSlice { ByteSlice(self, from: 0, to: filled) }

    /// The room behind the fill mark, for the network to receive into.
    var freeMemory: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base + filled, count: room)
    }

    func holds(_ address: UnsafeRawPointer) -> Bool {
        unsafe address >= UnsafeRawPointer(base) && address < UnsafeRawPointer(base) + capacity
    }

    /// The loop's own chunks to receive into: bytes are in use once they arrived.
    func setFilled(_ count: Int) { filled = count }
}

@available(*, unavailable)
extension Chunk: Sendable {}

/// Some bytes of a chunk, which they keep alive.
///
/// A few words; copying shares.
@safe
package struct ByteSlice {
    let chunk: Chunk
    var start: Int32
    var end: Int32

    init(_ chunk: Chunk, from start: Int, to end: Int) {
        self.chunk = chunk
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    package var count: Int { Int(end - start) }
    package var isEmpty: Bool { start == end }

    /// Lends the bytes for the length of the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe UnsafeBufferPointer(
            start: (chunk.base + Int(start)).assumingMemoryBound(to: UInt8.self), count: count)
        return try body(unsafe bytes.span)
    }

    package func dropFirst(_ count: Int) -> ByteSlice {
        var rest = self
        rest.start += Int32(truncatingIfNeeded: min(max(count, 0), self.count))
        return rest
    }

    package func prefix(_ count: Int) -> ByteSlice {
        var front = self
        front.end = front.start + Int32(truncatingIfNeeded: min(max(count, 0), self.count))
        return front
    }

    /// Memory that this slice keeps from being used again, the whole block.
    package var heldBytes: Int { chunk.capacity }

    var memory: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: chunk.base + Int(start), count: count)
    }
}
