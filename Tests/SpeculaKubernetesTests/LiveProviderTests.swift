import KubernetesStandIn
import SpeculaConfiguration
import Synchronization
import Testing

@testable import SpeculaKubernetes

/// The live provider on an API server of our own, over real sockets.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LiveProviderTests {
    private static func urls(_ addresses: String...) -> [String] { addresses.map { "http://\($0):8080" } }

    @Test func followsWhatIsThereAndWhatChanges() async throws {
        let bench = try await LiveBench(settings: LiveBench.customResources, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        await bench.standIn.apply(Manifests.slice("prod", ["10.1.0.2", "10.1.0.3"]))
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.2", "10.1.0.3"))
        await bench.standIn.call { $0.delete("ingressroutes", "r") }
        _ = await bench.readings.first { $0.configurations["kubernetescrd"]?.http.routers.isEmpty == true }
        #expect(bench.figures.staleSeconds("services") == 0)
        #expect(bench.figures.objects("services") == 2)
        await bench.stop()
    }

    /// Nothing is told before all is known: no configuration with routes and without their services.
    @Test func firstConfigurationIsWhole() async throws {
        let bench = try await LiveBench(
            settings: LiveBench.customResources,
            prepare: { $0.faults.statuses = ["services": [503, 500], "traefikservices": [429]] },
            manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        let first = try #require(await bench.readings.all.first)
        #expect(first.diagnostics.isEmpty)
        #expect(first.configurations["kubernetescrd"]?.http.routers.count == 1)
        #expect(bench.figures.failures(.overloaded) == 3)
        await bench.stop()
    }

    @Test(arguments: [true, false])
    func kindThatCannotBeReadLeavesTheOthersWorking(isForbidden: Bool) async throws {
        let bench = try await LiveBench(
            settings: LiveBench.customResources,
            prepare: { server in
                let kinds: Set<String> = ["middlewares", "tlsstores", "ingressroutetcps"]
                if isForbidden { server.faults.forbidden = kinds } else { server.faults.missing = kinds }
            }, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        #expect(bench.figures.failures(isForbidden ? .forbidden : .missing) >= 3)
        #expect(bench.figures.staleSeconds("middlewares") == 0, "what never was there cannot go stale")
        await bench.stop()
    }

    @Test func olderClustersHaveEndpointsOnly() async throws {
        let endpoints = """
            apiVersion: v1
            kind: Endpoints
            metadata: {name: prod}
            subsets: [{addresses: [{ip: 10.9.0.1}], ports: [{name: http, port: 8080}]}]
            """
        let bench = try await LiveBench(
            settings: LiveBench.customResources, prepare: { $0.faults.missing = ["endpointslices"] },
            manifest: Manifests.mirrored + "---\n" + endpoints)
        await bench.awaitServers("default-prod-80", Self.urls("10.9.0.1"))
        await bench.stop()
    }

    @Test func forgottenVersionIsListedAnew() async throws {
        let bench = try await LiveBench(
            settings: LiveBench.customResources, prepare: { $0.faults.expirations = 6 }, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        let slice = StandIn.objects(Manifests.slice("prod", ["10.1.0.9"]))
        await bench.standIn.call { server in
            server.apply(slice)
            server.delete("services", "stage")
            server.compact()
            server.faults.expirations = 3
            server.endWatches()
        }
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.9"))
        _ = await bench.readings.first {
            $0.diagnostics.contains { $0.message.contains("kubernetes service not found: default/stage") }
        }
        await bench.stop()
    }

    @Test func routesStayWhileTheServerIsAwayAndFollowWhenItIsBack() async throws {
        let bench = try await LiveBench(settings: LiveBench.customResources, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        let before = await bench.readings.all.count
        await bench.standIn.call { $0.goAway() }
        while bench.figures.failures(.connection) < 30 { await Task.yield() }
        #expect(bench.figures.staleSeconds("services") > 0)
        #expect(await bench.readings.all.count == before, "nothing changed, nothing is told")
        let slice = StandIn.objects(Manifests.slice("prod", ["10.1.0.5"]))
        await bench.standIn.call { server in
            server.apply(slice)
            _ = try? server.listen()
        }
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.5"))
        while bench.figures.staleSeconds("services") > 0 { await Task.yield() }
        await bench.stop()
    }

    @Test func watchCutInTheMiddleOfAnEventLosesNothing() async throws {
        let bench = try await LiveBench(
            settings: LiveBench.customResources, prepare: { $0.faults.chunkBytes = 7 }, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        for round in 2...6 {
            let slice = StandIn.objects(Manifests.slice("prod", ["10.1.0.\(round)"]))
            await bench.standIn.call { server in
                server.endWatches(truncated: round % 2 == 0)
                server.apply(slice)
            }
            await bench.awaitServers("default-prod-80", Self.urls("10.1.0.\(round)"))
        }
        await bench.stop()
    }

    @Test func onlyTheNamespacesAskedForAreRead() async throws {
        var settings = KubernetesCRDConfiguration()
        settings.namespaces = ["one", "two"]
        let manifest = ["one", "two", "three"].map {
            Manifests.service("s", in: $0) + Manifests.slice("s", ["10.0.0.9"], in: $0)
                + Manifests.route("r", to: "s", in: $0)
        }.joined()
        let bench = try await LiveBench(settings: LiveProvider.Settings(settings), manifest: manifest)
        let reading = await bench.readings.first { $0.configurations["kubernetescrd"]?.http.routers.count == 2 }
        #expect(reading.cluster.count == 6)
        #expect(bench.figures.objects("services") == 2)
        await bench.stop()
    }

    @Test func labelSelectorIsTheServersWork() async throws {
        var settings = KubernetesCRDConfiguration()
        settings.labelSelector = "team=x"
        let manifest =
            Manifests.service("s") + Manifests.slice("s", ["10.0.0.9"])
            + Manifests.route("a", to: "s", labels: "team: x") + Manifests.route("b", to: "s", labels: "team: y")
        let bench = try await LiveBench(settings: LiveProvider.Settings(settings), manifest: manifest)
        let reading = await bench.readings.first { $0.configurations["kubernetescrd"]?.http.routers.count == 1 }
        #expect(reading.cluster.all("traefik.io", "IngressRoute").map(\.name) == ["a"])
        #expect(reading.cluster.service("default", "s") != nil)
        await bench.stop()
    }

    /// Tokens of a service account are replaced every hour.
    @Test func tokenThatRotatesIsReadAnew() async throws {
        let files = RotatingFile()
        let bench = try await LiveBench(
            settings: LiveBench.customResources, files: files, token: "/token",
            prepare: { $0.faults.tokens = ["first"] }, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.1"))
        files.set("second\n")
        let slice = StandIn.objects(Manifests.slice("prod", ["10.1.0.2"]))
        await bench.standIn.call { server in
            server.faults.tokens = ["second"]
            server.apply(slice)
            server.endWatches()
        }
        await bench.awaitServers("default-prod-80", Self.urls("10.1.0.2"))
        while await bench.standIn.call({ $0.watches }) < 15 { await Task.yield() }
        #expect(await bench.standIn.call { $0.lastAuthorization } == "Bearer second")
        await bench.stop()
    }

    @Test func longListsComeInPages() async throws {
        let manifest = (0..<1_200).map { Manifests.service("s\($0)") }.joined()
        let bench = try await LiveBench(
            settings: LiveBench.customResources,
            prepare: { server in
                // The first list takes whatever is at hand, whole; the one after a failure comes in pages.
                server.faults.expirations = 15
            }, manifest: manifest)
        let reading = await bench.readings.first { $0.cluster.count == 1_200 }
        #expect(reading.diagnostics.isEmpty)
        await bench.stop()
    }

    /// A list of whatever is at hand comes on one page, however long that is.
    @Test func listThatIsTooLargeForOnePageComesInSmallerOnes() async throws {
        let manifest = (0..<120).map { Manifests.service("s\($0)") }.joined()
        let bench = try await LiveBench(
            settings: LiveBench.customResources, pageBytes: 20_000, manifest: manifest)
        let reading = await bench.readings.first { $0.cluster.count == 120 }
        #expect(reading.diagnostics.isEmpty)
        #expect(bench.figures.failures(.malformed) > 0)
        await bench.stop()
    }

    /// Helm keeps its releases in Secrets, hundreds of them in many clusters: they are never asked for.
    @Test func releasesOfHelmAreNotRead() async throws {
        func secret(_ name: String, _ labels: String) -> String {
            "---\napiVersion: v1\nkind: Secret\nmetadata: {name: \(name), labels: {\(labels)}}\n"
        }
        let bench = try await LiveBench(
            settings: LiveBench.customResources,
            manifest: secret("sh.helm.release.v1.a", "owner: helm") + secret("certificate", "owner: me"))
        let reading = await bench.readings.first { $0.cluster.count > 0 }
        #expect(reading.cluster.all("", "Secret").map(\.name) == ["certificate"])
        // Those that come later neither.
        await bench.standIn.apply(secret("sh.helm.release.v1.b", "owner: helm") + secret("later", "app: a"))
        let next = await bench.readings.first { $0.cluster.object("", "Secret", "default", "later") != nil }
        #expect(next.cluster.all("", "Secret").count == 2)
        await bench.stop()
    }

    /// `kubectl apply` writes each object into itself once more.
    @Test func whatNobodyReadsIsNotKept() async throws {
        let bench = try await LiveBench(
            settings: LiveBench.customResources,
            manifest: """
                apiVersion: v1
                kind: Service
                metadata:
                  name: s
                  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}', kept: 'yes'}
                  managedFields: [{manager: kubectl}]
                """)
        let reading = await bench.readings.first { $0.cluster.count == 1 }
        let service = reading.cluster.service("default", "s")
        #expect(service?.annotations == ["kept": "yes"])
        #expect(service?.node.at("metadata", "managedFields") == nil)
        await bench.stop()
    }

    @Test func gatewaysAreFollowedToo() async throws {
        var entryPoint = EntryPointConfiguration()
        entryPoint.address = ":80"
        let settings = LiveProvider.Settings(KubernetesGatewayConfiguration(), entryPoints: ["web": entryPoint])
        let manifest =
            Manifests.service("prod") + Manifests.slice("prod", ["10.1.0.1"]) + Manifests.service("stage")
            + Manifests.slice("stage", ["10.2.0.1"]) + """
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: GatewayClass
                metadata: {name: mirrors}
                spec: {controllerName: specula.dev/gateway-controller}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: GatewayClass
                metadata: {name: foreign}
                spec: {controllerName: example.com/other}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: foreign}
                spec: {gatewayClassName: foreign, listeners: [{name: http, port: 80, protocol: HTTP}]}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: Gateway
                metadata: {name: g}
                spec: {gatewayClassName: mirrors, listeners: [{name: http, port: 80, protocol: HTTP}]}
                ---
                apiVersion: gateway.networking.k8s.io/v1
                kind: HTTPRoute
                metadata: {name: r}
                spec:
                  parentRefs: [{name: g}, {name: foreign}]
                  rules:
                  - filters: [{type: RequestMirror, requestMirror: {backendRef: {name: stage, port: 80}, percent: 10}}]
                    backendRefs: [{name: prod, port: 80}]

                """
        let bench = try await LiveBench(settings: settings, manifest: manifest)
        let reading = await bench.readings.first { $0.configurations["kubernetesgateway"]?.http.routers.count == 1 }
        #expect(reading.configurations.keys.sorted() == ["kubernetesgateway"])
        #expect(
            reading.configurations["kubernetesgateway"]?.http.services.values.contains { $0.mirroring != nil } == true)
        await bench.stop()
    }
}

/// A token file that somebody replaces.
private final class RotatingFile: FileSystem {
    private let text = Mutex("first\n")

    func set(_ new: String) { text.withLock { $0 = new } }
    func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] { Array(text.withLock { $0 }.utf8) }
    func list(_ path: String) throws(FileError) -> [FileEntry] { [] }
    func exists(_ path: String) -> Bool { path == "/token" }
}
