internal import SpeculaConfiguration
internal import SpeculaIO

/// Runs the file provider: reads at the start, on changes, and on SIGHUP.
internal final class FileProviderRunner: Sendable {
    private let provider: FileProvider?
    private let task: Task<Void, Never>?

    /// Reads once, so that the configuration is in force when this returns, then watches in a task of its own.
    init(settings: StaticConfiguration, watcher: ConfigurationWatcher, control: ControlPlane) async {
        guard let configuration = settings.providers.file else {
            provider = nil
            task = nil
            return
        }
        let (firstReading, first) = AsyncStream<Void>.makeStream()
        let provider = FileProvider(
            configuration, files: LocalFiles(), events: FolderChanges(),
            tellGenerated: { await control.generated($0) }
        ) { reading in
            switch reading {
            case .loaded(let dynamic, let diagnostics):
                await control.accepted(diagnostics, from: "file")
                await watcher.offer(dynamic, from: "file")
            case .failed(let diagnostics):
                await control.refused(diagnostics, from: "file")
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
