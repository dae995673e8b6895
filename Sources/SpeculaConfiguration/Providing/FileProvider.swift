/// Tells when something in a set of folders may have changed.
///
/// Who calls: `FileProvider` asks once for each set of folders; the earlier stream then ends. An element means "look again":
/// too many are harmless, a missing one is not. The stream ends when the watching is over.
package protocol FolderEvents: Sendable {
    func changes(in folders: [String]) -> AsyncStream<Void>
}

/// Looks again at regular times: for file systems that tell nothing.
package struct PollingFolderEvents: FolderEvents {
    private let clock: any ControlClock
    private let period: Duration

    package init(clock: any ControlClock, period: Duration = .seconds(5)) {
        self.clock = clock
        self.period = period
    }

    package func changes(in folders: [String]) -> AsyncStream<Void> {
        let (clock, period) = (clock, period)
        return AsyncStream(unfolding: {
            await clock.sleep(until: clock.now + period)
            return Task.isCancelled ? nil : ()
        })
    }
}

/// Traefik's file provider: reads a file or a folder, and again whenever something changes.
package actor FileProvider {
    /// What a reading led to.
    package enum Reading: Sendable {
        /// Good, with warnings perhaps.
        case loaded(DynamicConfiguration, [Diagnostic])
        /// Some file is wrong: what was in force stays.
        case failed([Diagnostic])
    }

    private let provider: FileProviderConfiguration
    private let files: any FileSystem
    private let events: any FolderEvents
    private let environment: TemplateEnvironment
    private let tellGenerated: (@Sendable (DynamicLoader.Generated) async -> Void)?
    private let report: @Sendable (Reading) async -> Void
    /// The fingerprint of what was reported on last.
    private var lastRead: String?

    /// - Parameters:
    ///   - provider: what to read, and whether to watch it.
    ///   - files: where it is read.
    ///   - events: tells when to look again.
    ///   - environment: what templates may know.
    ///   - tellGenerated: gets what templates made, when `debugLogGeneratedTemplate` asks for it.
    ///   - report: called after each reading, for one after the other.
    package init(
        _ provider: FileProviderConfiguration, files: any FileSystem, events: any FolderEvents,
        environment: TemplateEnvironment = .process,
        tellGenerated: (@Sendable (DynamicLoader.Generated) async -> Void)? = nil,
        report: @escaping @Sendable (Reading) async -> Void
    ) {
        self.provider = provider
        self.files = files
        self.events = events
        self.environment = environment
        self.tellGenerated = tellGenerated
        self.report = report
    }

    /// Reads now, whether something changed or not; for SIGHUP.
    package func read() async {
        await take(ProviderFiles.read(provider, files))
    }

    /// Reads; what stayed the same is not reported again, though it were told to have changed: a log may lie beside it.
    private func readChanges() async {
        let found = ProviderFiles.read(provider, files)
        if found.fingerprint != lastRead { await take(found) }
    }

    private func take(_ found: ProviderFiles) async {
        lastRead = found.fingerprint
        let result = DynamicLoader.load(found, environment: environment)
        if provider.debugLogGeneratedTemplate {
            for generated in result.generated { await tellGenerated?(generated) }
        }
        if let configuration = result.configuration {
            await report(.loaded(configuration, result.diagnostics))
        } else {
            await report(.failed(result.diagnostics))
        }
    }

    /// Reads, then reads again whenever something changes, until the task is cancelled; once only when `watch` is false.
    package func run() async {
        guard provider.watch else { return await read() }
        while !Task.isCancelled {
            // Watched before it is read, so that no change in between is lost.
            let folders = ProviderFiles.folders(of: provider, files)
            let changes = events.changes(in: folders)
            await readChanges()
            var mustWatchAnew = false
            for await _ in changes {
                mustWatchAnew = ProviderFiles.folders(of: provider, files) != folders
                if mustWatchAnew { break }
                await readChanges()
            }
            // A stream that ended by itself ends the watching.
            guard mustWatchAnew else { return }
        }
    }
}
