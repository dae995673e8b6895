import KubernetesStandIn
import SpeculaClient
import SpeculaIO
import SpeculaLogging
import Synchronization
import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

/// What a cluster's users are told, at a stand-in for its API server.
struct ClusterFeedbackTests {
    /// A mirroring service whose primary is not there.
    private static func lonely(_ name: String, in namespace: String) -> String {
        """
        apiVersion: traefik.io/v1alpha1
        kind: TraefikService
        metadata: {name: \(name), namespace: \(namespace)}
        spec: {mirroring: {name: gone, port: 80, mirrors: []}}

        """
    }

    /// What was told in the end, as `namespace/name: message`, when some event of a namespace is there.
    ///
    /// The first requests for an event are answered with `statuses`; readings but the last go on until those answers have been given.
    private func told(
        of manifest: String, after statuses: [Int], readings: Int, in namespace: String
    ) async throws -> [String] {
        let bench = try await LiveBench(settings: LiveBench.customResources, manifest: manifest)
        let reading = await bench.readings.first { !$0.diagnostics.isEmpty }
        let client = try #require(await Client.start(name: "feedback") { try LinuxNetwork(resolver: Resolver()) })
        let access = try ClusterAccess(
            endpoint: "http://127.0.0.1:\(bench.standIn.port)", token: "", certAuthFilePath: "", environment: [:],
            files: FakeFiles([:]))
        let feedback = ClusterFeedback(
            api: ClusterAPI(client: client, access: access, userAgent: "test"), instance: "i", figures: bench.figures,
            log: .silent, clock: SystemControlClock()
        ) { "2026-01-01T00:00:00Z" }
        let task = Task { await feedback.run(options: KubernetesOptions()) }
        await bench.standIn.call { $0.faults.statuses["events"] = statuses }
        for _ in 1..<readings {
            await feedback.take(reading)
            while await bench.standIn.call({ $0.faults.statuses["events"] != [] }) { try await pause() }
        }
        await feedback.take(reading)
        var told: [String] = []
        while !told.contains(where: { $0.hasPrefix("\(namespace)/") }) {
            try await pause()
            told = await bench.standIn.call { server in
                server.store.objects(of: "events").map { event in
                    let object = event["involvedObject"]
                    let words = [object?["namespace"], object?["name"], event["message"]].map { value in
                        if case .string(let text) = value { text } else { "" }
                    }
                    return "\(words[0])/\(words[1]): \(words[2])"
                }
            }
        }
        task.cancel()
        await client.stop()
        await bench.stop()
        return told
    }

    private static let message = "spec.mirroring.name: kubernetes service not found:"

    /// A token is refused for a moment while it is replaced: that must not keep everything to come from being told.
    @Test(.timeLimit(.minutes(1)), arguments: [401, 500])
    func refusalThatPassesDoesNotEndTheTelling(status: Int) async throws {
        let told = try await told(
            of: Self.lonely("m", in: "default"), after: [status], readings: 2, in: "default")
        #expect(told == ["default/m: \(Self.message) default/gone"])
    }

    /// A namespace that is being deleted takes no events (403, then 404); those of others are told all the same.
    @Test(.timeLimit(.minutes(1)), arguments: [403, 404])
    func refusalEndsTheTellingForItsNamespaceAlone(status: Int) async throws {
        let manifest = ["m", "n"].map { Self.lonely($0, in: "a") } + [Self.lonely("m", in: "b")]
        let told = try await told(of: manifest.joined(separator: "---\n"), after: [status], readings: 1, in: "b")
        #expect(told == ["b/m: \(Self.message) b/gone"])
    }

    // MARK: Status

    private static let gateway = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: mirrors}
        spec: {controllerName: specula.dev/gateway-controller}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: g}
        spec: {gatewayClassName: mirrors, listeners: [{name: http, port: 80, protocol: HTTP}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: a}
        spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: prod, port: 80}]}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: b}
        spec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: prod, port: 80}]}]}

        """ + Manifests.service("prod") + Manifests.slice("prod", ["10.1.0.1"])

    /// A feedback on a stand-in, with a clock that a test moves.
    private struct StatusBench {
        let bench: LiveBench
        let clock = SteppedClock()
        let sink = MemorySink()
        let feedback: ClusterFeedback
        let task: Task<Void, Never>
        private let client: Client

        init(prepare: @escaping @Sendable (StandInServer) -> Void) async throws {
            var entryPoint = EntryPointConfiguration()
            entryPoint.address = ":80"
            let settings = LiveProvider.Settings(KubernetesGatewayConfiguration(), entryPoints: ["web": entryPoint])
            bench = try await LiveBench(settings: settings, prepare: prepare, manifest: ClusterFeedbackTests.gateway)
            client = try #require(await Client.start(name: "feedback") { try LinuxNetwork(resolver: Resolver()) })
            let access = try ClusterAccess(
                endpoint: "http://127.0.0.1:\(bench.standIn.port)", token: "", certAuthFilePath: "", environment: [:],
                files: FakeFiles([:]))
            let feedback = ClusterFeedback(
                api: ClusterAPI(client: client, access: access, userAgent: "test"), instance: "i",
                figures: bench.figures, log: Logger(level: .info, format: .json, sink: sink) { LogTime(seconds: 0) },
                clock: clock
            ) { "2026-01-01T00:00:00Z" }
            task = Task { await feedback.run(options: settings.options) }
            self.feedback = feedback
            await feedback.take(await bench.readings.first { !$0.gateways.routes.isEmpty })
        }

        func stop() async {
            task.cancel()
            clock.wakeAll()
            await task.value
            await client.stop()
            await bench.stop()
        }

        /// The names of a kind's objects that have a status.
        func told(_ plural: String) async -> [String] {
            await bench.standIn.call { server in
                server.store.objects(of: plural).filter { $0["status"] != nil }.compactMap { object in
                    if case .string(let name) = object["metadata"]?["name"] { name } else { nil }
                }.sorted()
            }
        }

        func refused(_ plural: String) async -> Int {
            await bench.standIn.call { $0.refusedWrites[plural] ?? 0 }
        }

        var lines: [String] { sink.lines.filter { $0.contains("status") } }
    }

    /// One 403 for a route used to end all writing of status for the life of the process.
    @Test(.timeLimit(.minutes(1)))
    func refusedStatusIsAskedForAgainAndConcernsItsKindAlone() async throws {
        let bench = try await StatusBench { $0.faults.readOnly = ["httproutes"] }
        // The whole round is over when it waits; of two routes one was asked for.
        #expect(try await bench.clock.untilAsleep() == .seconds(60))
        #expect(await bench.told("gateways") == ["g"])
        #expect(await bench.told("gatewayclasses") == ["mirrors"])
        #expect(await bench.refused("httproutes") == 1)
        // A reading in between does not ask.
        await bench.feedback.take(await bench.bench.readings.first { !$0.gateways.routes.isEmpty })
        bench.clock.move(to: .seconds(60))
        #expect(try await bench.clock.untilAsleep() == .seconds(180), "twice as long")
        #expect(await bench.refused("httproutes") == 2)
        await bench.bench.standIn.call { $0.faults.readOnly = [] }
        bench.clock.move(to: .seconds(180))
        while await bench.told("httproutes") != ["a", "b"] { try await pause() }
        #expect(bench.bench.figures.failures(.forbidden) == 2)
        while bench.lines.count < 2 { try await pause() }
        await bench.stop()
        #expect(bench.lines.count == 2, "one for each change: \(bench.lines)")
        #expect(bench.lines.first?.contains("not permitted") == true)
        #expect(bench.lines.last?.contains("written again") == true)
    }

    @Test(.timeLimit(.minutes(1)))
    func refusedStatusIsAskedForEveryTenMinutesInTheEnd() async throws {
        let bench = try await StatusBench { $0.faults.readOnly = ["gateways"] }
        var moments: [Duration] = []
        for _ in 0..<6 {
            let moment = try await bench.clock.untilAsleep()
            moments.append(moment - bench.clock.now)
            bench.clock.move(to: moment)
        }
        await bench.stop()
        #expect(moments == [60, 120, 240, 480, 600, 600].map { .seconds($0) })
    }

    /// What failed for another reason used to wait for the next change of the cluster.
    @Test(.timeLimit(.minutes(1)))
    func statusThatCouldNotBeWrittenIsTriedAgainWithoutANewReading() async throws {
        let bench = try await StatusBench { _ in }
        while await bench.told("httproutes") != ["a", "b"] { try await pause() }
        await bench.stop()
        let other = try await StatusBench { $0.faults.brokenWrites = ["httproutes"] }
        #expect(try await other.clock.untilAsleep() == .seconds(60))
        await other.bench.standIn.call { $0.faults.brokenWrites = [] }
        other.clock.move(to: .seconds(60))
        while await other.told("httproutes") != ["a", "b"] { try await pause() }
        await other.stop()
    }

    /// Others get their turn; a test whose time is over ends here.
    private func pause() async throws {
        await Task.yield()
        try Task.checkCancellation()
    }
}

/// A clock that stands still until a test moves it.
private final class SteppedClock: ControlClock {
    private struct State {
        var now = Duration.zero
        var sleepers: [(until: Duration, wake: CheckedContinuation<Void, Never>)] = []
        /// Nobody sleeps any more: who is about to, when a test ends, would never be woken.
        var isOver = false
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }

    func sleep(until moment: Duration) async {
        await withCheckedContinuation { continuation in
            let sleeps = state.withLock { state in
                if state.isOver || state.now >= moment { return false }
                state.sleepers.append((moment, continuation))
                return true
            }
            if !sleeps { continuation.resume() }
        }
    }

    /// Returns when somebody sleeps: until when.
    func untilAsleep() async throws -> Duration {
        while true {
            if let moment = state.withLock({ $0.sleepers.first?.until }) { return moment }
            await Task.yield()
            try Task.checkCancellation()
        }
    }

    func move(to moment: Duration) {
        let woken = state.withLock { state in
            state.now = moment
            let woken = state.sleepers.filter { $0.until <= moment }
            state.sleepers.removeAll { $0.until <= moment }
            return woken
        }
        for sleeper in woken { sleeper.wake.resume() }
    }

    func wakeAll() {
        let woken = state.withLock { state in
            state.isOver = true
            defer { state.sleepers = [] }
            return state.sleepers
        }
        for sleeper in woken { sleeper.wake.resume() }
    }
}
