import SpeculaIO
import SpeculaSimulation
import Testing

/// The loop on a network that does not exist: relays under every fault, thousands of connections' worth.
@Suite(.timeLimit(.minutes(5)))
struct SimulationTests {
    private static let front = SocketAddress(ipv4: 0x7f00_0001, port: 8_080)
    private static let back = SocketAddress(ipv4: 0x0a00_0001, port: 80)
    private static let mirror = SocketAddress(ipv4: 0x0a00_0002, port: 80)

    @Test func relayedExchangeArrivesWhole() throws {
        let world = SimulatedWorld(seed: 1)
        let loop = world.makeLoop()
        let relay = Relay(loop: loop, upstream: Self.back)
        try relay.listen(at: Self.front)
        world.serve(at: Self.back) { _ in
            [.receive(until: "ping\n"), .send("pong\n"), .receiveEnd, .send("bye\n"), .close]
        }
        let client = world.connect(
            to: Self.front,
            [.send("ping\n"), .receive(until: "pong\n"), .finish, .receive(until: "bye\n"), .receiveEnd])
        #expect(world.run(until: { client.isDone }))
        #expect(client.receivedText == "pong\nbye\n")
        relay.listener?.close()
        world.settle()
        #expect(relay.open == 0)
        world.checkNothingLeft()
        #expect(world.complaints == [])
    }

    @Test func sameSeedSameTranscript() throws {
        let first = try storm(seed: 42).transcript
        let second = try storm(seed: 42).transcript
        let other = try storm(seed: 43).transcript
        #expect(first == second)
        #expect(first != other)
    }

    /// Random rates, links, peers and sizes; what arrives must be a prefix of what was sent, whole when no fault was met, and
    /// nothing may be left behind.
    @Test(arguments: SimulationSeeds.chosen(default: 30))
    func stormLeavesNothingBehind(seed: UInt64) throws {
        let world = try storm(seed: seed)
        #expect(world.complaints == [])
    }

    @Test func campaignMeetsEveryKindOfFault() throws {
        // Names are looked up, many clients balanced and reserves held elsewhere; shedding needs a listener that pauses twice.
        var missing = Set(CoverageMark.allCases)
            .subtracting([.failedLookup, .silentLookup, .shed, .handedOver, .reserveKept, .reserveUsed])
        var seed: UInt64 = 1
        while seed <= 200, !missing.isEmpty {
            missing.subtract(try storm(seed: seed).marksHit)
            seed += 1
        }
        #expect(missing == [])
    }

    /// A reset at every byte of an exchange, in both directions.
    @Test func resetAtEveryByteIsSurvived() throws {
        let request = HTTPPeer.request("GET /")
        let response = HTTPPeer.response(body: "hello")
        for byte in 0...(request.count + response.count) {
            for isTowardsLoop in [true, false] {
                let world = SimulatedWorld(seed: UInt64(byte))
                let loop = world.makeLoop()
                let relay = Relay(loop: loop, upstream: Self.back)
                try relay.listen(at: Self.front)
                let profile = LinkProfile(
                    resetAfterBytesToLoop: isTowardsLoop ? byte : nil,
                    resetAfterBytesFromLoop: isTowardsLoop ? nil : byte)
                world.serve(.healthy(response: response), at: Self.back, profile: profile)
                let client = world.connect(to: Self.front, [.send(request), .receiveBytes(response.count), .close])
                world.run(until: { client.isDone }, limit: .seconds(5))
                world.run(for: .seconds(2))
                relay.closeHanging()
                #expect(response.starts(with: client.received))
                relay.listener?.close()
                world.settle()
                world.checkNothingLeft()
                #expect(world.complaints == [])
            }
        }
    }

    @Test(arguments: [
        HTTPServerKind.neverReads, .silent, .resetsAtOnce, .garbage([0, 1, 2]), .early(response: [65]),
        .answersUnasked([66]),
        .endless(head: [67], piece: [UInt8](repeating: 68, count: 4_096), every: .milliseconds(20)),
        .slow(response: [69], delay: .seconds(10)),
    ])
    func clientNeverNoticesTheMirror(kind: HTTPServerKind) throws {
        func run(_ prepare: (SimulatedWorld) -> SocketAddress?) throws -> (bytes: [UInt8], complaints: [String]) {
            let world = SimulatedWorld(seed: 5)
            let loop = world.makeLoop()
            let relay = Relay(loop: loop, upstream: Self.back, mirror: prepare(world))
            try relay.listen(at: Self.front)
            let body = [UInt8](repeating: 9, count: 500_000)
            world.serve(.healthy(response: HTTPPeer.response(body: "whole")), at: Self.back)
            let client = world.connect(
                to: Self.front,
                [
                    .send(HTTPPeer.request("POST /", body: body)),
                    .receiveMessage(length: HTTPPeer.messageLength), .close,
                ])
            #expect(world.run(until: { client.isDone }))
            world.run(for: .seconds(2))
            relay.closeHanging()
            relay.listener?.close()
            world.settle()
            world.checkNothingLeft()
            return (client.received, world.complaints)
        }
        let without = try run { _ in nil }
        let with = try run { world in
            world.serve(kind, at: Self.mirror)
            return Self.mirror
        }
        #expect(without.bytes == with.bytes)
        #expect(with.complaints == [])
        #expect(without.complaints == [])
    }

    @Test func freshConnectionsGoToTheLeastBusyLoop() throws {
        let world = SimulatedWorld(seed: 8)
        let balance = AcceptBalance(capacity: 2)
        let relays = (0..<2).map { _ in Relay(loop: world.makeLoop(), upstream: Self.back) }
        for relay in relays { relay.loop.join(balance) }
        // The first alone at first: all clients fall to it.
        try relays[0].listen(at: Self.front, isShared: true)
        world.serve(at: Self.back) { _ in [.receive(until: "a"), .send("b")] }
        func connect(_ count: Int) -> [SimulatedPeer] {
            (0..<count).map { _ in world.connect(to: Self.front, [.send("a"), .receive(until: "b")]) }
        }
        let early = connect(40)
        #expect(world.run(until: { early.allSatisfy(\.isDone) }))
        try relays[1].listen(at: Self.front, isShared: true)
        let late = connect(60)
        #expect(world.run(until: { late.allSatisfy(\.isDone) }))
        #expect(world.count(of: .handedOver) > 0)
        // Each client is two connections of its relay.
        let least = min(relays[0].open, relays[1].open) / 2
        let most = max(relays[0].open, relays[1].open) / 2
        #expect(most - least <= 8 + least / 4 + 1)
        for client in early + late { client.disappear(byReset: false) }
        world.settle()
        for relay in relays {
            relay.closeHanging()
            relay.listener?.close()
        }
        world.settle()
        world.checkNothingLeft()
        #expect(world.complaints == [])
    }

    @Test func exhaustedDescriptorsPauseAcceptingAndRecover() throws {
        let world = SimulatedWorld(seed: 3)
        let loop = world.makeLoop()
        let relay = Relay(loop: loop, upstream: Self.back)
        try relay.listen(at: Self.front)
        world.serve(.healthy(response: HTTPPeer.response(body: "x")), at: Self.back)
        world.limitDescriptors(to: 1)
        let clients = (0..<3).map { _ in
            world.connect(
                to: Self.front,
                [.send(HTTPPeer.request("GET /")), .receiveMessage(length: HTTPPeer.messageLength), .close])
        }
        world.run(for: .milliseconds(350))
        #expect(loop.statistics.acceptPauses >= 2)
        #expect(loop.statistics.shed >= 1)
        world.limitDescriptors(to: 1_000)
        #expect(world.run(until: { clients.allSatisfy(\.isDone) }))
        #expect(clients.contains { $0.receivedText.hasSuffix("x") })
        relay.closeHanging()
        relay.listener?.close()
        world.settle()
        world.checkNothingLeft()
        #expect(world.complaints == [])
    }

    // MARK: The storm

    /// One run: one to three loops, a dozen clients, faults as the seed draws them.
    private func storm(seed: UInt64) throws -> SimulatedWorld {
        let world = SimulatedWorld(seed: seed)
        world.drawRates()
        let chooser = StormChooser(seed: seed, isSmall: world.rates.tinyLink > 0)
        let balance = AcceptBalance(capacity: chooser.loops)
        let relays = (0..<chooser.loops).map { _ in
            Relay(loop: world.makeLoop(), upstream: Self.back, mirror: chooser.hasMirror ? Self.mirror : nil)
        }
        for relay in relays { relay.loop.join(balance) }
        for relay in relays { try relay.listen(at: Self.front, isShared: true) }
        let response = chooser.response
        world.serve(at: Self.back, profile: chooser.cutProfile()) { number in
            chooser.serverScript(number, response: response)
        }
        world.serve(chooser.mirrorKind, at: Self.mirror)
        let clients = (0..<12).map { number in
            world.connect(to: Self.front, name: "client \(number)", chooser.clientScript(number))
        }
        // Loops reach each other by mail meanwhile.
        for (index, relay) in relays.enumerated() {
            let remote = relays[(index + 1) % relays.count].loop.remote
            world.after(.milliseconds(3)) { remote.post { loop in _ = loop.random() } }
            _ = relay
        }
        world.run(until: { clients.allSatisfy(\.isDone) }, limit: .seconds(20))
        for client in clients { client.disappear(byReset: false) }
        for server in world.allServers { for peer in server.peers { peer.disappear(byReset: true) } }
        world.run(until: { relays.allSatisfy { $0.open == 0 } }, limit: .seconds(20))
        for relay in relays {
            relay.closeHanging()
            relay.listener?.close()
        }
        world.settle()
        for client in clients where !chooser.isPrefixOfAnswers(client.received, response) {
            world.complain("\(client.name) received what was never sent")
        }
        for relay in relays where relay.open != 0 { world.complain("\(relay.open) sides of a relay are still open") }
        world.checkNothingLeft()
        return world
    }
}
