internal import SpeculaConfiguration
internal import SpeculaKubernetes

/// Runs the provider of Kubernetes manifests: reads at the start, on changes, and on SIGHUP.
internal final class ManifestProviderRunner: Sendable {
    private static let name = "kubernetesManifests"

    private let provider: ManifestProvider?
    private let task: Task<Void, Never>?

    /// Reads once, so that the configuration is in force when this returns, then watches in a task of its own.
    init(settings: StaticConfiguration, watcher: ConfigurationWatcher, control: ControlPlane) async {
        guard let configuration = settings.providers.kubernetesManifests else {
            provider = nil
            task = nil
            return
        }
        let (firstReading, first) = AsyncStream<Void>.makeStream()
        let provider = ManifestProvider(
            configuration, entryPoints: settings.entryPoints, files: LocalFiles(), events: FolderChanges()
        ) { reading in
            switch reading {
            case .loaded(let configurations, let diagnostics):
                await control.accepted(diagnostics, from: Self.name)
                await watcher.offer(configurations, from: Self.name)
            case .failed(let diagnostics): await control.refused(diagnostics, from: Self.name)
            }
            first.yield()
            first.finish()
        }
        self.provider = provider
        // Ends with `stop`, or by itself when nothing is watched.
        task = Task { await provider.run() }
        for await _ in firstReading { break }
    }

    func reload() async { await provider?.read() }

    func stop() { task?.cancel() }
}
