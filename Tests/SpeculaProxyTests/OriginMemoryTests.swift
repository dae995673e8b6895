import SpeculaHTTP
import SpeculaUpstream
import Testing

@testable import SpeculaProxy

@Suite struct OriginMemoryTests {
    static func context(_ text: String, isTLS: Bool) -> ForwardContext {
        ForwardContext(
            policy: ForwardPolicy(hostName: []), clientAddress: Array(text.utf8), isTrusted: false, isTLS: isTLS)
    }

    @Test func connectionsOfOneAddressHaveItInCommon() {
        var memory = OriginMemory()
        let first = memory.origin(of: (0, 1), isTLS: false) { Self.context("one", isTLS: false) }
        let second = memory.origin(of: (0, 1), isTLS: false) { Self.context("made anew", isTLS: false) }
        #expect(first === second)
    }

    @Test func theSameAddressOverTLSIsAnother() {
        var memory = OriginMemory()
        let plain = memory.origin(of: (0, 1), isTLS: false) { Self.context("one", isTLS: false) }
        let secure = memory.origin(of: (0, 1), isTLS: true) { Self.context("one", isTLS: true) }
        #expect(!plain.isTLS)
        #expect(secure.isTLS)
    }

    /// More addresses than places, in both halves: nobody is ever taken for another.
    @Test func nobodyIsTakenForAnother() {
        var memory = OriginMemory()
        for round in 0..<3 {
            for number in 0..<2000 as Range<UInt64> {
                let address = number % 2 == 0 ? (0, number) : (number, number << 32)
                let isTLS = number % 3 == 0
                let origin = memory.origin(of: address, isTLS: isTLS) { Self.context("\(address)", isTLS: isTLS) }
                #expect(origin.clientAddress == Array("\(address)".utf8), "round \(round)")
                #expect(origin.isTLS == isTLS)
            }
        }
    }
}
