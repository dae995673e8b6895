internal import SpeculaBytes

/// A block of bytes that text is put into before it goes on, full block by full block: to the answer, or through gzip.
///
/// One of this room's two places with pointers: each copy is checked against the capacity first. A value without copies, so
/// that the compiler, and not a check at run time, sees to it that there is one writer.
@safe struct OutputBlock: ~Copyable {
    /// What becomes of a full block.
    private enum Sink {
        /// It is lent, and filled anew; the memory is the writer's own.
        case lend((Span<UInt8>) -> Void)
        /// It is given away, and another is filled.
        case give(BlockShelf, (ByteBlock) -> Void)
    }

    private var start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var count = 0
    /// Holds the memory that is filled, unless it is the writer's own.
    private var block: ByteBlock?
    private let sink: Sink

    /// Lends each full block for a call.
    init(capacity: Int = 64 << 10, drain: @escaping (Span<UInt8>) -> Void) {
        self.capacity = capacity
        sink = .lend(drain)
        unsafe start = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
    }

    /// Fills blocks of a shelf and gives each away.
    init(shelf: BlockShelf, give: @escaping (ByteBlock) -> Void) {
        let first = shelf.makeBlock()
        block = first
        capacity = BlockShelf.blockBytes
        sink = .give(shelf, give)
        unsafe start = Self.start(of: first)
    }

    deinit { if block == nil { unsafe start.deallocate() } }

    /// Hands on what is there; call it at the end.
    mutating func flush() {
        guard count > 0 else { return }
        switch sink {
        case .lend(let drain): unsafe drain(UnsafeMutableBufferPointer(start: start, count: count).span)
        case .give(let shelf, let give):
            let next = shelf.makeBlock()
            if let full = block {
                full.close(count: count)
                give(full)
            }
            block = next
            unsafe start = Self.start(of: next)
        }
        count = 0
    }

    @inline(__always) mutating func append(_ byte: UInt8) {
        if count == capacity { flush() }
        unsafe start[count] = byte
        count &+= 1
    }

    @inline(__always) mutating func append(_ text: StaticString) {
        unsafe append(text.utf8Start, count: text.utf8CodeUnitCount)
    }

    @inline(__always) mutating func append(_ bytes: borrowing Span<UInt8>) {
        // The block stays where it is, so the copy does not move it.
        unsafe bytes.withUnsafeBufferPointer { buffer in
            if let source = buffer.baseAddress { unsafe append(source, count: buffer.count) }
        }
    }

    @inline(__always) private mutating func append(_ source: UnsafePointer<UInt8>, count length: Int) {
        guard length <= capacity &- count else { return unsafe appendInPieces(source, count: length) }
        unsafe (start + count).update(from: source, count: length)
        count &+= length
    }

    /// What does not fit into the rest of the block.
    private mutating func appendInPieces(_ source: UnsafePointer<UInt8>, count length: Int) {
        var done = 0
        while done < length {
            if count == capacity { flush() }
            let piece = min(length - done, capacity - count)
            unsafe (start + count).update(from: source + done, count: piece)
            count += piece
            done += piece
        }
    }

    private static func start(of block: ByteBlock) -> UnsafeMutablePointer<UInt8> {
        let memory = unsafe block.memory
        precondition(unsafe memory.baseAddress != nil, "a block has memory")
        return unsafe memory.baseAddress.unsafelyUnwrapped
    }
}
