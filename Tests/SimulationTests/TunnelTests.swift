import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// Upgrades: from the 101 on bytes pass both ways.
@Suite(.timeLimit(.minutes(5)))
struct TunnelTests {
    private static let request =
        "GET /chat HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"
    private static let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"

    /// A client that did not wait for the 101: what it sent behind its request never arrived, and nobody saw it leave.
    @Test(arguments: [0, 1, 5, 40_000])
    func whatCameBehindTheRequestArrives(early: Int) throws {
        let world = SimulatedWorld(seed: 21)
        let harness = try Harness(world: world)
        let bytes = [UInt8](repeating: 65, count: early)
        let server = world.serve(at: Harness.primary(0)) { _ in
            [
                .receive(until: "\r\n\r\n"), .wait(.milliseconds(20)), .send(Self.answer), .receiveBytes(early + 5),
                .send("from the server"), .receiveEnd, .close,
            ]
        }
        try harness.install(Layout())
        let client = world.connect(
            to: Harness.front,
            [
                .send(Array(Self.request.utf8) + bytes), .receive(until: "\r\n\r\n"), .send("later"),
                .receive(until: "from the server"), .close,
            ])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(client.receivedText.hasPrefix("HTTP/1.1 101 "))
        #expect(client.receivedText.hasSuffix("from the server"))
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(20)), "the tunnel stays")
        let peer = try #require(server.peers.first)
        #expect(peer.received.suffix(early + 5) == bytes + Array("later".utf8))
        harness.checkIdle()
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A switch that nobody asked for used to reach the client as it was, who could not make sense of what followed.
    @Test(arguments: [
        ("", "chat", 500), ("Connection: Upgrade\r\nUpgrade: chat\r\n", "other", 500),
        ("Connection: Upgrade\r\nUpgrade: chat\r\n", "", 500), ("Upgrade: chat\r\n", "chat", 500),
        ("Connection: Upgrade\r\nUpgrade: chat\r\n", "CHAT", 101),
    ])
    func onlyWhatWasAskedForIsSwitchedTo(asked: String, chosen: String, status: Int) throws {
        let world = SimulatedWorld(seed: 23)
        let harness = try Harness(world: world)
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\n" + (chosen.isEmpty ? "" : "Upgrade: \(chosen)\r\n")
            + "Connection: Upgrade\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"
        for address in [Harness.primary(0), Harness.mirror(0)] {
            world.serve(at: address) { _ in [.receive(until: "\r\n\r\n"), .send(answer), .receiveEnd, .close] }
        }
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        let client = world.connect(
            to: Harness.front,
            [
                .send("GET /chat HTTP/1.1\r\nHost: example.com\r\n\(asked)\r\n"), .receive(until: "\r\n\r\n"),
                .wait(.milliseconds(50)), .close,
            ])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(Harness.status(client.received[...]) == status)
        #expect(client.receivedText.contains("200 OK") == (status == 101))
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(20)), "something stays under way")
        harness.checkBooks()
        let mirror = try #require(harness.shared.registry.readBooks().mirrors.values.first)
        let isCopied = !asked.contains("Connection")
        #expect(mirror.outcomes[Int(MirrorOutcome.protocolError.rawValue)] == (isCopied ? 1 : 0))
        #expect(mirror.decisions[Int(MirrorDecision.upgrade.rawValue)] == (isCopied ? 0 : 1))
        harness.stop()
        #expect(world.complaints == [])
    }

    /// The client leaves without a word: the server's side ends, too.
    @Test func aTunnelEndsWithItsClient() throws {
        let world = SimulatedWorld(seed: 22)
        let harness = try Harness(world: world)
        world.serve(at: Harness.primary(0)) { _ in
            [.receive(until: "\r\n\r\n"), .wait(.milliseconds(20)), .send(Self.answer), .receiveEnd, .close]
        }
        try harness.install(Layout())
        let client = world.connect(
            to: Harness.front, [.send(Self.request + "early"), .receive(until: "\r\n\r\n"), .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(20)), "the tunnel stays")
        harness.stop()
        #expect(world.complaints == [])
    }
}
