package import SpeculaConfiguration

/// What the admin services show, taken at one moment: configuration, health and the process.
///
/// The composition root makes one whenever it is asked for; nothing here is on a request's way.
package struct AdminReading: Sendable {
    package var settings: StaticConfiguration
    package var runtime: RuntimeConfiguration
    /// By service, then by server URL: whether the server gets requests. A server that nobody checks is up.
    package var serverIsUp: [String: [String: Bool]]
    package var reloads: Reloads
    package var process: Process

    package init(
        settings: StaticConfiguration, runtime: RuntimeConfiguration, serverIsUp: [String: [String: Bool]] = [:],
        reloads: Reloads = Reloads(), process: Process
    ) {
        self.settings = settings
        self.runtime = runtime
        self.serverIsUp = serverIsUp
        self.reloads = reloads
        self.process = process
    }

    /// How the dynamic configuration came into force.
    package struct Reloads: Sendable {
        /// The generation in force; 0 before the first.
        package var generation: UInt64
        /// Unix seconds at which the last one was put in force; 0 before the first.
        package var lastApplied: Double
        /// False while a newer configuration was refused and the last good one is kept.
        package var isLastSuccessful: Bool
        /// Configurations refused since the start.
        package var failures: UInt64

        package init(
            generation: UInt64 = 0, lastApplied: Double = 0, isLastSuccessful: Bool = true, failures: UInt64 = 0
        ) {
            self.generation = generation
            self.lastApplied = lastApplied
            self.isLastSuccessful = isLastSuccessful
            self.failures = failures
        }
    }

    /// Facts of the process.
    package struct Process: Sendable {
        package var version: String
        /// Go's RFC 3339 text with nanoseconds, for `/api/version`.
        package var startDate: String
        /// Unix seconds of the start.
        package var startTime: Double
        /// Unix seconds of this reading.
        package var now: Double
        package var workers: Int
        package var residentBytes: UInt64
        /// Bytes held for copies in the whole process, and how many may be.
        package var heldBytes: UInt64
        package var heldBytesLimit: UInt64

        package init(
            version: String, startDate: String, startTime: Double, now: Double, workers: Int,
            residentBytes: UInt64 = 0, heldBytes: UInt64 = 0, heldBytesLimit: UInt64 = 0
        ) {
            self.version = version
            self.startDate = startDate
            self.startTime = startTime
            self.now = now
            self.workers = workers
            self.residentBytes = residentBytes
            self.heldBytes = heldBytes
            self.heldBytesLimit = heldBytesLimit
        }
    }

    /// Whether a server gets requests.
    func isUp(_ url: String, of service: String) -> Bool { serverIsUp[service]?[url] ?? true }
}
