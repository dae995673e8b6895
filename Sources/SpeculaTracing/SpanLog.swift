/// The spans that one worker has finished and nobody has fetched yet: bytes in a row, bounded, written without allocating.
///
/// Bound to its worker's loop. A span that does not fit any more is left out and counted; nothing ever waits. Whoever exports comes
/// to the loop, takes the bytes and leaves an empty block in their place.
package final class SpanLog {
    /// What a value may have at most; the rest of a longer one is left out.
    package static let maxValueBytes = 4096

    package let figures = SpanFigures()
    private let capacity: Int
    private var bytes: [UInt8] = []
    private var spans = 0
    /// Where the span that is being written begins.
    private var start = 0
    private var isFull = false

    /// - `capacity`: Bytes of spans held at most.
    package init(capacity: Int) {
        self.capacity = capacity
        bytes.reserveCapacity(capacity)
    }

    /// Begins a span; its fields follow, then `end`.
    package func begin(_ span: FinishedSpan) {
        start = bytes.count
        isFull = false
        number(0, 4)
        number(UInt64(span.kind.rawValue), 1)
        number(span.context.high, 8)
        number(span.context.low, 8)
        number(span.context.span, 8)
        number(span.parent, 8)
        number(span.startNanoseconds, 8)
        number(span.endNanoseconds, 8)
        number(UInt64(span.status), 2)
        number(span.isParentRemote ? 1 : 0, 1)
    }

    package func add(_ field: SpanField, _ value: Span<UInt8>) {
        let count = min(value.count, Self.maxValueBytes)
        number(UInt64(field.rawValue), 1)
        number(UInt64(count), 2)
        append(value, count)
    }

    package func add(_ field: SpanField, _ value: [UInt8]) { add(field, value.span) }

    package func add(_ field: SpanField, _ value: StaticString) {
        let count = value.utf8CodeUnitCount
        number(UInt64(field.rawValue), 1)
        number(UInt64(count), 2)
        guard fits(count) else { return }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: value.utf8Start, count: count))
    }

    /// Two texts in a row.
    package func add(_ field: SpanField, _ first: StaticString, _ text: String) {
        let text = text.utf8
        let count = min(text.count, Self.maxValueBytes - first.utf8CodeUnitCount)
        number(UInt64(field.rawValue), 1)
        number(UInt64(first.utf8CodeUnitCount + count), 2)
        guard fits(first.utf8CodeUnitCount + count) else { return }
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: first.utf8Start, count: first.utf8CodeUnitCount))
        append(text, count)
    }

    package func add(_ field: SpanField, _ text: String) { add(field, "", text) }

    /// Text, then bytes.
    package func add(_ field: SpanField, _ text: String, _ value: Span<UInt8>) {
        let text = text.utf8
        let first = min(text.count, Self.maxValueBytes)
        let count = min(value.count, Self.maxValueBytes - first)
        number(UInt64(field.rawValue), 1)
        number(UInt64(first + count), 2)
        guard fits(first + count) else { return }
        append(text, first)
        bytes.append(copying: value.extracting(0..<count))
    }

    package func add(_ field: SpanField, _ value: UInt64) {
        number(UInt64(field.rawValue), 1)
        number(8, 2)
        number(value, 8)
    }

    /// The span that this one belongs with, in another trace.
    package func add(link: TraceContext) {
        number(UInt64(SpanField.link.rawValue), 1)
        number(24, 2)
        number(link.high, 8)
        number(link.low, 8)
        number(link.span, 8)
    }

    /// A captured field of a head: which of the configured names, and its value.
    package func add(_ field: SpanField, name: Int, _ value: Span<UInt8>) {
        let count = min(value.count, Self.maxValueBytes)
        number(UInt64(field.rawValue), 1)
        number(UInt64(count + 1), 2)
        number(UInt64(name), 1)
        append(value, count)
    }

    /// Fields that `CapturedFields` has kept, as they are.
    package func add(_ captured: borrowing CapturedFields) { append(captured.bytes.span, captured.bytes.count) }

    /// Ends the span.
    package func end() {
        if isFull {
            bytes.removeLast(bytes.count - start)
            figures.noteDropped()
            return
        }
        var length = bytes.count - start
        for offset in 0..<4 {
            bytes[start + offset] = UInt8(truncatingIfNeeded: length)
            length >>= 8
        }
        spans += 1
        figures.noteRecorded()
    }

    /// Takes what is there and goes on with an empty block; where nothing is, that is all it costs.
    package func take() -> SpanBatch {
        guard spans > 0 else { return SpanBatch() }
        let batch = SpanBatch(bytes: bytes, spans: spans)
        bytes = []
        bytes.reserveCapacity(capacity)
        spans = 0
        return batch
    }

    /// Spans that wait to be fetched.
    package var waiting: Int { spans }

    private func fits(_ count: Int) -> Bool {
        if bytes.count + count > capacity { isFull = true }
        return !isFull
    }

    private func number(_ value: UInt64, _ count: Int) {
        guard fits(count) else { return }
        var rest = value
        for _ in 0..<count {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// The bytes of a string stand in a row, but for strings that came from elsewhere, which there are none of here.
    private func append(_ text: String.UTF8View, _ count: Int) {
        let isDone: Void? = unsafe text.withContiguousStorageIfAvailable {
            unsafe bytes.append(contentsOf: $0.prefix(count))
        }
        if isDone == nil { bytes.append(contentsOf: text.prefix(count)) }
    }

    private func append(_ value: Span<UInt8>, _ count: Int) {
        guard fits(count) else { return }
        bytes.append(copying: value.extracting(0..<count))
    }
}

@available(*, unavailable)
extension SpanLog: Sendable {}

/// Fields of a response's head that a span will show when it ends, long after the head is gone; used again and again.
package struct CapturedFields: ~Copyable {
    var bytes: [UInt8] = []

    package init() {}

    package mutating func removeAll() { if !bytes.isEmpty { bytes.removeAll(keepingCapacity: true) } }

    package mutating func add(name: Int, _ value: Span<UInt8>) {
        let count = min(value.count, SpanLog.maxValueBytes)
        bytes.append(SpanField.responseHeader.rawValue)
        bytes.append(UInt8(truncatingIfNeeded: count + 1))
        bytes.append(UInt8(truncatingIfNeeded: (count + 1) >> 8))
        bytes.append(UInt8(truncatingIfNeeded: name))
        bytes.append(copying: value.extracting(0..<count))
    }
}

extension [UInt8] {
    /// Appends all of a span.
    @inline(__always)
    fileprivate mutating func append(copying value: Span<UInt8>) {
        unsafe value.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

/// Spans on their way from a worker to the export.
package struct SpanBatch: Sendable {
    package var bytes: [UInt8]
    package var spans: Int

    package init(bytes: [UInt8] = [], spans: Int = 0) {
        self.bytes = bytes
        self.spans = spans
    }
}
