import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// Descriptors are scarce: production has them first.
@Suite(.timeLimit(.minutes(5)))
struct DescriptorTests {
    /// Copies that hang used to hold the last descriptors: clients were not accepted, the primary was not connected to (502).
    @Test(arguments: [MirrorKind.blackhole, .neverReads, .slow, .healthy, .silentNames])
    func copiesLeaveDescriptorsToProduction(kind: MirrorKind) throws {
        let world = SimulatedWorld(seed: 12)
        var limits = LoopLimits()
        limits.mirrorDescriptors = 12
        let harness = try Harness(world: world, limits: limits)
        harness.servePrimaries()
        kind.place(in: world, number: 0)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: kind)]))
        world.limitDescriptors(to: 24)
        // Each request needs a connection of its own on both sides: eight clients at a time, for longer than copies last.
        let asks = (0..<8).map { client in (0..<5).map { Ask(id: client * 10 + $0 + 1, answer: .farewell) } }
        let clients = asks.enumerated().map { number, asks in
            world.connect(
                to: Harness.front, name: "client \(number)",
                asks.flatMap { ask in
                    [
                        .send(ask.bytes), .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }),
                        .wait(.milliseconds(400)),
                    ]
                } + [.close])
        }
        #expect(world.run(until: { clients.allSatisfy(\.isDone) }, limit: .seconds(20)), "a client waits")
        for (client, asks) in zip(clients, asks) {
            #expect(!client.receivedText.contains("HTTP/1.1 5"))
            #expect(client.receivedText.split(separator: "HTTP/1.1 200 OK").count == asks.count, "\(client.name)")
            harness.checkResponses(of: client, asks: asks)
        }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        harness.checkIdle()
        harness.checkBooks()
        let mirror = try #require(harness.shared.registry.readBooks().mirrors.values.first)
        if kind == .blackhole {
            #expect(mirror.outcomes[Int(MirrorOutcome.connectError.rawValue)] > 0, "copies went without")
        }
        harness.stop()
        #expect(world.complaints == [])
    }

    /// Idle clients used to keep their descriptors while others got 502 for want of one to the primary.
    @Test func idleClientsMakeRoomForThePrimary() throws {
        let world = SimulatedWorld(seed: 13)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        try harness.install(Layout())
        let answer = PeerStep.receiveMessage(length: { Bytes.responseLength($0, toHead: false) })
        let idlers = (0..<10).map { number in
            world.connect(
                to: Harness.front, name: "idler \(number)",
                [.send(Ask(id: number + 1, answer: .farewell).bytes), answer, .note("idle"), .receiveEnd])
        }
        #expect(world.run(until: { idlers.allSatisfy { $0.moment("idle") != nil } }, limit: .seconds(5)))
        // The listener, ten idle clients, and the one that comes.
        world.limitDescriptors(to: 12)
        let ask = Ask(id: 20)
        let client = world.connect(to: Harness.front, [.send(ask.bytes), answer, .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(5)), "the client waits")
        #expect(Harness.status(client.received[...]) == 200)
        for idler in idlers { idler.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    private static var answer: PeerStep { .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }) }
    private static var probe: PeerStep { .send("GET /local/ping HTTP/1.1\r\nHost: example.com\r\n\r\n") }
    /// Keeps a connection busy: no request is whole, and it is not idle.
    private static var halfHead: PeerStep { .send("GET /1/length/1 HTTP/1.1\r\nHost: exam") }

    /// Clients that connected and never asked used to hold their descriptors until the read timeout, and nobody else came in.
    @Test func clientsThatNeverAskMakeRoomOldestFirst() throws {
        let world = SimulatedWorld(seed: 14)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        try harness.install(Layout())
        let silent = (0..<20).map { number in
            let peer = world.connect(to: Harness.front, name: "silent \(number)", [.receiveEnd])
            world.run(for: .milliseconds(20))
            return peer
        }
        let keeper = world.connect(
            to: Harness.front, name: "keeper",
            [.send(Ask(id: 1, answer: .farewell).bytes), Self.answer, .note("idle"), .receiveEnd])
        world.run(for: .milliseconds(1_100))
        #expect(keeper.moment("idle") != nil)
        // The listener, the silent and the one that asked.
        world.limitDescriptors(to: 22)
        let client = world.connect(to: Harness.front, [.send(Ask(id: 2).bytes), Self.answer, .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(1)), "the client waits")
        #expect(Harness.status(client.received[...]) == 200)
        world.run(for: .milliseconds(100))
        #expect(silent.prefix(16).allSatisfy { $0.ending == .finished })
        #expect(silent.suffix(4).allSatisfy { $0.ending == nil })
        #expect(keeper.ending == nil)
        for peer in silent + [keeper] { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// The first request of a client that has just connected may be on its way: nobody who can wait pushes it out.
    @Test func clientsJustConnectedAreNotClosedForOnesThatCanWait() throws {
        let world = SimulatedWorld(seed: 15)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        try harness.install(Layout())
        let fresh = (0..<6).map { number in
            world.connect(to: Harness.front, name: "fresh \(number)", [.receiveEnd])
        }
        world.run(for: .milliseconds(20))
        world.limitDescriptors(to: 7)
        let client = world.connect(to: Harness.front, [.send(Ask(id: 2).bytes), .receiveEnd])
        world.run(for: .milliseconds(500))
        #expect(fresh.allSatisfy { $0.ending == nil })
        #expect(harness.workers[0].loop.statistics.acceptPauses > 0)
        for peer in fresh + [client] { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A request that is there counts for more than one that may come: one fresh client goes, rather than a 502.
    @Test func oneFreshClientMakesRoomForThePrimary() throws {
        let world = SimulatedWorld(seed: 16)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        try harness.install(Layout())
        let fresh = (0..<6).map { number in
            let peer = world.connect(to: Harness.front, name: "fresh \(number)", [.receiveEnd])
            world.run(for: .milliseconds(5))
            return peer
        }
        world.limitDescriptors(to: 8)
        let client = world.connect(to: Harness.front, [.send(Ask(id: 2).bytes), Self.answer, .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(1)), "the client waits")
        #expect(Harness.status(client.received[...]) == 200)
        world.run(for: .milliseconds(10))
        #expect(fresh.map { $0.ending == nil } == [false, true, true, true, true, true])
        for peer in fresh { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// Clients of another entry point with every descriptor in their hands used to shut out the scraper and the liveness
    /// probe, by which a cluster ends a gateway that serves.
    @Test(arguments: [1, 2])
    func operatorsAreServedWhileOthersHoldEveryDescriptor(workers: Int) throws {
        let world = SimulatedWorld(seed: 17)
        let harness = try operated(world, workers: workers)
        let holders = (0..<(20 * workers)).map { number in
            world.connect(to: Harness.front, name: "holder \(number)", [Self.halfHead, .receiveEnd])
        }
        world.run(for: .seconds(1))
        #expect(harness.workers.allSatisfy { $0.loop.statistics.acceptPauses > 0 }, "descriptors have not run out")
        for number in 0..<10 {
            let prober = world.connect(
                to: Harness.operators, name: "prober \(number)", [Self.probe, Self.answer, .close])
            #expect(world.run(until: { prober.isDone }, limit: .milliseconds(90)), "prober \(number) waits")
            #expect(Harness.status(prober.received[...]) == 200)
        }
        for peer in holders { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// What a prober had of the reserve was free until the loop's listener looked again, and another worker's clients took it.
    @Test func whatIsOfTheReserveComesBackToItAtOnce() throws {
        let world = SimulatedWorld(seed: 20)
        let harness = try operated(world, workers: 1)
        let holders = (0..<20).map { number in
            world.connect(to: Harness.front, name: "holder \(number)", [Self.halfHead, .receiveEnd])
        }
        world.run(for: .seconds(1))
        #expect(harness.workers[0].loop.statistics.acceptPauses > 0, "descriptors have not run out")
        for number in 0..<5 {
            let prober = world.connect(
                to: Harness.operators, name: "prober \(number)", [Self.probe, Self.answer, .close])
            let isGone = { prober.isDone && harness.workers[0].openConnections == 8 }
            #expect(world.run(until: isGone, limit: .milliseconds(90)), "prober \(number) waits")
            #expect(Harness.status(prober.received[...]) == 200)
            // Another worker takes what is free.
            world.leaveDescriptors(0)
        }
        for peer in holders { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// What comes free makes the reserve whole before anybody else is accepted.
    @Test func operatorsGetTheDescriptorsThatComeFree() throws {
        let world = SimulatedWorld(seed: 18)
        let harness = try operated(world, workers: 1)
        let holders = (0..<8).map { number in
            world.connect(to: Harness.front, name: "holder \(number)", [Self.halfHead, .receiveEnd])
        }
        world.run(for: .milliseconds(100))
        // They take the reserve and keep it.
        let operators = (0..<2).map { number in
            world.connect(to: Harness.operators, name: "operator \(number)", [Self.halfHead, .receiveEnd])
        }
        world.run(for: .milliseconds(100))
        let loop = harness.workers[0].loop
        #expect(loop.statistics.accepted == 10)
        let waiting = (0..<30).map { number in
            world.connect(to: Harness.front, name: "waiting \(number)", [Self.halfHead, .receiveEnd])
        }
        world.run(for: .milliseconds(300))
        for holder in holders.prefix(2) { holder.disappear(byReset: false) }
        world.run(for: .seconds(2))
        #expect(loop.statistics.accepted == 10, "somebody was let in before the reserve was whole")
        for number in 0..<2 {
            let prober = world.connect(
                to: Harness.operators, name: "prober \(number)", [Self.probe, Self.answer, .receiveEnd])
            #expect(world.run(until: { !prober.received.isEmpty }, limit: .milliseconds(90)), "prober \(number) waits")
            #expect(Harness.status(prober.received[...]) == 200)
            prober.disappear(byReset: false)
            world.run(for: .seconds(2))
        }
        #expect(loop.statistics.accepted == 12)
        // Three more than the reserve needs.
        for holder in holders.suffix(3) { holder.disappear(byReset: false) }
        world.run(for: .seconds(2))
        #expect(loop.statistics.accepted == 15)
        for peer in holders + operators + waiting { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A scraper's connection that waits for the next scrape used to go like any other.
    @Test func operatorsAreTheLastToBeClosed() throws {
        let world = SimulatedWorld(seed: 19)
        let harness = try operated(world, workers: 1)
        let scraper = world.connect(
            to: Harness.operators, name: "scraper", [Self.probe, Self.answer, .note("once"), .receiveEnd])
        world.run(for: .milliseconds(100))
        let silent = (0..<7).map { number in
            world.connect(to: Harness.front, name: "silent \(number)", [.receiveEnd])
        }
        world.run(for: .milliseconds(1_100))
        let holders = (0..<7).map { number in
            world.connect(to: Harness.front, name: "holder \(number)", [Self.halfHead, .receiveEnd])
        }
        world.run(for: .milliseconds(200))
        #expect(silent.allSatisfy { $0.ending == .finished })
        #expect(scraper.ending == nil, "it is idle for longer, and the others were enough")
        let last = world.connect(to: Harness.front, name: "last", [Self.halfHead, .receiveEnd])
        world.run(for: .milliseconds(200))
        #expect(scraper.ending == .finished, "production comes before an idle connection")
        #expect(harness.workers[0].openConnections == 8)
        for peer in holders + [last] { peer.disappear(byReset: false) }
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.stop()
        #expect(world.complaints == [])
    }

    /// Two listeners, a reserve of two, eight descriptors for everybody.
    private func operated(_ world: SimulatedWorld, workers: Int) throws -> Harness {
        var limits = LoopLimits()
        limits.reservedDescriptors = 2
        let harness = try Harness(world: world, workers: workers, limits: limits, servesOperators: true)
        harness.servePrimaries()
        try harness.install(Layout())
        world.limitDescriptors(to: 12)
        return harness
    }
}
