/// Walks over a list whose items are separated by commas, blanks around them left out (RFC 9110 section 5.6.1).
struct TokenList: Sendable {
    private var position: Int
    private let end: Int

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next item that is not empty, or nil at the end of the list.
    mutating func next(in bytes: Span<UInt8>) -> Range<Int>? {
        while position < end {
            let comma = bytes.firstOffset(of: UInt8(ascii: ","), from: position, to: end)
            let item = bytes.trimmed(position..<comma)
            position = comma + 1
            if !item.isEmpty { return item }
        }
        return nil
    }
}

extension Span<UInt8> {
    /// `range` without the blanks and tabs at both its ends.
    @inline(__always)
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end, Byte.isBlank(self[start]) { start &+= 1 }
        while end > start, Byte.isBlank(self[end &- 1]) { end &-= 1 }
        return start..<end
    }
}
