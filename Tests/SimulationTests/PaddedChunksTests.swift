import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// Chunks with hardly any data and much around it, from each of the three sides.
@Suite(.timeLimit(.minutes(5)))
struct PaddedChunksTests {
    /// So many bytes of data, one a chunk.
    private static let count = 40
    private static let chunks = (0..<count).flatMap { _ in
        Array("1;\(String(repeating: "e", count: 4_000))\r\nx\r\n".utf8)
    }

    private static func head(_ line: String) -> [UInt8] {
        Array("\(line)\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
    }

    private static var last: [UInt8] { Array("0\r\n\r\n".utf8) }

    private func finish(_ world: SimulatedWorld, _ harness: Harness) {
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    @Test func aClientIsRefused() throws {
        let world = SimulatedWorld(seed: 41)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        MirrorKind.healthy.place(in: world, number: 0)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        let client = world.connect(
            to: Harness.front, [.send(Self.head("POST /1/length/9 HTTP/1.1") + Self.chunks), .receiveEnd])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(Harness.status(client.received[...]) == 400)
        #expect(client.receivedText.contains("Connection: close"))
        for server in world.allServers {
            for peer in server.peers {
                #expect(HTTPPeer.messageLength(peer.received[...]) == nil, "\(peer.name) got a whole request")
            }
        }
        finish(world, harness)
    }

    @Test func aPrimarysAnswerIsCut() throws {
        let world = SimulatedWorld(seed: 42)
        let harness = try Harness(world: world)
        let answer = Self.head("HTTP/1.1 200 OK") + Self.chunks + Self.last
        world.serve(.healthy(response: answer), at: Harness.primary(0))
        try harness.install(Layout())
        let client = world.connect(to: Harness.front, [.send(Ask(id: 1).bytes), .receiveEnd])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(Harness.status(client.received[...]) == 200)
        #expect(HTTPPeer.messageLength(client.received[...]) == nil, "it could be taken for whole")
        finish(world, harness)
        let classes = try #require(harness.shared.registry.readBooks().services["primary@file"]?.classes)
        #expect(classes[Int(StatusClass.serverError.rawValue)] == 1)
    }

    @Test func aCopyFails() throws {
        let world = SimulatedWorld(seed: 43)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        let answer = Self.head("HTTP/1.1 200 OK") + Self.chunks + Self.last
        world.serve(.healthy(response: answer), at: Harness.mirror(0))
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        let ask = Ask(id: 1)
        let client = world.connect(
            to: Harness.front,
            [.send(ask.bytes), .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        harness.checkResponses(of: client, asks: [ask])
        finish(world, harness)
        let mirror = try #require(harness.shared.registry.readBooks().mirrors.values.first)
        #expect(mirror.outcomes[Int(MirrorOutcome.complete.rawValue)] == 0)
        #expect(mirror.outcomes[Int(MirrorOutcome.protocolError.rawValue)] == 1)
    }
}
