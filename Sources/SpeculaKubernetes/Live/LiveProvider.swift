package import SpeculaConfiguration
package import SpeculaLogging

/// Follows a cluster's objects and makes configuration of them: a provider like that of files, from an API server.
///
/// Nothing is told before every kind is known or known to be out of reach; from then on each change is told within
/// `throttle`, many at once where they come together. Whatever fails, what is known stays in force.
package actor LiveProvider {
    /// What a change led to.
    package struct Reading: Sendable {
        /// By provider.
        package let configurations: [String: DynamicConfiguration]
        /// Everything that is wrong with single objects.
        package let diagnostics: [Diagnostic]
        /// What they were made of.
        package let cluster: Cluster
        /// For the status of Gateways and routes.
        let gateways: GatewayFindings
    }

    /// What to follow, and how to read it.
    package struct Settings: Sendable {
        /// `kubernetesCRD` or `kubernetesGateway`.
        package var name: String
        package var kinds: [[ClusterResource]]
        package var options: KubernetesOptions
        package var labelSelector: String
        package var throttle: Duration

        package init(_ settings: KubernetesCRDConfiguration) {
            name = "kubernetesCRD"
            kinds = ClusterResource.customResources.filter {
                $0[0].isNamespaced || !settings.disableClusterScopeResources
            }
            options = KubernetesOptions(settings)
            labelSelector = settings.labelSelector
            throttle = settings.throttleDuration
        }

        package init(_ settings: KubernetesGatewayConfiguration, entryPoints: [String: EntryPointConfiguration]) {
            name = "kubernetesGateway"
            kinds = ClusterResource.gateways
            options = KubernetesOptions(settings, entryPoints: entryPoints)
            labelSelector = settings.labelSelector
            throttle = settings.throttleDuration
        }

        /// The kinds as paths and metrics name them.
        package var resources: [String] { kinds.map { $0[0].plural } }
    }

    private let settings: Settings
    private let clock: any ControlClock
    private let report: @Sendable (Reading) async -> Void
    private let log: Logger
    private let makeFollowers: @Sendable (@escaping @Sendable (KindFollower.Report) async -> Void) -> [KindFollower]
    private var cluster = Cluster()
    private var unsettled = 0
    private let changes: AsyncStream<Void>
    private let changed: AsyncStream<Void>.Continuation

    /// - Parameters:
    ///   - settings: what to follow.
    ///   - api: the API server.
    ///   - clock: for pauses.
    ///   - random: from 0 to 1, spreads the pauses of many gateways.
    ///   - figures: where it is told how well the cluster is known.
    ///   - log: for what fails.
    ///   - report: called for one reading after the other.
    package init(
        _ settings: Settings, api: ClusterAPI, clock: any ControlClock, random: @escaping @Sendable () -> Double,
        figures: ClusterFigures, log: Logger, report: @escaping @Sendable (Reading) async -> Void
    ) {
        self.settings = settings
        self.clock = clock
        self.report = report
        self.log = log
        (changes, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        makeFollowers = { report in
            settings.kinds.flatMap { candidates -> [KindFollower] in
                let isEverywhere = settings.options.namespaces.isEmpty || !candidates[0].isNamespaced
                let namespaces = isEverywhere ? [nil] : Set(settings.options.namespaces).sorted().map { Optional($0) }
                return namespaces.map { namespace in
                    KindFollower(
                        candidates: candidates, namespace: namespace, selector: settings.labelSelector, api: api,
                        clock: clock, random: random, figures: figures, log: log, report: report)
                }
            }
        }
    }

    /// Until the task is cancelled.
    package func run() async {
        let followers = makeFollowers { [weak self] in await self?.take($0) }
        unsettled = followers.count
        await withTaskGroup(of: Void.self) { group in
            for follower in followers { group.addTask { await follower.run() } }
            var last: Duration?
            for await _ in changes {
                if let last, clock.now - last < settings.throttle {
                    await clock.sleep(until: last + settings.throttle)
                }
                if Task.isCancelled { break }
                last = clock.now
                await tell()
            }
            group.cancelAll()
        }
    }

    private func take(_ report: KindFollower.Report) {
        switch report {
        case .changed(let put, let removed):
            for key in removed { cluster.remove(key) }
            for object in put { cluster.put(object) }
        case .settled: unsettled -= 1
        }
        if unsettled == 0 { changed.yield() }
    }

    private func tell() async {
        let translation = KubernetesTranslation(cluster, options: settings.options)
        await report(
            Reading(
                configurations: translation.configurations, diagnostics: translation.diagnostics.sortedByPlace,
                cluster: cluster, gateways: translation.gateways))
    }
}
