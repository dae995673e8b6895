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

    /// A thousand heads of a mebibyte each would wait for requests that may never come.
    @Test func headThatWaitsKeepsNoLargeSlab() {
        let pool = HeadPool()
        let head = pool.take()
        var parser = RequestParser()
        let text = "GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 100_000) + "\r\n\r\n"
        let bytes = Array(text.utf8)
        let step = parser.consume(bytes.span, into: head)
        #expect(step == .complete(consumed: bytes.count))
        #expect(head.capacity > 100_000)
        pool.giveBack(head)
        #expect(head.capacity <= 16 * 1024)
    }

    @Test func headsGoAsConnectionsGo() {
        let pool = HeadPool()
        let heads = (0..<10).map { _ in pool.take() }
        for head in heads { pool.giveBack(head) }
        for _ in 0..<20 { pool.trim(to: 3) }
        let known = (0..<10).map { _ in pool.take() }.filter { head in heads.contains { $0 === head } }
        #expect(known.count == 3)
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
