/// What one look at a host found: whether it is one, its port's colon, and whether rules need it in lower case.
struct HostShape: Sendable {
    /// The last colon, counted from the host's start; -1 when there is none.
    var colon = -1
    var hasSeveralColons = false
    var hasUpper = false

    init() {}

    /// Looks at `range`; nil when a byte may not stand in a host.
    @inline(__always)
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        if bytes.isPlainHost(range) {
            let end = range.upperBound
            let first = bytes.firstOffset(of: UInt8(ascii: ":"), from: range.lowerBound, to: end)
            if first == end { return }
            if bytes.firstOffset(of: UInt8(ascii: ":"), from: first &+ 1, to: end) == end {
                colon = first &- range.lowerBound
                return
            }
        }
        let allowed = ASCIISet.host
        var offset = range.lowerBound
        while offset < range.upperBound {
            let byte = bytes[offset]
            guard allowed.contains(byte) else { return nil }
            if byte == UInt8(ascii: ":") {
                if colon >= 0 { hasSeveralColons = true }
                colon = offset &- range.lowerBound
            }
            if byte &- 0x41 < 26 { hasUpper = true }
            offset &+= 1
        }
    }
}

extension HeadStorage {
    /// The shape of the host at `range`; nil when it is none.
    @inline(__always)
    func hostShape(_ range: Range<Int>) -> HostShape? { HostShape(slab.span, range) }

    /// Whether two ranges hold the same, without regard to case.
    func isEqual(_ range: Range<Int>, _ other: Range<Int>) -> Bool {
        slab.span.extracting(range).equalsIgnoringCase(slab.span.extracting(other))
    }
}
