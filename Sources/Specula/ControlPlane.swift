internal import SpeculaAdmin
internal import SpeculaConfiguration
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaProxy
internal import SpeculaRouting

/// What is in force and how it got there: takes dynamic configurations, compiles them, installs them.
///
/// A configuration that cannot be read leaves the last good one in force, and says so in log, metrics and API.
internal actor ControlPlane {
    private let settings: StaticConfiguration
    private let gateway: Gateway
    private let registry: MetricRegistry
    private let log: Logger
    private let clock: @Sendable () -> Double
    private var dynamic: [String: DynamicConfiguration] = [:]
    private var runtime = RuntimeConfiguration()
    private var snapshot: Snapshot?
    private var generation: UInt64 = 0
    private var reloadErrors: [String: [String]] = [:]
    private let process: AdminReading.Process

    init(
        settings: StaticConfiguration, gateway: Gateway, process: AdminReading.Process, log: Logger,
        clock: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.gateway = gateway
        registry = gateway.shared.registry
        self.process = process
        self.log = log
        self.clock = clock
    }

    /// A provider has a new configuration: puts it in force, unless it is the one that is.
    func apply(_ configuration: DynamicConfiguration, from provider: String) async {
        reloadErrors[provider] = nil
        if snapshot != nil, dynamic[provider] == configuration { return }
        dynamic[provider] = configuration
        await install()
    }

    /// A provider's newest configuration could not be read: the last good one stays.
    func refuse(_ diagnostics: [Diagnostic], from provider: String) {
        reloadErrors[provider] = diagnostics.map(\.description)
        registry.reloadFailed()
        for diagnostic in diagnostics {
            log.error("configuration refused, the last good one stays", metadata: [
                "providername": provider, "error": diagnostic.description,
            ])
        }
    }

    /// Compiles what the providers said last and installs it.
    func install() async {
        generation += 1
        let (snapshot, runtime, diagnostics) = ConfigurationCompiler.compile(
            static: settings, dynamic: dynamic, generation: generation)
        for diagnostic in diagnostics {
            let metadata = ["error": diagnostic.description]
            if diagnostic.isError {
                log.error("configuration problem", metadata: metadata)
            } else {
                log.warn("configuration problem", metadata: metadata)
            }
        }
        self.snapshot = snapshot
        self.runtime = runtime
        await gateway.install(snapshot)
        registry.configurationApplied(at: clock())
        log.info("configuration in force", metadata: ["generation": "\(generation)"])
    }

    /// What the admin services show.
    func reading() -> AdminReading {
        var process = process
        process.now = clock()
        var servers: [String: [String: Bool]] = [:]
        if let snapshot {
            for service in snapshot.services {
                guard case .loadBalancer(let plan) = service.kind else { continue }
                for server in plan.servers {
                    let health = gateway.shared.healthBook.health(service: service.name, url: server.url)
                    servers[service.name, default: [:]][server.url] = health.isUp
                }
            }
        }
        return AdminReading(
            settings: settings, runtime: runtime, generation: generation,
            reloadErrors: reloadErrors.sorted { $0.key < $1.key }.flatMap(\.value), serverIsUp: servers,
            process: process)
    }
}
