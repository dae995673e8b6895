/// How a cookie names a server or a child: reading `Cookie` fields, and the values that mean somebody.
extension StickyCookiePlan {
    /// The value of this cookie in a `Cookie` field, as Go reads it: without quotes; nil if it is not there or not sound.
    ///
    /// Of several cookies of the name, the first counts.
    package func value(in field: Span<UInt8>) -> Range<Int>? {
        var start = 0
        while start < field.count {
            var end = start
            while end < field.count, field[end] != UInt8(ascii: ";") { end += 1 }
            let pair = field.trimmed(start..<end)
            start = end + 1
            let equalSign = pair.first { field[$0] == UInt8(ascii: "=") } ?? pair.upperBound
            let key = field.trimmed(pair.lowerBound..<equalSign)
            guard key.count == nameBytes.count,
                zip(key, nameBytes.indices).allSatisfy({ field[$0] == nameBytes[$1] })
            else { continue }
            var value = min(equalSign + 1, pair.upperBound)..<pair.upperBound
            if value.count > 1, field[value.lowerBound] == UInt8(ascii: "\""),
                field[value.upperBound - 1] == UInt8(ascii: "\"")
            {
                value = value.lowerBound + 1..<value.upperBound - 1
            }
            let isSound = value.allSatisfy { index in
                let byte = field[index]
                return byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            }
            if isSound { return value }
        }
        return nil
    }
}

/// Whom a sticky cookie means.
package struct StickyMatch: Sendable, Equatable {
    /// Among the servers or children.
    package let index: Int
    /// The value is of a kind that is no longer given out: the response sets the new one.
    package let needsNewCookie: Bool
}

extension LoadBalancerPlan {
    /// The server that a cookie's value means, whether it is up or not; fenced ones too.
    ///
    /// What older versions of Traefik gave out still counts: the URL itself and its hashes.
    package func server(stickyValue: Span<UInt8>) -> StickyMatch? {
        for (index, server) in servers.enumerated() where stickyValue.equals(server.stickyValue) {
            return StickyMatch(index: index, needsNewCookie: false)
        }
        for (index, server) in servers.enumerated() {
            let hash = OldStickyHash.text(of: server.url)
            if stickyValue.equals(server.url) || stickyValue.equals(hash)
                || stickyValue.equals(OldStickyHash.text(of: hash))
            {
                return StickyMatch(index: index, needsNewCookie: true)
            }
        }
        return nil
    }
}

extension WeightedPlan {
    /// The child that a cookie's value means, whether it is up or not.
    package func child(stickyValue: Span<UInt8>) -> StickyMatch? {
        for (index, child) in children.enumerated() where stickyValue.equals(child.stickyValue) {
            return StickyMatch(index: index, needsNewCookie: false)
        }
        return nil
    }
}

/// The hash of cookies from before SHA-256: FNV-1 of 64 bits, in hexadecimal digits.
private enum OldStickyHash {
    static func text(of name: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash &* 0x0000_0100_0000_01B3) ^ UInt64(byte) }
        return String(hash, radix: 16)
    }
}

extension Span<UInt8> {
    fileprivate func equals(_ text: String) -> Bool {
        guard text.utf8.count == count else { return false }
        for (index, byte) in text.utf8.enumerated() where self[index] != byte { return false }
        return true
    }

    fileprivate func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (low, high) = (range.lowerBound, range.upperBound)
        func isSpace(_ index: Int) -> Bool { self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t") }
        while low < high, isSpace(low) { low += 1 }
        while low < high, isSpace(high - 1) { high -= 1 }
        return low..<high
    }
}
