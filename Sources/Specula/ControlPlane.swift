internal import SpeculaAdmin
internal import SpeculaConfiguration
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaProxy
internal import SpeculaRouting
internal import SpeculaUpstream

/// What is in force, how it got there, and what was wrong with what did not.
///
/// Configurations come compiled from the `ConfigurationWatcher`, one at a time; one that cannot be read leaves the last good
/// one in force, and says so in log, metrics and API.
internal actor ControlPlane {
    private let settings: StaticConfiguration
    private let gateway: Gateway
    private let registry: MetricRegistry
    private let log: Logger
    private let clock: @Sendable () -> Double
    private let process: AdminReading.Process
    private var runtime = RuntimeConfiguration()
    private var snapshot: Snapshot?
    private var reloadErrors: [String: [String]] = [:]
    /// What was said last about each provider's configuration, and, under no name, about all of them together.
    ///
    /// Read again without a change, it is not said again: a log that lies beside the configuration would make its folder
    /// change, and so be told of for ever.
    private var told: [String: [String]] = [:]
    /// Who else wants to know what is wrong with the configuration in force.
    private var listeners: [@Sendable ([Diagnostic]) async -> Void] = []

    /// - `clock`: Unix seconds.
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

    /// Tells a listener what is wrong with each configuration that comes into force; it must not keep the next one waiting.
    func tellFindings(to listener: @escaping @Sendable ([Diagnostic]) async -> Void) { listeners.append(listener) }

    /// Puts a compiled configuration in force; returns when every worker has it.
    func install(_ compiled: ConfigurationWatcher.Compiled) async {
        // Pods that come and go are a reload each: what was said of the one before is not said again.
        let before = Set(told[""] ?? [])
        told[""] = compiled.diagnostics.map(\.description)
        tell(compiled.diagnostics.filter { !before.contains($0.description) }, "configuration problem")
        await gateway.install(compiled.snapshot)
        snapshot = compiled.snapshot
        runtime = compiled.runtime
        // What is there before any provider has spoken is no reload; Traefik does not count it either.
        registry.configurationApplied(at: clock())
        log.info("configuration in force", metadata: ["generation": "\(compiled.snapshot.generation)"])
        for listener in listeners { await listener(compiled.diagnostics) }
    }

    /// A provider's newest configuration is good; it may be the one in force.
    func accepted(_ diagnostics: [Diagnostic], from provider: String) {
        reloadErrors[provider] = nil
        registry.configurationRead()
        let before = Set(told[provider] ?? [])
        told[provider] = diagnostics.map(\.description)
        tell(diagnostics.filter { !before.contains($0.description) }, "configuration problem")
    }

    /// A provider's newest configuration could not be read: the last good one stays.
    func refused(_ diagnostics: [Diagnostic], from provider: String) {
        reloadErrors[provider] = diagnostics.filter(\.isError).map(\.description)
        guard isNews(diagnostics, from: provider) else { return }
        registry.reloadFailed()
        tell(diagnostics, "configuration refused, the last good one stays")
    }

    /// What a template made of a file (`debugLogGeneratedTemplate`).
    func generated(_ file: DynamicLoader.Generated) {
        let content = String(decoding: file.text, as: UTF8.self)
        log.debug("template result", metadata: ["file": file.path, "content": content])
    }

    private func isNews(_ diagnostics: [Diagnostic], from provider: String) -> Bool {
        let news = diagnostics.map(\.description)
        defer { told[provider] = news }
        return told[provider] != news
    }

    private func tell(_ diagnostics: [Diagnostic], _ message: String) {
        for diagnostic in diagnostics {
            let level: LogLevel = diagnostic.isError || diagnostic.isLoud ? .error : .warn
            log.log(level, message, metadata: ["error": diagnostic.description])
        }
    }

    /// What the admin services show.
    func reading() -> AdminReading {
        var process = process
        process.now = clock()
        var servers: [String: [String: Bool]] = [:]
        for service in snapshot?.services ?? [] {
            guard case .loadBalancer(let plan) = service.kind else { continue }
            for server in plan.servers {
                let health = gateway.shared.healthBook.health(service: service.name, url: server.url)
                servers[service.name, default: [:]][server.url] = health.isUp
            }
        }
        return AdminReading(
            settings: settings, runtime: runtime, generation: snapshot?.generation ?? 0,
            reloadErrors: reloadErrors.sorted { $0.key < $1.key }.flatMap(\.value), serverIsUp: servers,
            process: process)
    }
}
