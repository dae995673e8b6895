/// The spelling of addresses and CIDR ranges, as far as configuration checks it.
enum AddressRange {
    /// True for `10.0.0.1`, `10.0.0.0/8`, `::1`, `fd00::/8`.
    static func isValid(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first, parts.count <= 2 else { return false }
        let bits: Int
        if isIPv4(address) {
            bits = 32
        } else if isIPv6(address) {
            bits = 128
        } else {
            return false
        }
        guard parts.count == 2 else { return true }
        guard let length = Int(parts[1]), !parts[1].hasPrefix("+") else { return false }
        return (0...bits).contains(length)
    }

    static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.count <= 3 && part.allSatisfy { $0.isASCII && $0.isNumber } && UInt8(part) != nil
                    && (part == "0" || !part.hasPrefix("0"))
            }
    }

    static func isIPv6(_ text: Substring) -> Bool {
        var rest = text
        var groups = 0
        var tail: Substring?
        if let dot = rest.firstIndex(of: "."), let colon = rest[..<dot].lastIndex(of: ":") {
            tail = rest[rest.index(after: colon)...]
            rest = rest[...colon]
            groups = 2
        }
        if let tail, !isIPv4(tail) { return false }
        let halves = rest.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2, text.contains(":") else { return false }
        for (position, half) in halves.enumerated() where !half.isEmpty {
            var parts = half.split(separator: ":", omittingEmptySubsequences: false)
            if tail != nil, position == halves.count - 1, parts.last == "" { parts.removeLast() }
            guard parts.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy(\.isHexDigit) }) else { return false }
            groups += parts.count
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }
}
