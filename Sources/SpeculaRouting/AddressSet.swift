/// Addresses and ranges of addresses: of `ClientIP`, `trustedIPs`, `sourceRange`.
package struct AddressSet: Hashable, Sendable {
    private struct Block: Hashable, Sendable {
        let base: Address
        let prefixCount: Int
    }

    private let blocks: [Block]

    /// - Parameter texts: Addresses or ranges as Go reads them: `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`.
    /// - Throws: `AddressError` for the first text that is neither.
    package init(_ texts: [String]) throws(AddressError) {
        var blocks: [Block] = []
        for text in texts {
            guard let block = AddressSet.block(text) else {
                throw AddressError(message: "invalid address or CIDR range: \(text)")
            }
            blocks.append(block)
        }
        self.blocks = blocks
    }

    package var isEmpty: Bool { blocks.isEmpty }

    /// True if the set holds the address; an IPv4 address is in no range of IPv6.
    ///
    /// The address is given as two numbers of eight bytes each, IPv4 inside `::ffff:0:0/96`.
    package func contains(_ address: (UInt64, UInt64)) -> Bool { contains(Address(high: address.0, low: address.1)) }

    package func contains(_ address: Address) -> Bool {
        blocks.contains { block in
            address.prefix(block.prefixCount) == block.base && (!address.isIPv4 || block.base.isIPv4)
        }
    }

    private static func block(_ text: String) -> Block? {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else {
            return Address(text).map { Block(base: $0, prefixCount: 128) }
        }
        let isIPv4Text = !text[..<slash].utf8.contains(UInt8(ascii: ":"))
        let digits = Array(text.utf8[text.utf8.index(after: slash)...])
        guard let address = Address(String(text[..<slash])),
            let count = Address.decimal(digits[...], upTo: isIPv4Text ? 32 : 128)
        else { return nil }
        let prefixCount = isIPv4Text ? count + 96 : count
        return Block(base: address.prefix(prefixCount), prefixCount: prefixCount)
    }
}

/// Why addresses are refused.
package struct AddressError: Error, Hashable, Sendable {
    package let message: String
}
