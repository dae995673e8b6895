import SpeculaIO
import SpeculaMetrics
import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import Testing

/// The isolation table: whatever a mirror is like, the client's bytes come as without it, at the same instants.
@Suite(.timeLimit(.minutes(5)))
struct IsolationTests {
    enum Load: String, CaseIterable, Sendable {
        case get, upload, chunkedUpload, pipelined

        var asks: [Ask] {
            switch self {
            case .get: (1...4).map { Ask(id: $0, size: 1_024) }
            case .upload: [Ask(id: 1, method: "POST", body: .length(1 << 20))]
            case .chunkedUpload: [Ask(id: 1, method: "POST", body: .chunked(100 << 10, piece: 4_096))]
            case .pipelined: (1...16).map { Ask(id: $0, size: 200) }
            }
        }

        var script: [PeerStep] {
            let answer = PeerStep.receiveMessage(length: { Bytes.responseLength($0, toHead: false) })
            switch self {
            case .pipelined:
                return [.send(asks.flatMap(\.bytes))] + asks.map { _ in answer } + [.close]
            default: return asks.flatMap { [.send($0.bytes), answer] } + [.close]
            }
        }
    }

    struct Seen: Equatable {
        let bytes: [UInt8]
        let arrivals: [PeerArrival]
    }

    @Test(arguments: MirrorKind.allCases, Load.allCases)
    func clientNeverNotices(kind: MirrorKind, load: Load) throws {
        let without = try play(nil, load)
        let with = try play(kind, load)
        #expect(with.bytes == without.bytes)
        #expect(with.arrivals == without.arrivals)
    }

    /// Holding its answers against the primary's is no more noticed than throwing them away.
    @Test(arguments: MirrorKind.allCases, [Load.get, .chunkedUpload])
    func comparingIsNotNoticedEither(kind: MirrorKind, load: Load) throws {
        var options = MirrorOptions()
        var plan = MirrorComparisonPlan()
        plan.fields = [Array("content-length".utf8)]
        plan.body = .exact
        options.comparison = plan
        #expect(try play(kind, load, options) == play(nil, load))
    }

    private func play(_ kind: MirrorKind?, _ load: Load, _ options: MirrorOptions = MirrorOptions()) throws -> Seen {
        let world = SimulatedWorld(seed: 11)
        world.turnNanoseconds = 0
        let harness = try Harness(world: world)
        let profile = LinkProfile(capacity: 16_000)
        harness.servePrimaries(profile: profile)
        if let kind { kind.place(in: world, number: 0) }
        try harness.install(Layout(mirrors: kind.map { [MirrorSpec(kind: $0, options: options)] } ?? []))
        let client = world.connect(to: Harness.front, profile: profile, load.script)
        #expect(world.run(until: { client.isDone }, limit: .seconds(5)), "the client waits")
        harness.checkResponses(of: client, asks: load.asks)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        let asks = Dictionary(uniqueKeysWithValues: load.asks.map { ($0.id, $0) })
        for server in world.allServers {
            harness.checkReceived(by: server, asks: asks, isMirror: server.address == Harness.mirror(0))
        }
        harness.checkIdle()
        harness.checkBooks()
        if let kind { checkOutcomes(harness, kind, requests: UInt64(load.asks.count)) }
        harness.stop()
        #expect(world.complaints == [])
        #expect(Harness.status(client.received[...]) == 200)
        return Seen(bytes: client.received, arrivals: client.arrivals)
    }

    private func checkOutcomes(_ harness: Harness, _ kind: MirrorKind, requests: UInt64) {
        guard let mirror = harness.shared.registry.readBooks().mirrors.values.first else { return }
        let decision = kind == .none ? MirrorDecision.missingService : .sent
        #expect(mirror.decisions[Int(decision.rawValue)] == requests)
        let allowed: Set<MirrorOutcome> =
            switch kind {
            case .none: []
            case .healthy, .slow, .slowBody, .interimStorm: [.complete]
            // Through so slow a handshake a long body takes too long.
            case .backlogFull: [.complete, .timeout]
            case .blackhole, .neverReads, .silentNames: [.timeout]
            case .refuses: [.connectError]
            case .resetsOnAccept, .resetsMidBody: [.reset]
            case .earlyRefusal: [.complete, .timeout]
            case .endless: [.responseTooLarge]
            case .garbage: [.protocolError]
            }
        let met = Set(MirrorOutcome.allCases.filter { mirror.outcomes[Int($0.rawValue)] > 0 })
        #expect(met.isSubset(of: allowed))
    }
}
