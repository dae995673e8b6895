import SpeculaIO
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// A stop: who has connected is answered, who is idle goes.
@Suite(.timeLimit(.minutes(5)))
struct StopTests {
    private static var answer: PeerStep { .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }) }

    private static func harness(
        _ world: SimulatedWorld, workers: Int = 1, limits: LoopLimits = LoopLimits()
    ) throws -> Harness {
        let harness = try Harness(world: world, workers: workers, limits: limits)
        harness.servePrimaries()
        MirrorKind.healthy.place(in: world, number: 0)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        return harness
    }

    /// The listener used to be closed at once, and the kernel resets whoever waits to be accepted.
    @Test(arguments: [1, 3])
    func whoHasConnectedIsAnswered(workers: Int) throws {
        let world = SimulatedWorld(seed: 21)
        var limits = LoopLimits()
        limits.acceptsPerTurn = 1
        let harness = try Self.harness(world, workers: workers, limits: limits)
        let asks = (1...40).map { Ask(id: $0) }
        let clients = asks.map { ask in
            world.connect(to: Harness.front, name: "client \(ask.id)", [.send(ask.bytes), Self.answer, .receiveEnd])
        }
        let isUnderWay = { harness.workers.contains { $0.openConnections > 0 } }
        #expect(world.run(until: isUnderWay, limit: .seconds(5)))
        #expect(harness.workers.reduce(0) { $0 + $1.openConnections } < 40, "all were accepted already")
        harness.stop()
        for (client, ask) in zip(clients, asks) {
            #expect(Harness.status(client.received[...]) == 200, "\(client.name)")
            harness.checkResponses(of: client, asks: [ask])
            #expect(client.receivedText.contains("Connection: close"))
            #expect(client.ending == .finished)
        }
        harness.checkBooks()
        #expect(harness.routedRequests()["web@file"] == 40)
        #expect(world.complaints == [])
    }

    /// As in Traefik: the first request of a connection may still be on its way, for five seconds from its opening.
    @Test func aFreshConnectionMayStillAsk() throws {
        let world = SimulatedWorld(seed: 22)
        let harness = try Self.harness(world)
        let ask = Ask(id: 1)
        let old = world.connect(to: Harness.front, name: "old", [.receiveEnd, .note("end")])
        world.run(for: .seconds(6))
        let asks = world.connect(
            to: Harness.front, name: "asks", [.wait(.seconds(3)), .send(ask.bytes), Self.answer, .receiveEnd])
        let slow = world.connect(
            to: Harness.front, name: "slow",
            [
                .wait(.seconds(2)), .send(Array(ask.bytes.prefix(20))), .wait(.seconds(5)),
                .send(Array(ask.bytes.dropFirst(20))), Self.answer, .receiveEnd,
            ])
        let silent = world.connect(to: Harness.front, name: "silent", [.receiveEnd, .note("end")])
        let idle = world.connect(
            to: Harness.front, name: "idle",
            [.send(Ask(id: 2).bytes), Self.answer, .note("answered"), .receiveEnd, .note("end")])
        let begin = world.elapsed
        #expect(world.run(until: { idle.moment("answered") != nil }, limit: .seconds(1)))
        harness.stop(grace: .seconds(20))
        #expect(Harness.status(asks.received[...]) == 200)
        #expect(asks.receivedText.contains("Connection: close"))
        #expect(Harness.status(slow.received[...]) == 200)
        #expect(try #require(old.moment("end")) - begin < .seconds(1))
        #expect(try #require(idle.moment("end")) - begin < .seconds(1))
        let ended = try #require(silent.moment("end")) - begin
        #expect(ended > .milliseconds(4_900) && ended < .milliseconds(5_200))
        harness.checkBooks()
        #expect(world.complaints == [])
    }

    /// Who had connected when descriptors had run out was reset: nobody is to be lost as long as there is grace time.
    @Test(arguments: [1, 2], [0, 2])
    func whoWaitsForADescriptorIsAnswered(workers: Int, reserve: Int) throws {
        let world = SimulatedWorld(seed: 23)
        var limits = LoopLimits()
        limits.reservedDescriptors = reserve
        let harness = try Harness(world: world, workers: workers, limits: limits, servesOperators: reserve > 0)
        harness.servePrimaries()
        try harness.install(Layout())
        world.limitDescriptors(to: 10)
        let asks = (1...60).map { Ask(id: $0, method: "POST", answer: .slow, body: .length(10)) }
        let clients = asks.map { ask in
            world.connect(to: Harness.front, name: "client \(ask.id)", [.send(ask.bytes), Self.answer, .receiveEnd])
        }
        world.run(for: .milliseconds(300))
        #expect(harness.workers.allSatisfy { $0.loop.statistics.acceptPauses > 0 }, "descriptors have not run out")
        // Some have been turned away until then.
        let waiting = zip(clients, asks).filter { $0.0.ending == nil }
        #expect(waiting.count > 40)
        harness.stop(grace: .seconds(60))
        for (client, ask) in waiting {
            // A descriptor for the client and none for its server is 502: an answer.
            let status = Harness.status(client.received[...])
            #expect([200, 502].contains(status), "\(client.name): \(status) \(String(describing: client.ending))")
            harness.checkResponses(of: client, asks: [ask])
            #expect(client.ending == .finished)
        }
        #expect(waiting.count { Harness.status($0.0.received[...]) == 200 } > 10)
        harness.checkBooks()
        #expect(world.complaints == [])
    }

    /// Grace time ends for those who still wait, too.
    @Test func whoWaitsForADescriptorDoesNotKeepAStopFromEnding() throws {
        let world = SimulatedWorld(seed: 24)
        let harness = try Self.harness(world)
        world.limitDescriptors(to: 6)
        let clients = (0..<20).map { number in
            world.connect(
                to: Harness.front, name: "client \(number)",
                [.send("POST /1/length/1 HTTP/1.1\r\nHost: example.com\r\nContent-Length: 9\r\n\r\n"), .receiveEnd])
        }
        world.run(for: .milliseconds(300))
        harness.stop(grace: .seconds(3))
        #expect(clients.allSatisfy { $0.ending != nil })
        #expect(world.complaints == [])
    }
}
