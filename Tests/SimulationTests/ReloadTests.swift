import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
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
}
