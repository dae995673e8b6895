internal import SpeculaBytes

/// What a connection has still to send: slices and blocks that others share, copies of its own, and regions of the compose buffer.
///
/// Regions are borrowed: they are valid until the flush in which they were to leave, and `keep` copies what is left of them.
@safe
final class SendQueue {
    @safe
    private struct Segment {
        /// Keeps the bytes: a chunk or a block; nil: a region of the compose buffer.
        var holder: AnyObject?
        var base: UnsafeRawPointer
        var count: Int
        /// The holder is a chunk that was made here, so that more may be appended to it.
        var isOwn = false
    }

    private var segments: [Segment] = []
    private var head = 0
    private var total = 0
    /// At least one segment is borrowed.
    private var borrows = false

    var count: Int { total }
    var isEmpty: Bool { total == 0 }

    func append(_ slice: ByteSlice) {
        guard !slice.isEmpty else { return }
        unsafe segments.append(
            Segment(holder: slice.chunk, base: slice.chunk.base + Int(slice.start), count: slice.count))
        total += slice.count
    }

    func append(_ block: ByteBlock) {
        let bytes = unsafe block.bytes
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        unsafe segments.append(Segment(holder: block, base: base, count: bytes.count))
        total += bytes.count
    }

    func appendBorrowed(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        unsafe segments.append(Segment(holder: nil, base: base, count: bytes.count))
        total += bytes.count
        borrows = true
    }

    /// Copies, into the room behind the last own segment first.
    func appendCopy(_ bytes: UnsafeRawBufferPointer, pool: ChunkPool) {
        var rest = unsafe bytes
        while rest.count > 0 {
            let last = segments.count - 1
            if last >= head, let chunk = ownChunk(last), chunk.room > 0 {
                let taken = unsafe chunk.append(rest)
                segments[last].count += taken
                total += taken
                unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[taken...])
            } else {
                // A connection that is already behind will be behind by more.
                let wanted = max(rest.count, total > 0 ? 16_384 : 4_096)
                let chunk = pool.makeChunk(capacity: min(wanted, 65_536))
                unsafe segments.append(
                    Segment(holder: chunk, base: UnsafeRawPointer(chunk.base), count: 0, isOwn: true))
            }
        }
    }

    private func ownChunk(_ index: Int) -> Chunk? {
        guard segments[index].isOwn, let holder = segments[index].holder else { return nil }
        return unsafe unsafeDowncast(holder, to: Chunk.self)
    }

    /// Fills vectors from the front, up to so many bytes; returns how many, and of how many bytes.
    func fill(
        _ vectors: UnsafeMutableBufferPointer<OutputVector>, limit: Int, upTo most: Int
    ) -> (used: Int, bytes: Int) {
        var used = 0
        var bytes = 0
        var index = head
        while index < segments.count && used < limit && bytes < most {
            let base = unsafe segments[index].base
            let count = min(segments[index].count, most - bytes)
            unsafe vectors[used] = unsafe OutputVector(base: base, count: count)
            bytes += count
            used += 1
            index += 1
        }
        return (used, bytes)
    }

    /// The given number of bytes left.
    func consume(_ count: Int) {
        total -= count
        var left = count
        while left > 0 {
            let available = segments[head].count
            if left < available {
                unsafe segments[head].base += left
                segments[head].count -= left
                break
            }
            left -= available
            segments[head].holder = nil
            head += 1
        }
        if head == segments.count { removeAll() } else if head >= 64 { compact() }
    }

    /// Keeps what is borrowed, since its memory is about to be used anew.
    ///
    /// It is copied, but for larger pieces of the chunk that a handler was given just now: they are shared.
    ///
    /// - Parameters:
    ///   - pool: Where the copies come from.
    ///   - lent: That chunk, if any.
    /// - Returns: Whether something was shared.
    func keep(pool: ChunkPool, lent: Chunk?) -> Bool {
        guard borrows else { return false }
        borrows = false
        var shares = false
        for index in head..<segments.count where segments[index].holder == nil {
            let borrowed = segments[index]
            if borrowed.count >= 8_192, let lent, unsafe lent.holds(borrowed.base) {
                segments[index].holder = lent
                shares = true
                continue
            }
            let chunk = pool.makeChunk(capacity: borrowed.count)
            _ = unsafe chunk.append(UnsafeRawBufferPointer(start: borrowed.base, count: borrowed.count))
            segments[index] = unsafe Segment(
                holder: chunk, base: UnsafeRawPointer(chunk.base), count: borrowed.count, isOwn: true)
        }
        return shares
    }

    func removeAll() {
        // Room for a few stays; a long queue's table is let go.
        segments.removeAll(keepingCapacity: segments.capacity <= 64)
        head = 0
        total = 0
        borrows = false
    }

    private func compact() {
        segments.removeFirst(head)
        head = 0
    }
}
