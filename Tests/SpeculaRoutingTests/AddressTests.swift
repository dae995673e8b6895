import Testing

@testable import SpeculaRouting

struct AddressTests {
    @Test(
        arguments: [
            ("1.2.3.4", 0, 0xFFFF_0102_0304), ("::", 0, 0), ("::1", 0, 1), ("2001:db8::", 0x2001_0DB8_0000_0000, 0),
            ("::ffff:1.2.3.4", 0, 0xFFFF_0102_0304), ("1:2:3:4:5:6:7:8", 0x0001_0002_0003_0004, 0x0005_0006_0007_0008),
            ("1:2:3:4:5:6:1.2.3.4", 0x0001_0002_0003_0004, 0x0005_0006_0102_0304),
            ("1::FFFF", 0x0001_0000_0000_0000, 0xFFFF),
        ] as [(String, UInt64, UInt64)])
    func literalsAreRead(text: String, high: UInt64, low: UInt64) {
        #expect(Address(text) == Address(high: high, low: low))
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.04", "1.2.3.", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8", "12345::", "g::", "1.2.3.4::", "::1.2.3", "fe80::1%eth0", "[::1]",
        " ::1",
        "+1.2.3.4", "::1:", ":1::",
    ])
    func otherTextIsNoAddress(text: String) {
        #expect(Address(text) == nil)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.1.2.3/8", "10.0.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
        ("0.0.0.0/0", "1.2.3.4", true), ("0.0.0.0/0", "::1", false), ("::/0", "::1", true), ("::/0", "1.2.3.4", false),
        ("::ffff:10.0.0.0/104", "10.1.1.1", true), ("::ffff:0:0/96", "1.2.3.4", true),
        ("::ffff:0:0/90", "1.2.3.4", false),
        ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
        ("2001:db8::/64", "2001:db8::ffff", true), ("2001:db8::1/128", "2001:db8::1", true),
        ("1.2.3.4", "1.2.3.4", true),
        ("1.2.3.4/32", "1.2.3.5", false), ("::ffff:1.2.3.4", "1.2.3.4", true),
    ])
    func rangesHoldWhatGosHold(range: String, address: String, isHeld: Bool) throws {
        let set = try AddressSet(["192.0.2.1", range])
        let address = try #require(Address(address))
        #expect(set.contains((address.high, address.low)) == isHeld)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "::/129", "a/8", "10.0.0.0/8/8", "/8",
    ])
    func otherTextIsNoRange(text: String) {
        #expect(throws: AddressError(message: "invalid address or CIDR range: \(text)")) { try AddressSet([text]) }
    }

    @Test func anEmptySetHoldsNothing() throws {
        let set = try AddressSet([])
        #expect(set.isEmpty)
        #expect(!set.contains((0, 0xFFFF_7F00_0001)))
    }
}
