/// Walks over the pairs of a `Cookie` field's value, as Go's server reads them (RFC 6265 section 4.2).
struct CookiePairs: Sendable {
    private var position: Int
    private let end: Int

    init(_ range: Range<Int>) {
        position = range.lowerBound
        end = range.upperBound
    }

    struct Pair {
        var name: Range<Int>
        /// Without the quotes that may stand around it.
        var value: Range<Int>
        var whole: Range<Int>
    }

    /// The next pair, or nil at the end.
    mutating func next(in bytes: Span<UInt8>) -> Pair? {
        while position < end {
            let semicolon = bytes.firstOffset(of: UInt8(ascii: ";"), from: position, to: end)
            let whole = bytes.trimmed(position..<semicolon)
            position = semicolon + 1
            if whole.isEmpty { continue }
            let equals = bytes.firstOffset(of: UInt8(ascii: "="), from: whole.lowerBound, to: whole.upperBound)
            let name = bytes.trimmed(whole.lowerBound..<equals)
            var value = min(equals + 1, whole.upperBound)..<whole.upperBound
            let quote = UInt8(ascii: "\"")
            if value.count > 1, bytes[value.lowerBound] == quote, bytes[value.upperBound - 1] == quote {
                value = value.lowerBound + 1..<value.upperBound - 1
            }
            return Pair(name: name, value: value, whole: whole)
        }
        return nil
    }
}

extension RequestHead {
    /// Lends the value of the first cookie called `name`; nil when the client sent none.
    package func withCookie<Result>(_ name: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result? {
        unsafe parsed.storage.withCookie(name, body)
    }
}

extension HeadStorage {
    func withCookie<Result>(_ name: Span<UInt8>, _ body: (Span<UInt8>) -> Result) -> Result? {
        guard table.seen.contains(.cookie) else { return nil }
        let bytes = slab.span
        for index in table.indices where table[index].known == .cookie {
            let field = table[index]
            var pairs = CookiePairs(field.valueRange)
            while let pair = pairs.next(in: bytes) {
                if bytes.extracting(pair.name).isEqual(to: name) { return body(bytes.extracting(pair.value)) }
            }
        }
        return nil
    }
}
