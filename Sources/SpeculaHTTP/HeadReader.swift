/// The first line of a head, request or response, as its reader sees it.
protocol StartLine {
    /// Whether the lenient rules for responses hold.
    static var isResponse: Bool { get }
    /// Reads the line that begins at offset 0.
    mutating func read(_ bytes: Span<UInt8>) -> LineOutcome
}

/// Limits of one head. (Traefik: `http.maxHeaderBytes`; the others are ours and off unless written.)
package struct HeadLimits: Sendable {
    /// Bytes of the whole head with its last empty line: Traefik's 1 MiB and Go's slack of 4,096.
    package var maxBytes: Int
    /// Fields; a head with more is too large.
    package var maxFields: Int
    /// Bytes of the first line with its end.
    package var maxStartLineBytes: Int

    package init(maxBytes: Int = 1 << 20 + 4096, maxFields: Int = .max, maxStartLineBytes: Int = .max) {
        self.maxBytes = min(maxBytes, 1 << 30)
        self.maxFields = maxFields
        self.maxStartLineBytes = maxStartLineBytes
    }
}

/// Takes a head apart line by line, whatever pieces it arrives in, in time linear in its bytes.
///
/// A head that arrives in one piece is read where it lies and copied once. One that does not is copied as it comes, up to each line's end,
/// and each line is read when it is whole; so no byte is looked at more than three times, and nothing depends on where the pieces end.
struct HeadReader: Sendable {
    /// Where the line begins that is not read yet.
    private var lineStart = 0

    /// Whether the first line is still to be read.
    var isAtStart: Bool { lineStart == 0 }

    /// What a piece of a head came to.
    enum Step: Equatable {
        case needMore
        case complete(consumed: Int)
        case failed(LineOutcome)
        case tooLarge
    }

    /// Takes what it needs of `bytes`; with `.needMore` it has taken all of them.
    @inline(__always)
    mutating func consume<Line: StartLine>(
        _ bytes: Span<UInt8>, limits: HeadLimits, slab: inout [UInt8], table: inout FieldTable, line: inout Line
    ) -> Step {
        guard slab.isEmpty else {
            return consumePiece(bytes, limits: limits, slab: &slab, table: &table, line: &line)
        }
        var position = 0
        var outcome = line.read(bytes)
        while let next = outcome.next {
            if next > limits.maxBytes || position == 0 && next > limits.maxStartLineBytes { return .tooLarge }
            position = next
            outcome = Self.endOfHead(bytes, at: position, ofResponse: Line.isResponse)
            if let end = outcome.next {
                if end > limits.maxBytes { return .tooLarge }
                slab.append(copying: bytes, 0..<end)
                return .complete(consumed: end)
            }
            if outcome != .noEnd { break }
            var field = Field()
            outcome = FieldLine.read(bytes, from: position, ofResponse: Line.isResponse, into: &field)
            if outcome.next != nil {
                table.append(field)
                if table.count > limits.maxFields { return .tooLarge }
            }
        }
        // A line is judged when it is whole, so that the answer does not depend on how the bytes were cut.
        let feed = bytes.firstOffset(of: Byte.lineFeed, from: position, to: bytes.count)
        lineStart = position
        if feed < bytes.count {
            return feed < limits.maxBytes ? .failed(outcome == .incomplete ? .malformed : outcome) : .tooLarge
        }
        slab.append(copying: bytes, 0..<bytes.count)
        return isFull(slab.count, limits) ? .tooLarge : .needMore
    }

    /// The slow way: copies up to the end of each line, and reads it in the slab.
    private mutating func consumePiece<Line: StartLine>(
        _ bytes: Span<UInt8>, limits: HeadLimits, slab: inout [UInt8], table: inout FieldTable, line: inout Line
    ) -> Step {
        var offset = 0
        while offset < bytes.count {
            let feed = bytes.firstOffset(of: Byte.lineFeed, from: offset, to: bytes.count)
            let pieceEnd = min(feed + 1, bytes.count)
            slab.append(copying: bytes, offset..<pieceEnd)
            offset = pieceEnd
            if feed == pieceEnd { break }
            if slab.count > limits.maxBytes || lineStart == 0 && slab.count > limits.maxStartLineBytes {
                return .tooLarge
            }
            var outcome: LineOutcome
            if lineStart == 0 {
                outcome = line.read(slab.span)
            } else {
                outcome = Self.endOfHead(slab.span, at: lineStart, ofResponse: Line.isResponse)
                if outcome.next != nil { return .complete(consumed: offset) }
                if outcome == .noEnd {
                    var field = Field()
                    outcome = FieldLine.read(slab.span, from: lineStart, ofResponse: Line.isResponse, into: &field)
                    if outcome.next != nil {
                        table.append(field)
                        if table.count > limits.maxFields { return .tooLarge }
                    }
                }
            }
            guard let next = outcome.next else { return .failed(outcome == .incomplete ? .malformed : outcome) }
            lineStart = next
        }
        return isFull(slab.count, limits) ? .tooLarge : .needMore
    }

    /// Whether a head of which `count` bytes are there, and one more must come, is over its limits.
    private func isFull(_ count: Int, _ limits: HeadLimits) -> Bool {
        count >= limits.maxBytes || lineStart == 0 && count >= limits.maxStartLineBytes
    }

    /// The offset behind the empty line at `start`, or `.noEnd` when another line stands there.
    @inline(__always)
    private static func endOfHead(_ bytes: Span<UInt8>, at start: Int, ofResponse: Bool) -> LineOutcome {
        guard start < bytes.count else { return .incomplete }
        if bytes[start] == Byte.carriageReturn {
            guard start &+ 1 < bytes.count else { return .incomplete }
            return bytes[start &+ 1] == Byte.lineFeed ? LineOutcome(value: start &+ 2) : .malformed
        }
        return ofResponse && bytes[start] == Byte.lineFeed ? LineOutcome(value: start &+ 1) : .noEnd
    }
}

extension [UInt8] {
    /// Appends a part of a span; the array's capacity is kept by its owner.
    @inline(__always)
    package mutating func append(copying bytes: Span<UInt8>, _ range: Range<Int>) {
        let part = bytes.extracting(range)
        unsafe part.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}
