/// Reads what a `SpanLog` has written, one span after another; off the loops.
struct SpanReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8], from offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Where the next span begins.
    var position: Int { offset }

    /// Steps over the next span; false at the end.
    mutating func skip() -> Bool {
        guard offset + Self.headCount <= bytes.count else { return false }
        let end = offset + Int(number(at: offset, 4))
        guard end > offset, end <= bytes.count else { return false }
        offset = end
        return true
    }

    /// The next span and its fields; nil at the end.
    mutating func next() -> (span: FinishedSpan, fields: [(field: SpanField, bytes: ArraySlice<UInt8>)])? {
        guard offset + Self.headCount <= bytes.count else { return nil }
        let end = offset + Int(number(at: offset, 4))
        guard end > offset, end <= bytes.count, let kind = FinishedSpan.Kind(rawValue: bytes[offset + 4]) else {
            return nil
        }
        let context = TraceContext(
            high: number(at: offset + 5, 8), low: number(at: offset + 13, 8), span: number(at: offset + 21, 8),
            isSampled: true)
        let span = FinishedSpan(
            kind, context, parent: number(at: offset + 29, 8), isParentRemote: bytes[offset + 55] == 1,
            startNanoseconds: number(at: offset + 37, 8), endNanoseconds: number(at: offset + 45, 8),
            status: UInt16(truncatingIfNeeded: number(at: offset + 53, 2)))
        var fields: [(field: SpanField, bytes: ArraySlice<UInt8>)] = []
        var place = offset + Self.headCount
        while place + 3 <= end, let field = SpanField(rawValue: bytes[place]) {
            let count = Int(number(at: place + 1, 2))
            guard place + 3 + count <= end else { break }
            fields.append((field, bytes[place + 3..<place + 3 + count]))
            place += 3 + count
        }
        offset = end
        return (span, fields)
    }

    private static let headCount = 56

    private func number(at start: Int, _ count: Int) -> UInt64 {
        var value: UInt64 = 0
        for place in stride(from: start + count - 1, through: start, by: -1) {
            value = value << 8 | UInt64(bytes[place])
        }
        return value
    }
}
