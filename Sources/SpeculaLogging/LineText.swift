/// Lines being put together byte by byte, escaped as their format wants; used again without giving its room back.
///
/// What a client sends may stand in a line but never end it, forge another one or move a terminal's cursor.
package struct LineText: Sendable {
    /// Bytes of one value that are written at most; what is longer ends in `...`.
    package static let valueLimit = 8192

    private var bytes: [UInt8] = []

    package init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    package var count: Int { bytes.count }
    package var isEmpty: Bool { bytes.isEmpty }
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Lends what was written.
    package func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result { body(bytes.span) }

    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    // MARK: As it is

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }

    package mutating func append(_ text: StaticString) {
        unsafe bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    package mutating func append(_ span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }

    package mutating func append(decimal value: UInt64) {
        var rest = value
        let start = bytes.count
        repeat {
            bytes.append(UInt8(truncatingIfNeeded: rest % 10) &+ 0x30)
            rest /= 10
        } while rest != 0
        var low = start
        var high = bytes.count - 1
        while low < high {
            bytes.swapAt(low, high)
            low += 1
            high -= 1
        }
    }

    /// Appends a number with leading zeros.
    package mutating func append(decimal value: UInt64, digits: Int) {
        var bound: UInt64 = 1
        for _ in 1..<max(1, digits) { bound *= 10 }
        while bound > 1, value < bound {
            bytes.append(UInt8(ascii: "0"))
            bound /= 10
        }
        append(decimal: value)
    }

    // MARK: Escaped

    /// Appends the inside of a JSON string, as Go's encoder writes it: `<`, `>`, `&` escaped, bytes that are no UTF-8 replaced.
    package mutating func append(json value: Span<UInt8>) {
        let (end, isCut) = Self.cut(value)
        var start = 0
        var place = 0
        while place < end {
            let byte = value[place]
            if byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"),
                byte != UInt8(ascii: "<"), byte != UInt8(ascii: ">"), byte != UInt8(ascii: "&")
            {
                place += 1
                continue
            }
            let length = byte < 0x80 ? 1 : UTF8Shape.length(of: value, at: place, end: end)
            let isLineSeparator =
                length == 3 && byte == 0xe2 && value[place + 1] == 0x80 && value[place + 2] & 0xfe == 0xa8
            if length > 1, !isLineSeparator {
                place += length
                continue
            }
            append(value.extracting(start..<place))
            if isLineSeparator {
                append(value[place + 2] == 0xa8 ? "\\u2028" : "\\u2029")
            } else {
                appendJSONEscape(byte)
            }
            place += max(1, length)
            start = place
        }
        append(value.extracting(start..<end))
        if isCut { append("...") }
    }

    private mutating func appendJSONEscape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x09: append("\\t")
        case 0x0a: append("\\n")
        case 0x0c: append("\\f")
        case 0x0d: append("\\r")
        case 0x80...: append("\\ufffd")
        default:
            append("\\u00")
            appendHex(byte)
        }
    }

    /// Appends a value of the common formats: quotes and backslashes get a backslash, what is no text becomes `\xHH`.
    package mutating func append(common value: Span<UInt8>) {
        let (end, isCut) = Self.cut(value)
        var start = 0
        var place = 0
        while place < end {
            let byte = value[place]
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                place += 1
                continue
            }
            let length = byte < 0x80 ? 1 : UTF8Shape.length(of: value, at: place, end: end)
            // U+0080 to U+009F steer terminals, too.
            let steers = length == 2 && byte == 0xc2 && value[place + 1] < 0xa0
            if length > 1, !steers {
                place += length
                continue
            }
            append(value.extracting(start..<place))
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                append(UInt8(ascii: "\\"))
                append(byte)
            } else {
                append("\\x")
                appendHex(byte)
            }
            place += 1
            start = place
        }
        append(value.extracting(start..<end))
        if isCut { append("...") }
    }

    private mutating func appendHex(_ byte: UInt8) {
        for digit in [byte >> 4, byte & 15] { append(digit < 10 ? 0x30 + digit : 0x57 + digit) }
    }

    /// Where a value that is too long ends: never inside a character.
    private static func cut(_ value: Span<UInt8>) -> (end: Int, isCut: Bool) {
        guard value.count > valueLimit else { return (value.count, false) }
        var end = valueLimit
        while end > valueLimit - 4, value[end] & 0xc0 == 0x80 { end -= 1 }
        return (end, true)
    }
}

/// How long a character of UTF-8 is, where it is one.
private enum UTF8Shape {
    /// 2 to 4 for a well-formed sequence at `place`, else 0 (Unicode, table 3-7).
    static func length(of bytes: Span<UInt8>, at place: Int, end: Int) -> Int {
        func follows(_ offset: Int, _ range: ClosedRange<UInt8> = 0x80...0xbf) -> Bool {
            place + offset < end && range.contains(bytes[place + offset])
        }
        switch bytes[place] {
        case 0xc2...0xdf: return follows(1) ? 2 : 0
        case 0xe0: return follows(1, 0xa0...0xbf) && follows(2) ? 3 : 0
        case 0xed: return follows(1, 0x80...0x9f) && follows(2) ? 3 : 0
        case 0xe1...0xef: return follows(1) && follows(2) ? 3 : 0
        case 0xf0: return follows(1, 0x90...0xbf) && follows(2) && follows(3) ? 4 : 0
        case 0xf4: return follows(1, 0x80...0x8f) && follows(2) && follows(3) ? 4 : 0
        case 0xf1...0xf3: return follows(1) && follows(2) && follows(3) ? 4 : 0
        default: return 0
        }
    }
}
