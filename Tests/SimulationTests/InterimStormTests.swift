import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// Heads before the answer without end: together they may be as large as one head may be, as in Go's transport.
@Suite(.timeLimit(.minutes(5)))
struct InterimStormTests {
    private static let limit = 10 << 20
    private static let answer = HTTPPeer.response(fields: ["X-Id: 1"], body: "so here it is")

    /// Heads that are `bytes` long with the answer's; the client is told of none of them.
    private static func storm(of bytes: Int) -> [UInt8] {
        let head = answer.count - "so here it is".utf8.count
        let start = "HTTP/1.1 100 Continue\r\nX-Pad: "
        var left = bytes - head
        var storm: [UInt8] = []
        while left > 0 {
            let size = left > 30_000 ? 20_000 : left
            storm +=
                Array(start.utf8) + [UInt8](repeating: 0x70, count: size - start.utf8.count - 4) + [13, 10, 13, 10]
            left -= size
        }
        return storm
    }

    private static func serve(_ bytes: Int, at address: SocketAddress, in world: SimulatedWorld) {
        let storm = storm(of: bytes)
        world.serve(at: address) { _ in
            [.forever([.receiveMessage(length: HTTPPeer.messageLength), .send(storm), .send(answer)])]
        }
    }

    /// It was bounded by time alone.
    @Test(arguments: [(limit, 200), (limit + 1, 502), (limit + 300_000, 502)])
    func aPrimaryMaySayOnlySoMuchBeforeItsAnswer(bytes: Int, status: Int) throws {
        let world = SimulatedWorld(seed: 51)
        let harness = try Harness(world: world)
        Self.serve(bytes, at: Harness.primary(0), in: world)
        try harness.install(Layout())
        let answered = PeerStep.receiveMessage(length: { Bytes.responseLength($0, toHead: false) })
        // Twice: each answer has its own count.
        let client = world.connect(
            to: Harness.front, [.send(Ask(id: 1).bytes), answered, .send(Ask(id: 1).bytes), answered, .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(60)), "the client waits")
        #expect(client.receivedText.split(separator: "HTTP/1.1 \(status) ").count == 2)
        #expect(client.receivedText.contains("so here it is") == (status == 200))
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    @Test(arguments: [(limit, MirrorOutcome.complete), (limit + 1, .protocolError), (limit + 300_000, .protocolError)])
    func aMirrorToo(bytes: Int, outcome: MirrorOutcome) throws {
        let world = SimulatedWorld(seed: 52)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        Self.serve(bytes, at: Harness.mirror(0), in: world)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        let ask = Ask(id: 1)
        let client = world.connect(
            to: Harness.front,
            [.send(ask.bytes), .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        harness.checkResponses(of: client, asks: [ask])
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        let mirror = try #require(harness.shared.registry.readBooks().mirrors.values.first)
        #expect(mirror.outcomes[Int(outcome.rawValue)] == 1)
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }
}
