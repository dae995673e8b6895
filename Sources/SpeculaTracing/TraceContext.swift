/// Which trace and which span a request belongs to, and whether it is recorded. (W3C Trace Context, level 2)
package struct TraceContext: Hashable, Sendable {
    /// The first and the last eight bytes of the trace's id, read as big-endian numbers; never both zero.
    package let high: UInt64
    package let low: UInt64
    /// Never zero.
    package let span: UInt64
    package let isSampled: Bool

    package init(high: UInt64, low: UInt64, span: UInt64, isSampled: Bool) {
        self.high = high
        self.low = low
        self.span = span
        self.isSampled = isSampled
    }

    /// Another span of the same trace.
    package func with(span: UInt64) -> TraceContext {
        TraceContext(high: high, low: low, span: span, isSampled: isSampled)
    }

    // MARK: `traceparent`

    /// Bytes of a `traceparent` of version 00.
    package static let textCount = 55
    /// Where the ids stand in it.
    package static let traceDigits = 3..<35
    package static let spanDigits = 36..<52

    /// Reads a `traceparent`: `00-<32 digits>-<16 digits>-<2 digits>`, digits in lower case.
    ///
    /// Of a later version only what version 00 says is read; more may follow behind a hyphen. Of the flags only the one that says
    /// "sampled" counts. Nil when it is anything else, when an id is zero, and for version ff, which is none.
    package init?(parent text: Span<UInt8>) {
        guard text.count >= Self.textCount, text[2] == hyphen, text[35] == hyphen, text[52] == hyphen,
            let version = Self.number(text, 0..<2), version != 0xff, let high = Self.number(text, 3..<19),
            let low = Self.number(text, 19..<35), let span = Self.number(text, 36..<52),
            let flags = Self.number(text, 53..<55)
        else { return nil }
        if text.count > Self.textCount, version == 0 || text[Self.textCount] != hyphen { return nil }
        guard high | low != 0, span != 0 else { return nil }
        self.init(high: high, low: low, span: span, isSampled: flags & 1 != 0)
    }

    /// The `traceparent` that tells a server of this span.
    package var text: InlineArray<55, UInt8> {
        var text = InlineArray<55, UInt8>(repeating: hyphen)
        text[0] = zero
        text[1] = zero
        Self.write(high, 16, at: 3, &text)
        Self.write(low, 16, at: 19, &text)
        Self.write(span, 16, at: 36, &text)
        Self.write(isSampled ? 1 : 0, 2, at: 53, &text)
        return text
    }

    private static func write(_ value: UInt64, _ digits: Int, at start: Int, _ text: inout InlineArray<55, UInt8>) {
        var rest = value
        var offset = start + digits
        while offset > start {
            offset -= 1
            let digit = UInt8(truncatingIfNeeded: rest & 15)
            text[offset] = digit < 10 ? zero &+ digit : UInt8(ascii: "a") &- 10 &+ digit
            rest >>= 4
        }
    }

    /// Hexadecimal digits in lower case; nil for anything else.
    private static func number(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = text[offset]
            let digit: UInt8
            switch byte {
            case zero...UInt8(ascii: "9"): digit = byte &- zero
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte &- UInt8(ascii: "a") &+ 10
            default: return nil
            }
            value = value << 4 | UInt64(digit)
            offset += 1
        }
        return value
    }
}

private let hyphen = UInt8(ascii: "-")
private let zero = UInt8(ascii: "0")
