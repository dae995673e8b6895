internal import CZlib
internal import SpeculaBytes

/// Compresses a text block by block into the gzip format, with the memory of one stream however long the text. (RFC 1952)
///
/// The other of this room's two places with pointers: zlib's stream must never move, so it lives on the heap.
@safe final class GzipStream {
    private let stream: UnsafeMutablePointer<z_stream>
    private let shelf: BlockShelf
    /// What has been compressed so far: full blocks, and the one that is being filled.
    private var full: [ByteBlock] = []
    private var open: ByteBlock
    private var isBroken = false

    /// - Parameters:
    ///   - level: 1 is fast, 9 is small.
    ///   - shelf: Where the blocks of the output come from.
    init?(level: Int32, shelf: BlockShelf) {
        self.shelf = shelf
        open = shelf.makeBlock()
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        // 15 bits of window, 16 more for the gzip wrapping; 8 is zlib's default for the memory of the level.
        let result = unsafe deflateInit2_(
            stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { return nil }
        point(to: open)
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Takes the next bytes of the text.
    func append(_ text: Span<UInt8>) {
        unsafe text.withUnsafeBufferPointer { buffer in
            // zlib does not write through this pointer; its type merely says so.
            unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: buffer.baseAddress)
            unsafe stream.pointee.avail_in = uInt(buffer.count)
            run(Z_NO_FLUSH)
        }
    }

    /// Ends the text; nil when zlib failed on the way.
    func finish() -> [ByteBlock]? {
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.avail_in = 0
        run(Z_FINISH)
        guard !isBroken else { return nil }
        open.close(count: BlockShelf.blockBytes - Int(unsafe stream.pointee.avail_out))
        return full + [open]
    }

    private func run(_ flush: Int32) {
        while !isBroken {
            if unsafe stream.pointee.avail_out == 0 { turn() }
            let result = unsafe deflate(stream, flush)
            if result == Z_STREAM_END { return }
            isBroken = result != Z_OK && result != Z_BUF_ERROR
            if unsafe stream.pointee.avail_out > 0, flush == Z_NO_FLUSH { return }
        }
    }

    /// The block is full; on with the next.
    private func turn() {
        open.close(count: BlockShelf.blockBytes)
        full.append(open)
        open = shelf.makeBlock()
        point(to: open)
    }

    private func point(to block: ByteBlock) {
        unsafe stream.pointee.next_out = block.memory.baseAddress
        unsafe stream.pointee.avail_out = uInt(BlockShelf.blockBytes)
    }
}
