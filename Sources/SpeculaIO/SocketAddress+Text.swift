/// How addresses are written and read: dotted IPv4, IPv6 as RFC 5952 wants it.
extension SocketAddress: CustomStringConvertible {
    /// Reads a literal address; nil for names.
    ///
    /// Brackets and a zone (`fe80::1%eth0`) are dropped.
    package init?(host: String, port: UInt16) {
        var text = Array(host.utf8)
        if text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]"), text.count > 2 {
            text = Array(text[1..<(text.count - 1)])
        }
        if !text.contains(UInt8(ascii: ":")) {
            guard let bits = Self.parseIPv4(text[...]) else { return nil }
            self.init(ipv4: bits, port: port)
            return
        }
        if let zone = text.firstIndex(of: UInt8(ascii: "%")) { text.removeSubrange(zone...) }
        guard let groups = Self.parseIPv6(text) else { return nil }
        let high = groups[0..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = groups[4..<8].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        self.init(high: high, low: low, port: port)
    }

    /// The address without the port: `192.0.2.1`, `2001:db8::1`.
    package var host: String {
        let (high, low) = bytes
        if isIPv4 {
            let bits = UInt32(truncatingIfNeeded: low)
            return "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
        }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - ($0 % 4) * 16)) }
        let gap = Self.longestRunOfZeros(in: groups)
        var text = ""
        var index = 0
        while index < 8 {
            if index == gap.lowerBound && !gap.isEmpty {
                text += "::"
                index = gap.upperBound
                continue
            }
            if index > 0 && !text.hasSuffix(":") { text += ":" }
            text += String(groups[index], radix: 16)
            index += 1
        }
        return text
    }

    /// `192.0.2.1:80`, `[2001:db8::1]:80`.
    package var description: String { isIPv4 ? "\(host):\(port)" : "[\(host)]:\(port)" }

    /// Of two or more groups; the first of the longest (RFC 5952, section 4.2).
    private static func longestRunOfZeros(in groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        while start < groups.count {
            var end = start
            while end < groups.count && groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        return best
    }

    /// Four decimal numbers without leading zeros.
    private static func parseIPv4(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var value: UInt32 = 0
            for digit in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                value = value * 10 + UInt32(digit - UInt8(ascii: "0"))
            }
            guard value <= 255 else { return nil }
            bits = bits << 8 | value
        }
        return bits
    }

    private static func parseIPv6(_ text: [UInt8]) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        var gap: Int?
        for index in text.indices.dropLast() where text[index] == colon && text[index + 1] == colon {
            guard gap == nil else { return nil }
            gap = index
        }
        guard let gap else {
            guard let groups = parseGroups(text[...], mayEndInIPv4: true), groups.count == 8 else { return nil }
            return groups
        }
        guard let front = parseGroups(text[..<gap], mayEndInIPv4: false),
            let back = parseGroups(text[(gap + 2)...], mayEndInIPv4: true), front.count + back.count < 8
        else { return nil }
        return front + [UInt16](repeating: 0, count: 8 - front.count - back.count) + back
    }

    private static func parseGroups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndInIPv4 && index == parts.count - 1 && part.contains(UInt8(ascii: ".")) {
                guard let bits = parseIPv4(part) else { return nil }
                groups += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
                continue
            }
            guard (1...4).contains(part.count), let group = parseHexadecimal(part) else { return nil }
            groups.append(group)
        }
        return groups
    }

    private static func parseHexadecimal(_ text: ArraySlice<UInt8>) -> UInt16? {
        var value: UInt16 = 0
        for digit in text {
            let number: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): number = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): number = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): number = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            value = value << 4 | UInt16(number)
        }
        return value
    }
}
