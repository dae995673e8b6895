import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
@testable import SpeculaUpstream
import Testing

/// A reload that numbers the services anew comes while a request is on its way.
@Suite(.timeLimit(.minutes(5)))
struct ReloadTests {
    /// The primary and its mirror, in either order: what one number means before the reload, the other means after it.
    private func services(_ harness: Harness, mirrorFirst: Bool) -> [ServicePlan] {
        let primary = harness.balancer("primary@file", [(Harness.primary(0).host, 80)])
        let mirror = harness.balancer("mirror0@file", [(Harness.mirror(0).host, 80)])
        let plan = MirrorPlan(
            name: "mirror0@file", service: ServiceIndex(mirrorFirst ? 0 : 1), ratioMillionths: 1_000_000)
        return (mirrorFirst ? [mirror, primary] : [primary, mirror]) + [
            ServicePlan(
                name: "web@file",
                kind: .mirroring(
                    MirroringPlan(
                        primary: ServiceIndex(mirrorFirst ? 1 : 0), mirrors: [plan], mirrorsBody: true, maxBodySize: -1,
                        propagatesHealth: false)))
        ]
    }

    @Test(arguments: [Ask.Body.length(5_000), .chunked(5_000, piece: 700)], [false, true])
    func aCopyGoesWhereItWasDecidedToGo(body: Ask.Body, mirrorFirst: Bool) throws {
        let ask = Ask(id: 1, method: "POST", body: body)
        let world = SimulatedWorld(seed: 12)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        MirrorKind.healthy.place(in: world, number: 0)
        try harness.install(services(harness, mirrorFirst: mirrorFirst))
        let framed = ask.framedBody
        let client = world.connect(
            to: Harness.front,
            [
                .send(ask.head + framed.prefix(1_000)), .wait(.milliseconds(50)), .note("half"),
                .wait(.milliseconds(50)),
                .send(Array(framed.dropFirst(1_000))),
                .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .close,
            ])
        #expect(world.run(until: { client.moment("half") != nil }, limit: .seconds(20)))
        try harness.install(services(harness, mirrorFirst: !mirrorFirst))
        #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "the client waits")
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        harness.checkResponses(of: client, asks: [ask])
        for server in world.allServers {
            let isMirror = server.address == Harness.mirror(0)
            harness.checkReceived(by: server, asks: [1: ask], isMirror: isMirror)
            let heads = server.peers.reduce(0) { count, peer in
                count
                    + peer.received.split(separator: UInt8(ascii: "\n")).count { $0.starts(with: Array("POST ".utf8)) }
            }
            if isMirror || server.address == Harness.primary(0) { #expect(heads == 1, "\(server.address): \(heads)") }
        }
        for mirror in harness.shared.registry.readBooks().mirrors.values {
            #expect(mirror.decisions[Int(MirrorDecision.sent.rawValue)] == 1)
            #expect(mirror.outcomes[Int(MirrorOutcome.complete.rawValue)] == 1)
        }
        harness.checkIdle()
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    /// What else a server may be spoken to through, from one configuration to the next.
    private static let transports = [
        TransportPlan(name: "default@internal", idleConnectionTimeout: .zero),
        TransportPlan(name: "default@internal", responseHeaderTimeout: .seconds(7), idleConnectionTimeout: .zero),
        TransportPlan(name: "other@file", idleConnectionTimeout: .zero),
        TransportPlan(
            name: "default@internal", idleConnectionTimeout: .zero,
            tls: TransportTLSPlan(insecureSkipVerify: true)),
    ]

    /// Pools were forgotten by server, not by transport: the connections of one that nobody used any more stayed open until
    /// they had idled too long, and where that takes no time at all for as long as the server kept them.
    @Test(arguments: 0..<4, [false, true])
    func connectionsOfATransportThatIsGoneAreClosed(change: Int, isUnderWay: Bool) throws {
        let world = SimulatedWorld(seed: 61)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        MirrorKind.healthy.place(in: world, number: 0)
        var layout = Layout(mirrors: [MirrorSpec(kind: .healthy)])
        layout.transport = Self.transports[0]
        try harness.install(layout)
        let answered = PeerStep.receiveMessage(length: { Bytes.responseLength($0, toHead: false) })
        let asks = [Ask(id: 1), Ask(id: 2, method: "POST", answer: .slow, body: .length(90)), Ask(id: 3)]
        let client = world.connect(
            to: Harness.front,
            [
                .send(asks[0].bytes), answered, .wait(.milliseconds(100)), .note("idle"), .send(asks[1].bytes),
                .wait(.milliseconds(100)), .note("under way"), answered, .send(asks[2].bytes), answered,
                .wait(.milliseconds(100)), .note("last"), .receiveEnd,
            ])
        let moment = isUnderWay ? "under way" : "idle"
        #expect(world.run(until: { client.moment(moment) != nil }, limit: .seconds(20)))
        let upstreams = harness.workers[0].upstreams
        let first = world.allServers.flatMap(\.peers)
        #expect(first.count == 2, "one at the primary, one at the mirror")
        layout.transport = Self.transports[change]
        try harness.install(layout)
        #expect(world.run(until: { client.moment("last") != nil }, limit: .seconds(20)))
        #expect(first.allSatisfy { ($0.ending == nil) == (change == 0) })
        #expect(upstreams.idleConnections == 2)
        #expect(world.allServers.flatMap(\.peers).count { $0.ending == nil } == 2)
        client.disappear(byReset: false)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        harness.checkResponses(of: client, asks: asks)
        harness.checkIdle()
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A request that began before a reload and finds its server after it: nobody else would close what it opened.
    @Test func nothingIsKeptOfATransportThatIsGoneBeforeItIsUsed() throws {
        let world = SimulatedWorld(seed: 62)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        var layout = Layout()
        layout.transport = Self.transports[0]
        let upstreams = harness.workers[0].upstreams
        try harness.install(layout)
        let gone = harness.balancer("primary@file", [(Harness.primary(0).host, 80)])
        guard case .loadBalancer(let plan) = gone.kind else { return }
        let old = upstreams.pool(for: plan.servers[0], transport: Self.transports[1], lane: .production)
        #expect(old.isRetired)
        let kept = upstreams.pool(for: plan.servers[0], transport: Self.transports[0], lane: .production)
        #expect(!kept.isRetired)
        harness.stop()
        #expect(world.complaints == [])
    }
}
