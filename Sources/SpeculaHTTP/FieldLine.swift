/// What reading one line of a head came to: the offset behind it, or why there is none yet.
struct LineOutcome: Equatable {
    var value: Int

    /// The line goes on behind the bytes that are there.
    static var incomplete: LineOutcome { LineOutcome(value: -1) }
    /// The line is no line of a head.
    static var malformed: LineOutcome { LineOutcome(value: -2) }
    /// A blank stands before the colon.
    static var blankInName: LineOutcome { LineOutcome(value: -3) }
    /// A version that is not HTTP/1.x.
    static var version: LineOutcome { LineOutcome(value: -4) }

    /// There is no empty line here: the head goes on.
    static var noEnd: LineOutcome { LineOutcome(value: -5) }

    @inline(__always)
    var next: Int? { value >= 0 ? value : nil }
}

/// Reads `name: value CRLF` (RFC 9112 section 5) in one pass.
enum FieldLine {
    /// Reads the line that begins at `start` into `field`.
    ///
    /// Requests are read strictly. Of a response a bare LF ends a line, and a name with blanks before its colon is read and marked
    /// `dropped`, as RFC 9112 section 5.1 asks of a proxy.
    @inline(__always)
    static func read(
        _ bytes: Span<UInt8>, from start: Int, ofResponse: Bool, into field: inout Field
    ) -> LineOutcome {
        let count = bytes.count
        let nameEnd = endOfName(bytes, from: start, to: count)
        if nameEnd == count { return .incomplete }
        var colon = nameEnd
        var traits: Field.Traits = []
        if bytes[nameEnd] != UInt8(ascii: ":") {
            while colon < count, Byte.isBlank(bytes[colon]) { colon &+= 1 }
            if colon == count { return .incomplete }
            if colon == nameEnd || nameEnd == start || bytes[colon] != UInt8(ascii: ":") { return .malformed }
            if !ofResponse { return .blankInName }
            traits.insert(.dropped)
        }
        let nameCount = nameEnd &- start
        guard nameCount > 0, nameCount <= Int(UInt16.max) else { return .malformed }
        let known = KnownField.recognise(bytes, from: start, count: nameCount)
        if known == .other, !bytes.isPlainName(from: start, count: nameCount) {
            let token = ASCIISet.token
            for offset in start..<nameEnd {
                let byte = bytes[offset]
                if !token.contains(byte) { return .malformed }
                if byte == UInt8(ascii: "_") { traits.insert(.underscore) }
            }
        }
        var valueStart = colon &+ 1
        while valueStart < count, Byte.isBlank(bytes[valueStart]) { valueStart &+= 1 }
        var end = bytes.firstControl(from: valueStart, to: count)
        while end < count, bytes[end] == Byte.tab { end = bytes.firstControl(from: end &+ 1, to: count) }
        if end == count { return .incomplete }
        var next = end &+ 1
        if bytes[end] == Byte.carriageReturn {
            if next == count { return .incomplete }
            guard bytes[next] == Byte.lineFeed else { return .malformed }
            next &+= 1
        } else if !ofResponse || bytes[end] != Byte.lineFeed {
            return .malformed
        }
        while end > valueStart, Byte.isBlank(bytes[end &- 1]) { end &-= 1 }
        if valueStart == nameEnd &+ 2, next == end &+ 2, bytes[nameEnd &+ 1] == Byte.space { traits.insert(.tight) }
        field = Field(
            nameStart: UInt32(truncatingIfNeeded: start), valueStart: UInt32(truncatingIfNeeded: valueStart),
            valueCount: UInt32(truncatingIfNeeded: end &- valueStart), nameCount: UInt16(truncatingIfNeeded: nameCount),
            known: known, traits: traits)
        return LineOutcome(value: next)
    }

    /// The first offset that holds a colon, a blank or a control character; eight bytes a step.
    @inline(__always)
    private static func endOfName(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Int {
        var offset = start
        while offset &+ 8 <= end {
            let word = bytes.load64(offset)
            let colon = word ^ 0x3a3a_3a3a_3a3a_3a3a
            let hit =
                ((word &- 0x2121_2121_2121_2121) & ~word | (colon &- 0x0101_0101_0101_0101) & ~colon)
                & 0x8080_8080_8080_8080
            if hit != 0 { return offset &+ hit.trailingZeroBitCount &>> 3 }
            offset &+= 8
        }
        while offset < end, bytes[offset] > Byte.space, bytes[offset] != UInt8(ascii: ":") { offset &+= 1 }
        return offset
    }
}
