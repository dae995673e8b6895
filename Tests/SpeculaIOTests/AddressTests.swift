import Testing

@testable import SpeculaIO

struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1", "127.0.0.1:80"), ("0.0.0.0", "0.0.0.0:80"), ("255.255.255.255", "255.255.255.255:80"),
        ("::1", "[::1]:80"), ("[::1]", "[::1]:80"), ("::", "[::]:80"), ("::ffff:10.1.2.3", "10.1.2.3:80"),
        ("2001:DB8:0:0:1:0:0:1", "[2001:db8::1:0:0:1]:80"), ("fe80::1%eth0", "[fe80::1]:80"),
        ("1:2:3:4:5:6:7:8", "[1:2:3:4:5:6:7:8]:80"), ("::1:2:3:4:5:6:7", "[0:1:2:3:4:5:6:7]:80"),
        ("64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:80"), ("1::", "[1::]:80"),
    ])
    func literalsAreReadAndWritten(text: String, shown: String) throws {
        let address = try #require(SocketAddress(host: text, port: 80))
        #expect(address.description == shown)
        #expect(SocketAddress(host: address.host, port: 80) == address)
    }

    @Test(arguments: [
        "", "localhost", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..3.4", ":", ":::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::1", "::1.2.3", "1.2.3.4::", "[::1", "[]", "::1:", ":1::",
        "1:2:3:4:5:6:7::8",
    ])
    func otherTextIsNoAddress(text: String) { #expect(SocketAddress(host: text, port: 1) == nil) }

    @Test func mappedAddressesAreIPv4() throws {
        let mapped = try #require(SocketAddress(host: "::ffff:192.0.2.1", port: 5))
        #expect(mapped == SocketAddress(ipv4: 0xc000_0201, port: 5))
        #expect(mapped.isIPv4)
        #expect(mapped.bytes == (0, 0xffff_c000_0201))
        #expect(SocketAddress(host: "::1", port: 5)?.isIPv4 == false)
    }

    @Test(arguments: [
        (":80", ":80"), ("127.0.0.1:8080", "127.0.0.1:8080"), ("[::1]:443", "[::1]:443"),
        ("localhost:1", "127.0.0.1:1"),
        ("[::]:0", "[::]:0"),
    ])
    func listenAddressesAreRead(text: String, shown: String) {
        #expect(ListenAddress(parsing: text)?.description == shown)
    }

    @Test(arguments: ["", "80", ":", ":x", ":65536", "::1:80", "name:80", ":-1", ":+1"])
    func otherListenAddressesAreRefused(text: String) { #expect(ListenAddress(parsing: text) == nil) }

    @Test func durationsAreHeldWithin64Bits() {
        #expect(Duration.seconds(3).wholeNanoseconds == 3_000_000_000)
        #expect(Duration.nanoseconds(-5).wholeNanoseconds == -5)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
        let instant = Instant(nanoseconds: 10)
        #expect(instant + .seconds(Int64.max) > instant)
        #expect(instant - .seconds(1) == Instant(nanoseconds: 0))
        #expect(Instant(nanoseconds: 7) - Instant(nanoseconds: 9) == .nanoseconds(-2))
    }
}
