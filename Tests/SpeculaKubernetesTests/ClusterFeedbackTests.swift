import KubernetesStandIn
import SpeculaClient
import SpeculaIO
import SpeculaLogging
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
            api: ClusterAPI(client: client, access: access, userAgent: "test"), instance: "i", log: .silent
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

    /// Others get their turn; a test whose time is over ends here.
    private func pause() async throws {
        await Task.yield()
        try Task.checkCancellation()
    }
}
