internal import SpeculaAdmin
internal import SpeculaClient
internal import SpeculaConfiguration
internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaMirroring
internal import SpeculaProxy

/// `specula`: reads the static configuration, starts the gateway, keeps it until a signal, drains it.
internal enum RunCommand {
    static func run(_ arguments: [String]) async -> Int32 {
        let loaded = StaticLoader.load(
            arguments: arguments, environment: Terminal.environment(), files: LocalFiles())
        guard let settings = loaded.configuration else {
            for diagnostic in loaded.diagnostics { Terminal.err(diagnostic.description) }
            return 1
        }
        return await run(settings, warnings: loaded.diagnostics)
    }

    /// Runs a gateway until a signal.
    /// - Parameters:
    ///   - settings: The static configuration.
    ///   - warnings: What the static configuration's reader had to say.
    ///   - whenReady: Called once when the first configuration is in force.
    ///   - whenStopping: Called once after the signal, before the gateway drains.
    /// - Returns: The process's exit status.
    static func run(
        _ settings: StaticConfiguration, warnings: [Diagnostic] = [],
        whenReady: @escaping @Sendable (MetricRegistry) -> Void = { _ in },
        whenStopping: @escaping @Sendable () -> Void = {}
    ) async -> Int32 {
        let log: Logger
        let writer: LineWriter
        do {
            (log, writer) = try Assembly.logger(settings)
        } catch {
            Terminal.err("\(error)")
            return 1
        }
        for diagnostic in warnings { log.warn(diagnostic.description) }
        let lifecycle = Lifecycle(
            settings: settings, log: log, writer: writer, whenReady: whenReady, whenStopping: whenStopping)
        let status = await lifecycle.run()
        writer.flush()
        return status
    }
}

/// One run of the gateway, from the first listener to the last copy.
internal struct Lifecycle: Sendable {
    let settings: StaticConfiguration
    let log: Logger
    let writer: LineWriter
    let whenReady: @Sendable (MetricRegistry) -> Void
    let whenStopping: @Sendable () -> Void

    func run() async -> Int32 {
        let signals = SignalStream()
        let isStopping = Flag()
        let hasStarted = Flag()
        let services = LocalServices()
        let workers = settings.workers ?? ProcessLimits.defaultWorkers()
        let registry = MetricRegistry(options: Assembly.metricOptions(settings)) { [log] in
            log.warn("header labels: too many values, further ones are counted under \"other\"")
        }
        registry.addCounter(MetricCatalog.logLinesDropped, labels: ["log"], owner: "process") { [writer] in
            writer.linesLost
        }
        let accessLog: (shared: AccessLogShared, writer: LineWriter)?
        do {
            accessLog = try Assembly.accessLog(settings, registry: registry, log: log)
        } catch {
            Terminal.err("\(error)")
            return 1
        }
        defer { accessLog?.writer.flush() }
        let shared = GatewayShared(
            registry: registry, budget: MirrorBudget(limit: Assembly.mirrorBytes(settings)),
            recordsInternals: settings.metrics?.addInternals ?? false, hostName: Assembly.hostName(),
            localServices: services.runner(), jsonReader: Assembly.jsonReader, log: log, accessLog: accessLog?.shared,
            tracing: Assembly.spanOptions(settings), ownPorts: Assembly.ownPorts(settings))
        let resolver = Resolver()
        let descriptors = DescriptorTable()
        let entryPoints: [EntryPointSettings]
        let gateway: Gateway
        let traces: TraceExporter?
        do {
            entryPoints = try Assembly.entryPoints(settings)
            gateway = try await Gateway.start(workers: workers, shared: shared) {
                try LinuxNetwork(resolver: resolver, descriptors: descriptors)
            }
            traces = try await Assembly.traceExporter(settings, gateway: gateway, resolver: resolver, log: log)
        } catch {
            Terminal.err("\(error)")
            return 1
        }
        let control = ControlPlane(
            settings: settings, gateway: gateway, process: Assembly.processFacts(workers: workers), log: log,
            clock: Assembly.wallSeconds)
        services.set(
            Assembly.localServices(
                settings, control: control, registry: registry, stopping: isStopping, started: hasStarted))
        let watcher = ConfigurationWatcher(
            settings: settings, clock: SystemControlClock(), prepareReload: WorkerThread.becomePatient
        ) { compiled in
            await control.install(compiled)
        }
        await watcher.start()
        let intake = ProviderIntake(control: control, watcher: watcher)
        let providers = await ProviderRunner.all(settings, intake)
        let clusters: ClusterProviderRunner
        do throws(StartError) {
            clusters = try await ClusterProviderRunner(
                .init(settings: settings, intake: intake, registry: registry, resolver: resolver, log: log),
                whenKnown: { hasStarted.raise() })
        } catch {
            Terminal.err("\(error)")
            for provider in providers { provider.stop() }
            await gateway.stop()
            return 1
        }
        do {
            // Whoever can connect finds its route, and ping knows whether there are routes to come.
            try await gateway.listen(on: entryPoints)
        } catch {
            Terminal.err("\(error)")
            for provider in providers { provider.stop() }
            await clusters.stop()
            return 1
        }
        let supervisor = Supervisor()
        supervisor.ready()
        let watchdog = Watchdog(supervisor, gateway: gateway)
        let heap = HeapKeeper()
        whenReady(registry)
        await serve(
            signals, providers, logs: [writer, accessLog?.writer].compactMap { $0 }, supervisor: supervisor)
        whenStopping()
        isStopping.raise()
        supervisor.stopping()
        for provider in providers { provider.stop() }
        await clusters.stop()
        await drain(gateway, entryPoints, signals)
        watchdog.stop()
        heap.stop()
        await traces?.finish()
        await gateway.stop()
        return 0
    }

    /// Until the first TERM or INT.
    ///
    /// HUP reads the files again, USR1 opens the logs anew.
    private func serve(
        _ signals: SignalStream, _ providers: [ProviderRunner], logs: [LineWriter], supervisor: Supervisor
    ) async {
        for await signal in signals.values {
            switch signal {
            case .terminate, .interrupt: return
            case .hangUp:
                Watchdog.reloading(supervisor)
                for provider in providers { await provider.reload() }
                supervisor.ready()
            case .user1: for log in logs { log.reopen() }
            default: break
            }
        }
    }

    /// Each entry point takes new requests for its `requestAcceptGraceTimeout`, then those under way there get its
    /// `graceTimeOut`, then they are cut; copies may take as long as the last of them.
    ///
    /// A second signal cuts at once.
    private func drain(_ gateway: Gateway, _ entryPoints: [EntryPointSettings], _ signals: SignalStream) async {
        let impatience = Task {
            for await signal in signals.values where signal == .terminate || signal == .interrupt { return }
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await gateway.untilIdle() }
            group.addTask {
                // Whichever comes first: the end of the last grace time or an impatient operator.
                await withTaskGroup(of: Void.self) { inner in
                    inner.addTask { await stop(entryPoints, of: gateway) }
                    inner.addTask { await impatience.value }
                    await inner.next()
                    inner.cancelAll()
                    impatience.cancel()
                }
                if !Task.isCancelled { await gateway.cut() }
            }
            await group.next()
            group.cancelAll()
            impatience.cancel()
        }
    }

    /// Returns when the last entry point's grace time is over, or sooner when it is cancelled.
    private func stop(_ entryPoints: [EntryPointSettings], of gateway: Gateway) async {
        await withTaskGroup(of: Void.self) { group in
            for entryPoint in entryPoints {
                group.addTask {
                    do {
                        try await Task.sleep(for: entryPoint.requestAcceptGraceTimeout)
                        await gateway.drain(entryPoint.name)
                        try await Task.sleep(for: entryPoint.graceTimeout)
                        await gateway.cut(entryPoint.name)
                    } catch {
                        // Cancelled: nothing is under way any more, or everything is about to be cut.
                    }
                }
            }
        }
    }
}
