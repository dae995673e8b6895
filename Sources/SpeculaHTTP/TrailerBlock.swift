/// The fields behind the last chunk of a body (RFC 9112 section 7.1.2); read strictly, and bounded.
///
/// Of requests they are dropped, as in Traefik; of responses they are passed on.
package struct TrailerBlock: Sendable {
    private var slab: [UInt8] = []
    private var fields: [Field] = []
    private var lineStart = 0

    /// What trailers may hold; more is malformed.
    private static let maxBytes = 64 * 1024

    package init() {}

    package var isEmpty: Bool { fields.isEmpty }
    package var count: Int { fields.count }
    /// Bytes that `write` needs at most.
    package var sizeBound: Int { slab.count + 4 * fields.count }

    package func withName<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        body(slab.span.extracting(fields[index].nameRange))
    }

    package func withValue<Result>(of index: Int, _ body: (Span<UInt8>) -> Result) -> Result {
        body(slab.span.extracting(fields[index].valueRange))
    }

    /// Writes the fields without the empty line behind them; those that may not stand in trailers are left out.
    package func write(into writer: inout ByteWriter) {
        var withheld = KnownFieldSet.hopByHop
        withheld.bits |= KnownFieldSet.essential.bits
        let bytes = slab.span
        for index in fields.indices where !withheld.contains(fields[index].known) {
            let field = fields[index]
            writer.append(bytes, field.nameRange)
            writer.append(": ")
            writer.append(bytes, field.valueRange)
            writer.append("\r\n")
        }
    }

    enum Step {
        case needMore
        case end(Int)
        case malformed
    }

    /// Takes lines from `start` on, up to and with the empty one.
    mutating func consume(_ bytes: Span<UInt8>, from start: Int) -> Step {
        var offset = start
        while offset < bytes.count {
            let feed = bytes.firstOffset(of: Byte.lineFeed, from: offset, to: bytes.count)
            let end = min(feed + 1, bytes.count)
            if slab.count + end - offset > Self.maxBytes { return .malformed }
            // Nearly always the block is empty: its CR LF needs no memory.
            if slab.isEmpty, end - offset == 2, bytes[offset] == Byte.carriageReturn, feed == offset + 1 {
                return .end(end)
            }
            slab.append(copying: bytes, offset..<end)
            offset = end
            if feed == bytes.count { break }
            if slab.count - lineStart == 2, slab[lineStart] == Byte.carriageReturn { return .end(offset) }
            var field = Field()
            let outcome = FieldLine.read(slab.span, from: lineStart, ofResponse: false, into: &field)
            guard let next = outcome.next else { return .malformed }
            fields.append(field)
            lineStart = next
        }
        return .needMore
    }
}
