/// The reports of one wait: filled by the network, read by the loop, at most 256 at a time.
@safe
package final class EventBatch {
    package static var capacity: Int { 256 }

    /// Owned, `capacity` long, initialised to zero.
    private let storage: UnsafeMutablePointer<Event>
    private var filled = 0

    struct Event {
        var handle: UInt64
        var readiness: UInt32
    }

    package init() {
        unsafe storage = .allocate(capacity: Self.capacity)
        unsafe storage.initialize(repeating: Event(handle: 0, readiness: 0), count: Self.capacity)
    }

    deinit { unsafe storage.deallocate() }

    package var count: Int { filled }
    package var isFull: Bool { filled == Self.capacity }

    package func removeAll() { filled = 0 }

    package func append(_ handle: Handle, _ readiness: Readiness) {
        precondition(filled < Self.capacity)
        unsafe storage[filled] = Event(handle: handle.raw, readiness: readiness.rawValue)
        filled += 1
    }

    package func event(at index: Int) -> (handle: Handle, readiness: Readiness) {
        precondition(index < filled)
        let event = unsafe storage[index]
        return (Handle(raw: event.handle), Readiness(rawValue: event.readiness))
    }

    /// For `LinuxNetwork`, whose kernel writes events of the same layout (asserted there).
    func withStorage(_ fill: (UnsafeMutableRawPointer) -> Int) {
        filled = unsafe min(max(fill(UnsafeMutableRawPointer(storage)), 0), Self.capacity)
    }
}

/// Pieces of memory to be sent in one call; valid only during that call.
@safe
package struct OutputVectors: ~Copyable {
    package static var limit: Int { 64 }

    let pieces: UnsafeMutableBufferPointer<OutputVector>
    let used: Int

    init(_ pieces: UnsafeMutableBufferPointer<OutputVector>, used: Int) {
        unsafe self.pieces = unsafe pieces
        self.used = used
    }

    package var count: Int { used }

    package subscript(index: Int) -> UnsafeRawBufferPointer {
        precondition(index < used)
        return unsafe UnsafeRawBufferPointer(start: pieces[index].base, count: pieces[index].count)
    }
}

/// One piece; laid out like `struct iovec`.
@unsafe
struct OutputVector {
    var base: UnsafeRawPointer?
    var count: Int
}
