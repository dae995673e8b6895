internal import CZlib

/// Compresses a text block by block into the gzip format, with the memory of one stream however long the text. (RFC 1952)
///
/// The other of this room's two places with pointers: zlib's stream must never move, so it lives on the heap.
@safe final class GzipStream {
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableBufferPointer<UInt8>
    /// What has been compressed so far.
    private(set) var bytes: [UInt8] = []
    private var isBroken = false

    /// - Parameter level: 1 is fast, 9 is small.
    init?(level: Int32) {
        unsafe stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        unsafe output = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 64 << 10)
        unsafe output.initialize(repeating: 0)
        // 15 bits of window, 16 more for the gzip wrapping; 8 is zlib's default for the memory of the level.
        let result = unsafe deflateInit2_(
            stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard result == Z_OK else { return nil }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
        unsafe output.deallocate()
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
    func finish() -> [UInt8]? {
        unsafe stream.pointee.next_in = nil
        unsafe stream.pointee.avail_in = 0
        run(Z_FINISH)
        return isBroken ? nil : bytes
    }

    private func run(_ flush: Int32) {
        while !isBroken {
            unsafe stream.pointee.next_out = output.baseAddress
            unsafe stream.pointee.avail_out = uInt(output.count)
            let result = unsafe deflate(stream, flush)
            let written = unsafe output.count - Int(stream.pointee.avail_out)
            unsafe bytes.append(contentsOf: UnsafeBufferPointer(rebasing: output[..<written]))
            if result == Z_STREAM_END { return }
            isBroken = result != Z_OK && result != Z_BUF_ERROR
            if unsafe stream.pointee.avail_out > 0, flush == Z_NO_FLUSH { return }
        }
    }
}
