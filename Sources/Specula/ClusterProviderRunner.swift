internal import SpeculaClient
internal import SpeculaConfiguration
internal import SpeculaIO
internal import SpeculaKubernetes
internal import SpeculaLogging
internal import SpeculaMetrics
internal import Synchronization

/// Runs the providers that follow a cluster, `kubernetesCRD` and `kubernetesGateway`, over one client.
internal final class ClusterProviderRunner: Sendable {
    /// What the providers need of the process.
    internal struct Surroundings: Sendable {
        let settings: StaticConfiguration
        let intake: ProviderIntake
        let registry: MetricRegistry
        let resolver: Resolver
        let log: Logger
    }

    private let client: Client?
    private let tasks: [Task<Void, Never>]

    /// How long a gateway that cannot reach its API server says that it is not ready.
    private static let patience = Duration.seconds(10)

    /// Starts following; routes come into force when the cluster is known.
    ///
    /// `whenKnown` is called when every provider's first routes are in force, at once where there is none; and after ten
    /// seconds in any case.
    ///
    /// - Throws: `StartError` when the settings cannot be right.
    init(
        _ surroundings: Surroundings, whenKnown: @escaping @Sendable () -> Void
    ) async throws(StartError) {
        let providers = surroundings.settings.providers
        var wanted: [(LiveProvider.Settings, ClusterAccess)] = []
        if let settings = providers.kubernetesCRD {
            wanted.append((LiveProvider.Settings(settings), try Self.access("kubernetesCRD", settings)))
        }
        if let settings = providers.kubernetesGateway {
            let live = LiveProvider.Settings(settings, entryPoints: surroundings.settings.entryPoints)
            wanted.append((live, try Self.access("kubernetesGateway", settings)))
        }
        guard !wanted.isEmpty else {
            client = nil
            tasks = []
            whenKnown()
            return
        }
        let resolver = surroundings.resolver
        guard let client = await Client.start(name: "client", makeNetwork: { try LinuxNetwork(resolver: resolver) })
        else { throw StartError("cannot start the client: no thread or descriptor left") }
        self.client = client
        let known = Known(unknown: wanted.map(\.0.name), whenKnown)
        var tasks: [Task<Void, Never>] = []
        for (settings, access) in wanted {
            tasks += await Self.follow(settings, access, client, surroundings, known)
        }
        tasks.append(
            Task {
                try? await Task.sleep(for: Self.patience)
                known.giveUp()
            })
        self.tasks = tasks
    }

    func stop() async {
        for task in tasks { task.cancel() }
        await client?.stop()
    }

    private static func access(
        _ name: String, _ settings: some ClusterSection
    ) throws(StartError) -> ClusterAccess {
        let selector = settings.labelSelector
        guard selector.isEmpty || LabelSelector(selector) != nil else {
            throw StartError("providers.\(name).labelSelector: \"\(selector)\" is no label selector")
        }
        do {
            let access = try ClusterAccess(
                endpoint: settings.endpoint, token: settings.token, certAuthFilePath: settings.certAuthFilePath,
                environment: Terminal.environment(), files: LocalFiles())
            try access.check()
            return access
        } catch {
            throw StartError("providers.\(name): \(error)")
        }
    }

    private static func follow(
        _ settings: LiveProvider.Settings, _ access: ClusterAccess, _ client: Client, _ surroundings: Surroundings,
        _ known: Known
    ) async -> [Task<Void, Never>] {
        let clock = SystemControlClock()
        let api = ClusterAPI(client: client, access: access, userAgent: "specula/\(Version.number)")
        let figures = ClusterFigures(resources: settings.resources) { clock.now }
        show(figures, of: settings.name, in: surroundings.registry)
        let feedback = ClusterFeedback(
            api: api, instance: Assembly.hostName(), figures: figures, log: surroundings.log, clock: clock
        ) { Assembly.timestamp() }
        let name = settings.name
        let intake = surroundings.intake
        let provider = LiveProvider(
            settings, api: api, clock: clock, random: { Double.random(in: 0..<1) }, figures: figures,
            log: surroundings.log
        ) { reading in
            await intake.take(.loaded(reading.configurations, reading.diagnostics), from: name)
            known.spoke(name)
            await feedback.take(reading)
        }
        await intake.control.tellFindings { await feedback.take($0) }
        return [Task { await provider.run() }, Task { await feedback.run(options: settings.options) }]
    }

    /// Which providers have not spoken yet.
    private final class Known: Sendable {
        private let unknown: Mutex<Set<String>>
        private let whenKnown: @Sendable () -> Void

        init(unknown: [String], _ whenKnown: @escaping @Sendable () -> Void) {
            self.unknown = Mutex(Set(unknown))
            self.whenKnown = whenKnown
        }

        func spoke(_ name: String) {
            let isLast = unknown.withLock { unknown in unknown.remove(name) != nil && unknown.isEmpty }
            if isLast { whenKnown() }
        }

        func giveUp() {
            let wasWaiting = unknown.withLock { unknown in
                let wasWaiting = !unknown.isEmpty
                unknown = []
                return wasWaiting
            }
            if wasWaiting { whenKnown() }
        }
    }

    private static func show(_ figures: ClusterFigures, of provider: String, in registry: MetricRegistry) {
        for resource in figures.resources {
            registry.addGauge(MetricCatalog.clusterStale, labels: [provider, resource], owner: provider) {
                figures.staleSeconds(resource)
            }
            registry.addGauge(MetricCatalog.clusterObjects, labels: [provider, resource], owner: provider) {
                Double(figures.objects(resource))
            }
        }
        for reason in ClusterFailure.Reason.allCases {
            registry.addCounter(
                MetricCatalog.clusterFailures, labels: [provider, reason.rawValue], owner: provider
            ) { figures.failures(reason) }
        }
    }
}
