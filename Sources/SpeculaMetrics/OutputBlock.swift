/// A block of bytes that text is put into before it goes on, full block by full block: to the answer, or through gzip.
///
/// One of this room's two places with pointers: each copy is checked against the capacity first. A value without copies, so
/// that the compiler, and not a check at run time, sees to it that there is one writer.
@safe struct OutputBlock: ~Copyable {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private var count = 0
    private let drain: (Span<UInt8>) -> Void

    init(capacity: Int = 64 << 10, drain: @escaping (Span<UInt8>) -> Void) {
        self.capacity = capacity
        self.drain = drain
        unsafe start = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe start.initialize(repeating: 0, count: capacity)
    }

    deinit { unsafe start.deallocate() }

    /// Hands on what is there; call it at the end.
    mutating func flush() {
        guard count > 0 else { return }
        unsafe drain(UnsafeMutableBufferPointer(start: start, count: count).span)
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
        if length > capacity &- count {
            guard length <= capacity else {
                flush()
                unsafe drain(UnsafeBufferPointer(start: source, count: length).span)
                return
            }
            flush()
        }
        unsafe (start + count).update(from: source, count: length)
        count &+= length
    }
}
