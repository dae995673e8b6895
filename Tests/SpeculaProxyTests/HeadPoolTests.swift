import SpeculaHTTP
import SpeculaIO
import Testing

@testable import SpeculaProxy

@Suite struct HeadPoolTests {
    @Test func headIsUsedAgainWhenTheLastHolderGaveItBack() {
        let pool = HeadPool()
        let head = pool.take()
        // A copy holds it beside the exchange.
        head.holders += 1
        pool.giveBack(head)
        #expect(pool.take() !== head)
        pool.giveBack(head)
        #expect(pool.take() === head)
    }

    @Test func limitsOfZeroAreNoLimits() {
        var settings = EntryPointSettings(name: "web", address: .init(port: 0))
        settings.readTimeout = .zero
        let limits = ConnectionLimits(settings)
        #expect(limits.read == 0)
        #expect(limits.requests == .max)
        #expect(limits.age == .max)
        #expect(limits.idle == 180_000_000_000)
    }
}
