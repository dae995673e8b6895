import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// The primary answers before the request's body has come: its copies get the rest all the same.
@Suite(.timeLimit(.minutes(10)))
struct EarlyAnswerTests {
    private static let count = 100_000

    @Test(arguments: [Ask.Body.length(count), .chunked(count, piece: 3_000)])
    func copiesGetTheRestOfABodyThatWasAnsweredEarly(body: Ask.Body) throws {
        let ask = Ask(id: 1, method: "POST", answer: .early, body: body)
        let next = Ask(id: 2)
        let world = SimulatedWorld(seed: 9)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        for number in 0..<2 { MirrorKind.healthy.place(in: world, number: number) }
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy), MirrorSpec(kind: .healthy)]))
        let answer = PeerStep.receiveMessage(length: { Bytes.responseLength($0, toHead: false) })
        let framed = ask.framedBody
        let client = world.connect(
            to: Harness.front,
            [
                .send(ask.head + framed.prefix(10_000)), answer, .note("answered"), .wait(.milliseconds(50)),
                .send(Array(framed.dropFirst(10_000))), .send(next.bytes), answer, .close,
            ])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        harness.checkResponses(of: client, asks: [ask, next])
        #expect(client.moment("answered") != nil)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        for server in world.allServers where server.address != Harness.primary(1) {
            let isMirror = server.address != Harness.primary(0)
            harness.checkReceived(by: server, asks: [1: ask, 2: next], isMirror: isMirror)
            if isMirror { #expect(server.peers.reduce(0) { $0 + $1.received.count } > Self.count) }
        }
        for mirror in harness.shared.registry.readBooks().mirrors.values {
            #expect(mirror.decisions[Int(MirrorDecision.sent.rawValue)] == 2)
            #expect(mirror.outcomes[Int(MirrorOutcome.complete.rawValue)] == 2)
        }
        harness.checkIdle()
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    /// Behind an early answer so much of the body is read and no more; where more is left, the answer says that it closes.
    ///
    /// Without that word a client sent its next request into a connection that was being closed: one in five, of uploads of
    /// a megabyte to an nginx that answers before it has read them.
    @Test(arguments: [100_000, 1_000_000], ["example.com", "nobody.test"])
    func answerSaysWhetherTheConnectionGoesOn(count: Int, host: String) throws {
        var ask = Ask(id: 1, method: "POST", answer: .early, body: .length(count))
        ask.host = host
        let world = SimulatedWorld(seed: 11)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        try harness.install(Layout(mirrors: []))
        let client = world.connect(
            to: Harness.front,
            [
                .send(ask.head + ask.framedBody.prefix(10_000)),
                .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .note("answered"), .close,
            ])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(client.moment("answered") != nil)
        let isToldToClose = client.receivedText.contains("\r\nConnection: close\r\n")
        #expect(isToldToClose == (count > DownstreamConnection.discardLimit))
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A client of HTTP/1.0 used to get informational heads, and took the first for its answer.
    @Test(arguments: ["HTTP/1.0", "HTTP/1.1"])
    func interimHeadsAreForThoseWhoKnowThem(version: String) throws {
        let world = SimulatedWorld(seed: 11)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        try harness.install(Layout())
        let text = "GET /1/hints/100 \(version)\r\nHost: example.com\r\nConnection: close\r\n\r\n"
        let client = world.connect(to: Harness.front, [.send(text), .receiveEnd])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        let statuses = client.receivedText.split(separator: "HTTP/").map { $0.dropFirst(4).prefix(3) }
        #expect(statuses == (version == "HTTP/1.0" ? ["200"] : ["103", "103", "200"]))
        harness.stop()
        #expect(world.complaints == [])
    }

    /// The client leaves after the early answer: the copies are cut, and cannot be taken for whole requests.
    @Test(arguments: [Ask.Body.length(count), .chunked(count, piece: 3_000)])
    func copiesOfABodyThatNeverComesAreReset(body: Ask.Body) throws {
        let ask = Ask(id: 1, method: "POST", answer: .early, body: body)
        let world = SimulatedWorld(seed: 10)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        MirrorKind.healthy.place(in: world, number: 0)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        let client = world.connect(
            to: Harness.front,
            [
                .send(ask.head + ask.framedBody.prefix(10_000)),
                .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .close,
            ])
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        let mirror = harness.shared.registry.readBooks().mirrors.values.first
        // A body of unknown length is held until it is whole: nothing was sent.
        let isHeld = body == .chunked(Self.count, piece: 3_000)
        #expect(mirror?.decisions[Int(MirrorDecision.clientGone.rawValue)] == (isHeld ? 1 : 0))
        #expect(mirror?.outcomes[Int(MirrorOutcome.clientGone.rawValue)] == (isHeld ? 0 : 1))
        for server in world.allServers {
            harness.checkReceived(by: server, asks: [1: ask], isMirror: server.address == Harness.mirror(0))
        }
        harness.checkIdle()
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }
}
