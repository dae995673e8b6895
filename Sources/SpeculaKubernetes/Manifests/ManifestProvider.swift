package import SpeculaConfiguration

/// Reads Kubernetes manifests from a folder, and again whenever something changes there.
package actor ManifestProvider: ReadingProvider {
    package static let name = "kubernetesManifests"

    private let settings: KubernetesManifestsConfiguration
    private let entryPoints: [String: EntryPointConfiguration]
    private let files: any FileSystem
    private let events: any FolderEvents
    private let report: @Sendable (ProviderReading) async -> Void

    /// - Parameters:
    ///   - settings: the folder, and how its objects are read.
    ///   - entryPoints: what listens, for the listeners of Gateways.
    ///   - files: where it is read.
    ///   - events: tells when to look again.
    ///   - report: called after each reading, for one after the other.
    package init(
        _ settings: KubernetesManifestsConfiguration, entryPoints: [String: EntryPointConfiguration],
        files: any FileSystem, events: any FolderEvents,
        report: @escaping @Sendable (ProviderReading) async -> Void
    ) {
        self.settings = settings
        self.entryPoints = entryPoints
        self.files = files
        self.events = events
        self.report = report
    }

    /// Reads now; for SIGHUP.
    package func read() async { await report(Self.load(settings, entryPoints: entryPoints, files: files)) }

    /// Reads, then reads again whenever something changes, until the task is cancelled; once only when `watch` is false.
    package func run() async {
        guard settings.watch else { return await read() }
        while !Task.isCancelled {
            // Watched before it is read: a change in between is told, at worst twice.
            let folders = ManifestReader.folders(of: settings.directory, files: files)
            let changes = events.changes(in: folders)
            await read()
            var mustWatchAnew = false
            for await _ in changes {
                mustWatchAnew = ManifestReader.folders(of: settings.directory, files: files) != folders
                if mustWatchAnew { break }
                await read()
            }
            guard mustWatchAnew else { return }
        }
    }

    /// One reading.
    package static func load(
        _ settings: KubernetesManifestsConfiguration, entryPoints: [String: EntryPointConfiguration],
        files: any FileSystem
    ) -> ProviderReading {
        let read = ManifestReader.read(folder: settings.directory, files: files)
        guard let cluster = read.cluster else { return .failed(read.diagnostics) }
        if !settings.labelSelector.isEmpty, LabelSelector(settings.labelSelector) == nil {
            let problem = Diagnostic(
                .error, keyPath: "providers.kubernetesManifests.labelSelector",
                "\"\(settings.labelSelector)\" is no label selector")
            return .failed(read.diagnostics + [problem])
        }
        let translation = KubernetesTranslation(cluster, options: KubernetesOptions(settings, entryPoints: entryPoints))
        return .loaded(translation.configurations, (read.diagnostics + translation.diagnostics).sortedByPlace)
    }
}
