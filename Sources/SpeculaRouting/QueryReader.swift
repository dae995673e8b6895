/// Reads a query as Go does: pairs between `&`; `+` and `%xx` decoded; a pair with `;` or a broken escape is passed over.
enum QueryReader {
    /// True if some pair is this key and this value.
    static func holds(_ query: Span<UInt8>, key: Span<UInt8>, value: Span<UInt8>) -> Bool {
        var found = false
        var start = 0
        while !found, let pair = nextPair(query, from: &start) {
            found =
                equals(query, pair.key, key) == true && equals(query, pair.value, value) == true
        }
        return found
    }

    /// True if the condition holds for some value of the key; `scratch` keeps the decoded value.
    static func anyValue(
        _ query: Span<UInt8>, key: Span<UInt8>, scratch: inout [UInt8], where condition: (Span<UInt8>) -> Bool
    ) -> Bool {
        var start = 0
        while let pair = nextPair(query, from: &start) {
            guard equals(query, pair.key, key) == true, decode(query, pair.value, into: &scratch) else { continue }
            if condition(scratch.span) { return true }
        }
        return false
    }

    private struct Pair {
        let key: Range<Int>
        let value: Range<Int>
    }

    private static func nextPair(_ query: Span<UInt8>, from start: inout Int) -> Pair? {
        while start < query.count {
            let first = start
            var end = first
            var equalSign: Int?
            var isRefused = false
            while end < query.count, query[end] != UInt8(ascii: "&") {
                if query[end] == UInt8(ascii: ";") { isRefused = true }
                if query[end] == UInt8(ascii: "="), equalSign == nil { equalSign = end }
                end += 1
            }
            start = end + 1
            if isRefused || end == first { continue }
            guard let equalSign else { return Pair(key: first..<end, value: end..<end) }
            return Pair(key: first..<equalSign, value: equalSign + 1..<end)
        }
        return nil
    }

    /// Nil: the text has a broken escape.
    private static func equals(_ query: Span<UInt8>, _ range: Range<Int>, _ expected: Span<UInt8>) -> Bool? {
        var i = range.lowerBound
        var j = 0
        var isEqual = true
        while i < range.upperBound {
            guard let byte = decodedByte(query, &i, range.upperBound) else { return nil }
            if isEqual, j < expected.count, expected[j] == byte { j += 1 } else { isEqual = false }
        }
        return isEqual && j == expected.count
    }

    private static func decode(_ query: Span<UInt8>, _ range: Range<Int>, into out: inout [UInt8]) -> Bool {
        out.removeAll(keepingCapacity: true)
        var i = range.lowerBound
        while i < range.upperBound {
            guard let byte = decodedByte(query, &i, range.upperBound) else { return false }
            out.append(byte)
        }
        return true
    }

    private static func decodedByte(_ query: Span<UInt8>, _ i: inout Int, _ end: Int) -> UInt8? {
        let byte = query[i]
        switch byte {
        case UInt8(ascii: "+"):
            i += 1
            return UInt8(ascii: " ")
        case UInt8(ascii: "%"):
            guard i + 2 < end, let high = hexValue(query[i + 1]), let low = hexValue(query[i + 2]) else { return nil }
            i += 3
            return high << 4 | low
        default:
            i += 1
            return byte
        }
    }

    private static func hexValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
