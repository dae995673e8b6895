/// The first line of a response (RFC 9112 section 4).
struct StatusLine: StartLine, Sendable {
    /// 100 to 999.
    var status: UInt16 = 0
    var version: Version = .http11
    var reasonStart: UInt32 = 0
    var reasonCount: UInt32 = 0

    static var isResponse: Bool { true }

    mutating func read(_ bytes: Span<UInt8>) -> LineOutcome {
        let count = bytes.count
        guard count >= 13 else { return .incomplete }
        let word = bytes.load64(0)
        if word == word64("HTTP/1.1") {
            version = .http11
        } else if word == word64("HTTP/1.0") {
            version = .http10
        } else {
            return .malformed
        }
        guard bytes[8] == Byte.space else { return .malformed }
        var value: UInt16 = 0
        for offset in 9..<12 {
            let digit = bytes[offset] &- 0x30
            guard digit < 10 else { return .malformed }
            value = value &* 10 &+ UInt16(digit)
        }
        guard value >= 100 else { return .malformed }
        status = value
        // Some servers leave out the blank with the reason.
        let hasReason = bytes[12] == Byte.space
        guard hasReason || bytes[12] == Byte.carriageReturn || bytes[12] == Byte.lineFeed else { return .malformed }
        let start = hasReason ? 13 : 12
        var end = bytes.firstControl(from: start, to: count)
        while end < count, bytes[end] == Byte.tab { end = bytes.firstControl(from: end &+ 1, to: count) }
        if end == count { return .incomplete }
        reasonStart = UInt32(truncatingIfNeeded: start)
        reasonCount = UInt32(truncatingIfNeeded: end &- start)
        if bytes[end] == Byte.lineFeed { return LineOutcome(value: end &+ 1) }
        guard bytes[end] == Byte.carriageReturn else { return .malformed }
        if end &+ 1 == count { return .incomplete }
        return bytes[end &+ 1] == Byte.lineFeed ? LineOutcome(value: end &+ 2) : .malformed
    }
}
