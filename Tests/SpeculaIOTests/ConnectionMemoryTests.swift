import Testing

@testable import SpeculaIO

struct ConnectionMemoryTests {
    /// An idle connection is its object and a slot: no buffer, no queue, no timer.
    @Test func idleConnectionOwnsNoBuffer() throws {
        let pair = try RealPair()
        pair.server.onReceived = { probe, bytes in
            probe.connection?.write(bytes)
            return bytes.count
        }
        for _ in 0..<10 {
            let before = pair.client.bytes.count
            pair.client.write("request")
            pair.loop.run(until: { pair.client.bytes.count == before + 7 })
        }
        let connection = try #require(pair.server.connection)
        #expect(connection.queue == nil)
        #expect(connection.kept == nil)
        #expect(pair.loop.loop.statistics.chunksOut == 0)
        #expect(pair.loop.loop.statistics.timersArmed == 0)
    }
}
