package import SpeculaConfiguration

/// What the admin services show beside the books, taken at one moment: configuration, health, the process.
///
/// The composition root makes one whenever it is asked for; nothing here is on a request's way.
package struct AdminReading: Sendable {
    package var settings: StaticConfiguration
    package var runtime: RuntimeConfiguration
    /// The generation in force; 0 before the first.
    package var generation: UInt64
    /// What was wrong with a newer configuration that was refused; empty when the newest one is in force.
    package var reloadErrors: [String]
    /// By service, then by server URL: whether the server gets requests.
    ///
    /// A server that nobody checks is up.
    package var serverIsUp: [String: [String: Bool]]
    package var process: Process

    package init(
        settings: StaticConfiguration, runtime: RuntimeConfiguration, generation: UInt64 = 0,
        reloadErrors: [String] = [], serverIsUp: [String: [String: Bool]] = [:], process: Process
    ) {
        self.settings = settings
        self.runtime = runtime
        self.generation = generation
        self.reloadErrors = reloadErrors
        self.serverIsUp = serverIsUp
        self.process = process
    }

    /// Facts of the process.
    package struct Process: Sendable {
        package var version: String
        /// RFC 3339 with what there is of the second's fraction, for `/api/version`.
        package var startDate: String
        /// Unix seconds of the start.
        package var startTime: Double
        /// Unix seconds of this reading.
        package var now: Double
        /// Event loops.
        package var workers: Int

        package init(version: String, startDate: String, startTime: Double, now: Double, workers: Int) {
            self.version = version
            self.startDate = startDate
            self.startTime = startTime
            self.now = now
            self.workers = workers
        }
    }

    /// Whether a server gets requests.
    func isUp(_ url: String, of service: String) -> Bool { serverIsUp[service]?[url] ?? true }
}
