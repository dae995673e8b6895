internal import SpeculaConfiguration
internal import SpeculaIO
internal import SpeculaKubernetes

/// Runs a provider that reads files: at the start, on changes, and on SIGHUP.
internal final class ProviderRunner: Sendable {
    private let provider: any ReadingProvider
    private let task: Task<Void, Never>

    /// Those that the settings ask for; what they read first is in force when this returns.
    static func all(_ settings: StaticConfiguration, _ intake: ProviderIntake) async -> [ProviderRunner] {
        var runners: [ProviderRunner] = []
        if let file = settings.providers.file {
            let runner = await ProviderRunner(FileProvider.name, intake) { report in
                FileProvider(
                    file, files: LocalFiles(), events: FolderChanges(),
                    tellGenerated: { await intake.control.generated($0) }, report: report)
            }
            runners.append(runner)
        }
        if let manifests = settings.providers.kubernetesManifests {
            let runner = await ProviderRunner(ManifestProvider.name, intake) { report in
                ManifestProvider(
                    manifests, entryPoints: settings.entryPoints, files: LocalFiles(), events: FolderChanges(),
                    report: report)
            }
            runners.append(runner)
        }
        return runners
    }

    /// Reads once, so that the configuration is in force when this returns, then watches in a task of its own.
    private init(
        _ name: String, _ intake: ProviderIntake,
        _ make: (@escaping @Sendable (ProviderReading) async -> Void) -> any ReadingProvider
    ) async {
        let (firstReading, first) = AsyncStream<Void>.makeStream()
        let provider = make { reading in
            await intake.take(reading, from: name)
            first.yield()
            first.finish()
        }
        self.provider = provider
        // Ends with `stop`, or by itself when nothing is watched.
        task = Task { await provider.run() }
        for await _ in firstReading { break }
    }

    func reload() async { await provider.read() }

    func stop() { task.cancel() }
}

/// Takes what providers have read: good ones come into force, else the last good one stays, and either is told.
internal struct ProviderIntake: Sendable {
    let control: ControlPlane
    let watcher: ConfigurationWatcher

    func take(_ reading: ProviderReading, from name: String) async {
        switch reading {
        case .loaded(let configurations, let diagnostics):
            await control.accepted(diagnostics, from: name)
            await watcher.offer(configurations, from: name)
        case .failed(let diagnostics): await control.refused(diagnostics, from: name)
        }
    }
}

/// Changes in folders as the kernel tells them.
internal struct FolderChanges: FolderEvents {
    func changes(in folders: [String]) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watch = FolderWatch(
            folders: folders, quiet: .milliseconds(50), fingerprint: { LocalFiles().fingerprint(of: folders) }
        ) {
            continuation.yield()
        }
        continuation.onTermination = { _ in watch.stop() }
        return stream
    }
}
