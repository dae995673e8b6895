/// A block of bytes that is filled once and then read by any thread, without a copy on its way: an answer's body from the thread
/// that wrote it to the loop that sends it.
///
/// Its memory goes back to its shelf when the last reader lets go.
///
/// `@unchecked Sendable` holds because its maker alone has it until `close`, and after that nothing in it changes.
@safe
package final class ByteBlock: @unchecked Sendable {
    private let base: UnsafeMutableRawPointer
    private let shelf: BlockShelf
    private var filled = 0
    private var isClosed = false

    init(base: UnsafeMutableRawPointer, shelf: BlockShelf) {
        unsafe self.base = unsafe base
        self.shelf = shelf
    }

    deinit { unsafe shelf.takeBack(base) }

    /// Bytes of it that are in use, from the front.
    package var count: Int { filled }

    /// The memory to fill, before `close`.
    package var memory: UnsafeMutableBufferPointer<UInt8> {
        unsafe UnsafeMutableBufferPointer(
            start: base.assumingMemoryBound(to: UInt8.self), count: isClosed ? 0 : BlockShelf.blockBytes)
    }

    /// The first `count` bytes were written; from here on the block is only read.
    package func close(count: Int) {
        precondition(
            !isClosed && count >= 0 && count <= BlockShelf.blockBytes, "a block is closed once, with what it holds")
        filled = count
        isClosed = true
    }

    /// The bytes in use; valid as long as someone holds the block.
    package var bytes: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(start: base, count: filled) }

    /// Lends the bytes in use for the length of the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let lent = unsafe UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: filled)
        return try body(unsafe lent.span)
    }
}

extension Sequence<ByteBlock> {
    /// All bytes in one piece: a copy.
    package func joined() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(reduce(0) { $0 + $1.count })
        for block in self { unsafe bytes.append(contentsOf: block.bytes) }
        return bytes
    }
}
