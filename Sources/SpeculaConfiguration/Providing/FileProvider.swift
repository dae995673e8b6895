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
    private let report: @Sendable (Reading) async -> Void

    /// - Parameters:
    ///   - provider: what to read, and whether to watch it.
    ///   - files: where it is read.
    ///   - events: tells when to look again.
    ///   - report: called after each reading, for one after the other.
    package init(
        _ provider: FileProviderConfiguration, files: any FileSystem, events: any FolderEvents,
        report: @escaping @Sendable (Reading) async -> Void
    ) {
        self.provider = provider
        self.files = files
        self.events = events
        self.report = report
    }

    /// Reads now; for the start and for SIGHUP.
    package func read() async {
        _ = await readAndReport()
    }

    private func readAndReport() async -> [String] {
        let result = DynamicLoader.load(provider, files: files)
        if let configuration = result.configuration {
            await report(.loaded(configuration, result.diagnostics))
        } else {
            await report(.failed(result.diagnostics))
        }
        return result.folders
    }

    /// Reads, then reads again whenever something changes, until the task is cancelled; once only when `watch` is false.
    package func run() async {
        var folders = await readAndReport()
        while provider.watch, !Task.isCancelled {
            let watched = folders
            for await _ in events.changes(in: watched) {
                folders = await readAndReport()
                if folders != watched { break }
            }
            // A stream that ended by itself ends the watching.
            if folders == watched { return }
        }
    }
}
