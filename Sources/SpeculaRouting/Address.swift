/// An IP address as a number: IPv4 inside `::ffff:0:0/96`.
package struct Address: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A literal as Go reads it: four decimal numbers without leading zeros, or IPv6 without a zone.
    ///
    /// Else nil.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45 else { return nil }
        if bytes.contains(UInt8(ascii: ":")) {
            guard let groups = Address.groups(bytes[...]) else { return nil }
            self.init(
                high: groups[0..<4].reduce(0) { $0 << 16 | UInt64($1) },
                low: groups[4..<8].reduce(0) { $0 << 16 | UInt64($1) })
        } else {
            guard let value = Address.dotted(bytes[...]) else { return nil }
            self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(value))
        }
    }

    /// IPv4, however it was written.
    package var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// The first `count` bits, the others zero.
    func prefix(_ count: Int) -> Address {
        func mask(_ count: Int) -> UInt64 { count <= 0 ? 0 : count >= 64 ? .max : ~(.max >> UInt64(count)) }
        return Address(high: high & mask(count), low: low & mask(count - 64))
    }

    private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let number = decimal(part, upTo: 255) else { return nil }
            value = value << 8 | UInt32(number)
        }
        return value
    }

    /// A decimal number without sign and leading zeros.
    static func decimal(_ digits: ArraySlice<UInt8>, upTo limit: Int) -> Int? {
        guard let first = digits.first, digits.count <= 3 else { return nil }
        guard first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value <= limit ? value : nil
    }

    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        var gap: Int?
        var i = text.startIndex
        while i + 1 < text.endIndex {
            if text[i] == colon, text[i + 1] == colon {
                gap = i
                break
            }
            i += 1
        }
        guard let gap else {
            guard let all = groupList(text, mayEndDotted: true), all.count == 8 else { return nil }
            return all
        }
        let before = text[..<gap]
        let after = text[(gap + 2)...]
        guard let head = before.isEmpty ? [] : groupList(before, mayEndDotted: false),
            let tail = after.isEmpty ? [] : groupList(after, mayEndDotted: true),
            head.count + tail.count < 8
        else { return nil }
        return head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func groupList(_ text: ArraySlice<UInt8>, mayEndDotted: Bool) -> [UInt16]? {
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if mayEndDotted, index == parts.count - 1, part.contains(UInt8(ascii: ".")) {
                guard let value = dotted(part) else { return nil }
                groups += [UInt16(value >> 16), UInt16(truncatingIfNeeded: value)]
                continue
            }
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
                value = value << 4 | UInt16(digit)
            }
            groups.append(value)
        }
        return groups
    }
}
