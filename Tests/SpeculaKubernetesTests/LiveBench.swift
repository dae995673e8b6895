import KubernetesStandIn
import SpeculaClient
import SpeculaConfiguration
import SpeculaIO
import SpeculaKubernetes
import SpeculaLogging
import Synchronization
import Testing

/// A live provider on a stand-in, with what it told.
final class LiveBench: Sendable {
    let standIn: StandIn
    private let ownsStandIn: Bool
    let figures: ClusterFigures
    let readings = Readings()
    private let client: Client
    private let task: Task<Void, Never>

    /// What the provider told so far, and who waits for more.
    actor Readings {
        private(set) var all: [LiveProvider.Reading] = []
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func add(_ reading: LiveProvider.Reading) {
            all.append(reading)
            let ready = waiting
            waiting = []
            for one in ready { one.resume() }
        }

        /// The first reading, from the newest on, for which the condition holds.
        func first(where isWanted: @Sendable (LiveProvider.Reading) -> Bool) async -> LiveProvider.Reading {
            while true {
                if let newest = all.last, isWanted(newest) { return newest }
                await withCheckedContinuation { waiting.append($0) }
            }
        }
    }

    /// Rests pass at once: a test waits for events, not for back-off.
    struct HastyClock: ControlClock {
        private let real = SystemControlClock()
        var now: Duration { real.now }
        func sleep(until moment: Duration) async {
            let length = min(moment - now, .milliseconds(10))
            await real.sleep(until: now + length)
        }
    }

    /// On a stand-in of its own.
    convenience init(
        settings: LiveProvider.Settings, seed: UInt64 = 1, scheme: String = "http",
        files: any FileSystem = LocalFiles(), token: String = "", authorities: String = "", pageBytes: Int = 64 << 20,
        prepare: @escaping @Sendable (StandInServer) -> Void = { _ in }, manifest: String = ""
    ) async throws {
        let standIn = try await StandIn.start(seed: seed)
        await standIn.call(prepare)
        await standIn.apply(manifest)
        try await self.init(
            settings: settings, on: standIn, owned: true, scheme: scheme, files: files, token: token,
            authorities: authorities, pageBytes: pageBytes)
    }

    /// Beside another one.
    init(
        settings: LiveProvider.Settings, on standIn: StandIn, owned: Bool = false, scheme: String = "http",
        files: any FileSystem = LocalFiles(), token: String = "", authorities: String = "", pageBytes: Int = 64 << 20
    ) async throws {
        self.standIn = standIn
        ownsStandIn = owned
        client = try #require(
            await Client.start(name: "client") { try LinuxNetwork(resolver: Resolver()) })
        let access = try ClusterAccess(
            endpoint: "\(scheme)://127.0.0.1:\(standIn.port)", token: token, certAuthFilePath: authorities,
            environment: [:],
            files: files)
        let clock = HastyClock()
        figures = ClusterFigures(resources: settings.resources) { clock.now }
        let provider = LiveProvider(
            settings,
            api: ClusterAPI(client: client, access: access, userAgent: "test", pageBytes: pageBytes), clock: clock,
            random: { 0.5 }, figures: figures, log: .silent
        ) { [readings] in await readings.add($0) }
        task = Task { await provider.run() }
    }

    func stop() async {
        task.cancel()
        await client.stop()
        await task.value
        if ownsStandIn { standIn.stop() }
    }

    /// The servers of a service, once some reading has as many as these.
    func awaitServers(_ service: String, _ urls: [String]) async {
        let wanted = urls.sorted()
        _ = await readings.first { Self.servers($0, service) == wanted }
    }

    static func servers(_ reading: LiveProvider.Reading, _ service: String) -> [String] {
        let services = reading.configurations["kubernetescrd"]?.http.services ?? [:]
        return services[service]?.loadBalancer?.servers.map(\.url).sorted() ?? []
    }

    static var customResources: LiveProvider.Settings {
        LiveProvider.Settings(KubernetesCRDConfiguration())
    }
}

/// Manifests for tests of live providers.
enum Manifests {
    static func service(_ name: String, in namespace: String = "default") -> String {
        """
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: \(name), namespace: \(namespace)}
        spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}

        """
    }

    static func slice(_ service: String, _ addresses: [String], in namespace: String = "default") -> String {
        """
        ---
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: \(service)-a, namespace: \(namespace), labels: {kubernetes.io/service-name: \(service)}}
        addressType: IPv4
        ports: [{name: http, port: 8080}]
        endpoints: [{addresses: [\(addresses.joined(separator: ", "))], conditions: {ready: true, serving: true}}]

        """
    }

    static func route(_ name: String, to service: String, in namespace: String = "default", labels: String = "")
        -> String
    {
        """
        ---
        apiVersion: traefik.io/v1alpha1
        kind: IngressRoute
        metadata: {name: \(name), namespace: \(namespace), labels: {\(labels)}}
        spec:
          entryPoints: [web]
          routes: [{match: 'PathPrefix(`/\(name)`)', kind: Rule, services: [{name: \(service), port: 80}]}]

        """
    }

    /// A route `r` over a mirroring service of `prod` and `stage`.
    static let mirrored =
        service("prod") + slice("prod", ["10.1.0.1"]) + service("stage") + slice("stage", ["10.2.0.1"]) + """
            ---
            apiVersion: traefik.io/v1alpha1
            kind: TraefikService
            metadata: {name: m}
            spec: {mirroring: {name: prod, port: 80, mirrors: [{name: stage, port: 80, percent: 50}]}}
            ---
            apiVersion: traefik.io/v1alpha1
            kind: IngressRoute
            metadata: {name: r}
            spec:
              entryPoints: [web]
              routes: [{match: 'PathPrefix(`/`)', kind: Rule, services: [{name: m, kind: TraefikService}]}]

            """
}
