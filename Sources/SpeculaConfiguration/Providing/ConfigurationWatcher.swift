package import SpeculaRouting

/// Takes the configurations of all providers and puts them in force: unchanged ones are skipped, the first change goes at once,
/// later ones at most once a throttle period, the newest wins.
package actor ConfigurationWatcher {
    /// What is put in force.
    package struct Compiled: Sendable {
        package let snapshot: Snapshot
        package let runtime: RuntimeConfiguration
        package let diagnostics: [Diagnostic]
    }

    private struct Provider {
        /// By the name behind the `@`: one source may speak for several.
        var inForce: [String: DynamicConfiguration]?
        var newest: [String: DynamicConfiguration]?
        var lastApplied: Duration?
        var isWaiting = false
    }

    private let settings: StaticConfiguration
    private let clock: any ControlClock
    private let prepareReload: @Sendable () -> Void
    private let install: @Sendable (Compiled) async -> Void
    private var providers: [String: Provider] = [:]
    private var generation: UInt64 = 0
    private var isInstalling = false
    private var mustInstall = false

    /// - Parameters:
    ///   - settings: effective, as `StaticLoader` gives it.
    ///   - clock: for the throttle.
    ///   - prepareReload: called on the thread that compiles, before each configuration but the first.
    ///   - install: called for one configuration after the other, never for two at once.
    package init(
        settings: StaticConfiguration, clock: any ControlClock, prepareReload: @escaping @Sendable () -> Void = {},
        install: @escaping @Sendable (Compiled) async -> Void
    ) {
        self.prepareReload = prepareReload
        self.settings = settings
        self.clock = clock
        self.install = install
    }

    /// Puts in force what is there without any provider: Specula's own routes.
    package func start() async {
        mustInstall = true
        await installNewest()
    }

    /// Takes a provider's configuration; returns when it is in force, skipped, or waiting for its turn.
    package func offer(_ configuration: DynamicConfiguration, from name: String) async {
        await offer([name: configuration], from: name)
    }

    /// Takes the configurations of a source that speaks for several providers: they are put in force together.
    package func offer(_ configurations: [String: DynamicConfiguration], from name: String) async {
        var provider = providers[name] ?? Provider()
        provider.newest = configurations
        providers[name] = provider
        guard !provider.isWaiting else { return }
        let now = clock.now
        if let last = provider.lastApplied, now - last < settings.providers.providersThrottleDuration {
            providers[name]?.isWaiting = true
            await clock.sleep(until: last + settings.providers.providersThrottleDuration)
            providers[name]?.isWaiting = false
        }
        await apply(name)
    }

    private func apply(_ name: String) async {
        guard let newest = providers[name]?.newest else { return }
        providers[name]?.newest = nil
        guard providers[name]?.inForce != newest else { return }
        providers[name]?.inForce = newest
        providers[name]?.lastApplied = clock.now
        mustInstall = true
        await installNewest()
    }

    private func installNewest() async {
        guard !isInstalling else { return }
        isInstalling = true
        defer { isInstalling = false }
        while mustInstall {
            mustInstall = false
            generation += 1
            var dynamic: [String: DynamicConfiguration] = [:]
            for provider in providers.values { dynamic.merge(provider.inForce ?? [:]) { first, _ in first } }
            if generation > 1 { prepareReload() }
            let (snapshot, runtime, diagnostics) = ConfigurationCompiler.compile(
                static: settings, dynamic: dynamic, generation: generation)
            await install(Compiled(snapshot: snapshot, runtime: runtime, diagnostics: diagnostics))
        }
    }
}
