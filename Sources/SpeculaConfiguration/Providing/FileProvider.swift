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
    private let tellGenerated: (@Sendable (DynamicLoader.Generated) -> Void)?
    private let report: @Sendable (Reading) async -> Void

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
        tellGenerated: (@Sendable (DynamicLoader.Generated) -> Void)? = nil,
        report: @escaping @Sendable (Reading) async -> Void
    ) {
        self.provider = provider
        self.files = files
        self.events = events
        self.environment = environment
        self.tellGenerated = tellGenerated
        self.report = report
    }

    /// Reads now; for SIGHUP.
    package func read() async {
        let result = DynamicLoader.load(provider, files: files, environment: environment)
        if provider.debugLogGeneratedTemplate { for generated in result.generated { tellGenerated?(generated) } }
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
            // Watched before it is read: a change in between is told, at worst twice.
            let folders = DynamicLoader.folders(of: provider, files: files)
            let changes = events.changes(in: folders)
            await read()
            var mustWatchAnew = false
            for await _ in changes {
                mustWatchAnew = DynamicLoader.folders(of: provider, files: files) != folders
                if mustWatchAnew { break }
                await read()
            }
            // A stream that ended by itself ends the watching.
            guard mustWatchAnew else { return }
        }
    }
}
