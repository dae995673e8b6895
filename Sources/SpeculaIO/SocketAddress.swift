/// An internet address and a port: 16 bytes (IPv4 mapped into IPv6) and 16 bits, compared and hashed as such.
///
/// `::ffff:a.b.c.d` and `a.b.c.d` are the same address; zones are dropped.
package struct SocketAddress: Hashable, Sendable {
    /// The first and the last eight of the sixteen bytes, read as big-endian numbers.
    private let high: UInt64
    private let low: UInt64
    private let portNumber: UInt16

    package init(high: UInt64, low: UInt64, port: UInt16) {
        self.high = high
        self.low = low
        portNumber = port
    }

    /// An IPv4 address from its 32 bits, `127.0.0.1` being 0x7f00_0001.
    package init(ipv4 bits: UInt32, port: UInt16) {
        self.init(high: 0, low: 0xffff_0000_0000 | UInt64(bits), port: port)
    }

    /// From the 4 or 16 bytes that stand in packets and certificates; nil for any other number.
    init?(addressBytes bytes: [UInt8]) {
        func number(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        switch bytes.count {
        case 4: self.init(ipv4: UInt32(truncatingIfNeeded: number(bytes[...])), port: 0)
        case 16: self.init(high: number(bytes[..<8]), low: number(bytes[8...]), port: 0)
        default: return nil
        }
    }

    package static func loopback(port: UInt16) -> SocketAddress { SocketAddress(ipv4: 0x7f00_0001, port: port) }

    /// IPv4 addresses mapped into IPv6, for matching against ranges.
    package var bytes: (UInt64, UInt64) { (high, low) }

    package var port: UInt16 { portNumber }

    package var isIPv4: Bool { high == 0 && low >> 32 == 0xffff }

    package func withPort(_ port: UInt16) -> SocketAddress { SocketAddress(high: high, low: low, port: port) }
}
