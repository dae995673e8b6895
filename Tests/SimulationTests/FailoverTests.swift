import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import Testing

/// Failovers around and above mirroring services: whoever serves the request, its mirrors get their copies.
@Suite(.timeLimit(.minutes(10)))
struct FailoverTests {
    /// How the first service fails.
    enum Failure: String, CaseIterable, Sendable {
        case answers503, refuses, dropsAfterBody

        func place(in world: SimulatedWorld) {
            let address = Harness.primary(0)
            switch self {
            case .answers503: world.serve(.healthy(response: HTTPPeer.response(status: "503 No")), at: address)
            case .refuses: break
            case .dropsAfterBody: world.serve(.finishesAfter(0, of: []), at: address)
            }
        }
    }

    private static let asks = [
        Ask(id: 1), Ask(id: 1, method: "POST", body: .length(5_000)),
        Ask(id: 1, method: "POST", body: .chunked(5_000, piece: 700)),
    ]

    /// The first service's own mirror is the first, the fallback's the second, one around both the third.
    private func services(_ harness: Harness, outer: Bool) -> [ServicePlan] {
        func mirroring(_ name: String, _ primary: Int, _ mirror: Int) -> ServicePlan {
            let plan = MirrorPlan(
                name: "mirror\(mirror)@file", service: ServiceIndex(2 + mirror), ratioMillionths: 1_000_000)
            return ServicePlan(
                name: name,
                kind: .mirroring(
                    MirroringPlan(
                        primary: ServiceIndex(primary), mirrors: [plan], mirrorsBody: true, maxBodySize: -1,
                        propagatesHealth: false)))
        }
        let services = [
            harness.balancer("first@file", [(Harness.primary(0).host, 80)]),
            harness.balancer("second@file", [(Harness.primary(1).host, 80)]),
            harness.balancer("mirror0@file", [(Harness.mirror(0).host, 80)]),
            harness.balancer("mirror1@file", [(Harness.mirror(1).host, 80)]),
            harness.balancer("mirror2@file", [(Harness.mirror(2).host, 80)]),
            mirroring("main@file", 0, 0), mirroring("fallback@file", 1, 1),
            ServicePlan(
                name: "failover@file",
                kind: .failover(
                    FailoverPlan(
                        service: ServiceIndex(5), fallback: ServiceIndex(6), propagatesHealth: false,
                        errorStatuses: [500...599], maxRequestBodyBytes: -1))),
        ]
        return outer ? services + [mirroring("outer@file", 7, 2)] : services
    }

    @Test(arguments: Failure.allCases, [false, true])
    func mainAndFallbackGetTheirCopies(failure: Failure, isOuterMirrored: Bool) throws {
        for ask in Self.asks {
            let world = SimulatedWorld(seed: 5)
            let harness = try Harness(world: world)
            failure.place(in: world)
            world.serve(at: Harness.primary(1)) { _ in Primary.script }
            for number in 0..<3 { MirrorKind.healthy.place(in: world, number: number) }
            try harness.install(services(harness, outer: isOuterMirrored))
            // The head alone, then the body in two parts: some of it comes when the first service has failed already.
            let body = ask.framedBody
            let client = world.connect(
                to: Harness.front,
                [
                    .send(ask.head), .wait(.milliseconds(5)), .send(Array(body.prefix(2_000))),
                    .wait(.milliseconds(5)), .send(Array(body.dropFirst(2_000))),
                    .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .close,
                ])
            #expect(world.run(until: { client.isDone }, limit: .seconds(20)), "\(ask): the client waits")
            #expect(Harness.status(client.received[...]) == 200, "\(ask): \(client.receivedText.prefix(60))")
            harness.checkResponses(of: client, asks: [ask])
            #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
            world.run(for: .seconds(1))
            var mirrors = 0
            for server in world.allServers where server.address != Harness.primary(0) {
                let isMirror = server.address != Harness.primary(1)
                if isMirror { mirrors += server.peers.count }
                harness.checkReceived(by: server, asks: [1: ask], isMirror: isMirror)
                for peer in server.peers {
                    #expect(HTTPPeer.messageLength(peer.received[...]) == peer.received.count, "\(peer.name)")
                }
            }
            #expect(mirrors == (isOuterMirrored ? 3 : 2), "\(ask)")
            let books = harness.shared.registry.readBooks()
            #expect(books.mirrors.count == (isOuterMirrored ? 3 : 2))
            for (name, mirror) in books.mirrors {
                #expect(mirror.decisions[Int(MirrorDecision.sent.rawValue)] == 1, "\(name) \(ask)")
                #expect(mirror.decisions.reduce(0, +) == 1, "\(name)")
                #expect(mirror.outcomes[Int(MirrorOutcome.complete.rawValue)] == 1, "\(name) \(mirror.outcomes)")
                #expect(mirror.pairs.reduce(0, +) == 1, "\(name)")
            }
            harness.checkIdle()
            harness.stop()
            #expect(world.complaints == [])
        }
    }
}
