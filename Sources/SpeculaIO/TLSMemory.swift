internal import CLinux
internal import COpenSSL

/// What TLS on one loop works in: ciphertext that came, and ciphertext that is to leave within the same call.
///
/// OpenSSL never sees a socket: its BIOs read from here and write to here. Made when the loop's first TLS connection is;
/// pages that were never used do not exist.
@safe
final class TLSMemory {
    /// Plaintext of one call of `SSL_write`; what it makes always fits into the output.
    static var largestWrite: Int { 65_536 }
    private static var outputRoom: Int { 192 << 10 }
    private static var inputRoom: Int { 64 << 10 }

    /// Ciphertext is received into this.
    let incoming: UnsafeMutableRawBufferPointer
    private let base: UnsafeMutableRawPointer
    private let method: OpaquePointer?
    private let memory: UnsafeMutablePointer<tls_memory>
    /// Sessions whose buffers, 34 KiB each, are there: they stay while there are requests, so that these allocate nothing.
    ///
    /// Not retained: a session leaves when it ends.
    private var warm: [Unmanaged<TLSSession>] = unsafe []
    /// Counts the sweeps.
    private(set) var period = 0

    init() {
        let mapped = unsafe linux_map(Self.inputRoom + Self.outputRoom)
        precondition(unsafe mapped != nil, "no memory to map")
        unsafe base = unsafe mapped.unsafelyUnwrapped
        unsafe incoming = UnsafeMutableRawBufferPointer(start: base, count: Self.inputRoom)
        unsafe method = tls_memory_method()
        unsafe memory = .allocate(capacity: 1)
        let output = unsafe (base + Self.inputRoom).assumingMemoryBound(to: UInt8.self)
        unsafe memory.initialize(
            to: tls_memory(
                input: nil, input_count: 0, output: output, output_count: 0, output_room: Self.outputRoom))
    }

    deinit {
        unsafe BIO_meth_free(method)
        unsafe memory.deallocate()
        unsafe linux_unmap(base, Self.inputRoom + Self.outputRoom)
    }

    /// Lets a session work in this memory.
    func attach(_ ssl: OpaquePointer) -> Bool { unsafe tls_memory_attach(ssl, method, memory) != 0 }

    /// What OpenSSL reads next.
    var input: UnsafeRawBufferPointer {
        get {
            unsafe UnsafeRawBufferPointer(start: memory.pointee.input, count: memory.pointee.input_count)
        }
        set {
            unsafe memory.pointee.input = newValue.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe memory.pointee.input_count = newValue.count
        }
    }

    /// What OpenSSL wrote since the output was taken last.
    var output: UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: memory.pointee.output, count: memory.pointee.output_count)
    }

    // MARK: Buffers of idle sessions

    var hasWarmSessions: Bool { unsafe !warm.isEmpty }

    /// The session has buffers from now on; returns its place.
    func warmed(_ session: TLSSession) -> Int {
        unsafe warm.append(.passUnretained(session))
        return unsafe warm.count - 1
    }

    /// The session in that place ends, or has no buffers any more.
    func cooled(at place: Int) {
        let last = unsafe warm.removeLast()
        guard unsafe place < warm.count else { return }
        unsafe warm[place] = unsafe last
        unsafe last._withUnsafeGuaranteedRef { $0.place = place }
    }

    /// Once in a while: who has done nothing since the last time gives its buffers back.
    func sweep() {
        for index in unsafe warm.indices.reversed() {
            unsafe warm[index]._withUnsafeGuaranteedRef { $0.cool(unless: period) }
        }
        period += 1
    }

    func dropOutput() { unsafe memory.pointee.output_count = 0 }
}

@available(*, unavailable)
extension TLSMemory: Sendable {}
