import KubernetesStandIn
import SpeculaConfiguration
import Testing

@testable import SpeculaKubernetes

/// Objects change in any order while watches break in every way: what comes out is what a fresh list would say.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LivePropertyTests {
    /// Small and repeatable.
    private struct Chance {
        var state: UInt64

        init(_ seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

        mutating func below(_ bound: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(bound))
        }
    }

    @Test(arguments: 1...12)
    func anyOrderOfEventsAndFaultsEndsLikeAFreshList(seed: Int) async throws {
        var chance = Chance(seed)
        let chunk = [0, 1, 9, 200][chance.below(4)]
        let bench = try await LiveBench(
            settings: LiveBench.customResources, seed: UInt64(seed), prepare: { $0.faults.chunkBytes = chunk },
            manifest: Manifests.mirrored)
        for _ in 0..<60 {
            await change(bench.standIn, &chance)
            if chance.below(3) == 0 { await disturb(bench.standIn, &chance) }
            if chance.below(4) == 0 { await Task.yield() }
        }
        await bench.standIn.call { server in
            server.faults = StandInFaults()
            _ = try? server.listen()
        }
        let fresh = try await fresh(bench.standIn)
        // Not within the time limit means never.
        let reached = await bench.readings.first { reading in
            reading.configurations == fresh.configurations && reading.diagnostics == fresh.diagnostics
                && Set(reading.cluster.objects.map(\.key)) == Set(fresh.cluster.objects.map(\.key))
        }
        #expect(reached.configurations == fresh.configurations)
        await bench.stop()
    }

    /// One object comes, changes or goes.
    private func change(_ standIn: StandIn, _ chance: inout Chance) async {
        let name = ["prod", "stage", "extra"][chance.below(3)]
        switch chance.below(8) {
        case 0: await standIn.apply(Manifests.service(name))
        case 1: await standIn.call { $0.delete("services", name) }
        case 2, 3, 4:
            await standIn.apply(Manifests.slice(name, (0...chance.below(3)).map { "10.3.\($0).\(chance.below(250))" }))
        case 5: await standIn.call { $0.delete("endpointslices", "\(name)-a") }
        case 6: await standIn.apply(Manifests.route("r\(chance.below(4))", to: name))
        default:
            let number = chance.below(4)
            await standIn.call { $0.delete("ingressroutes", "r\(number)") }
        }
    }

    private func disturb(_ standIn: StandIn, _ chance: inout Chance) async {
        let kind = ["services", "endpointslices", "ingressroutes", "traefikservices"][chance.below(4)]
        let number = chance.below(8)
        await standIn.call { server in
            switch number {
            case 0: server.endWatches()
            case 1: server.endWatches(truncated: true)
            case 2: server.dropConnections(byReset: true)
            case 3: server.compact()
            case 4:
                server.compact()
                server.endWatches()
            case 5: server.faults.statuses[kind, default: []] += [500, 429]
            case 6: server.faults.expirations += 2
            default:
                server.goAway()
                _ = try? server.listen()
            }
            server.bookmark()
        }
    }

    /// What a provider that starts now makes of it.
    private func fresh(_ standIn: StandIn) async throws -> LiveProvider.Reading {
        let bench = try await LiveBench(settings: LiveBench.customResources, on: standIn)
        let first = await bench.readings.first { _ in true }
        await bench.stop()
        return first
    }
}
