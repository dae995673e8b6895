package import SpeculaRouting

/// Turns configurations into what the workers run and what the API shows.
package enum ConfigurationCompiler {
    /// Compiles the configurations of all providers, by provider name (`file`).
    ///
    /// Never fails: what is wrong is disabled, visible in the runtime configuration and reported.
    ///
    /// - Parameters:
    ///   - settings: effective, as `StaticLoader` gives it.
    ///   - dynamic: configurations by the name of their provider.
    ///   - generation: the snapshot's.
    ///   - reportsUnused: services that no router reaches are reported on, too.
    /// - Returns: what workers run, what the API shows, what is to be logged.
    package static func compile(
        static settings: StaticConfiguration, dynamic: [String: DynamicConfiguration], generation: UInt64,
        reportsUnused: Bool = false
    ) -> (Snapshot, RuntimeConfiguration, [Diagnostic]) {
        let merged = MergedConfiguration(settings: settings, dynamic: dynamic)
        var (transports, transportIndices, diagnostics) = TransportCompiler.compile(merged.transports)
        transports.reserveCapacity(transports.count)
        var routerCompiler = RouterCompiler(
            settings: settings, middlewares: merged.middlewares.mapValues { _ in false },
            hasDefaultTLSOptions: merged.hasDefaultTLSOptions)
        var drafts = routerCompiler.compile(merged.routers)
        var services = ServiceCompiler(
            services: merged.services, local: merged.localServices, transports: transportIndices)
        services.compile(used: drafts.lazy.filter { !$0.using.isEmpty }.map(\.serviceName))
        for index in drafts.indices { resolveService(of: &drafts[index], services, &routerCompiler) }
        diagnostics += merged.diagnostics + routerCompiler.diagnostics
        diagnostics += services.diagnostics.filter { reportsUnused || services.reachable.contains($0.position) }
            .map(\.diagnostic)
        let (tls, found) = TLSCompiler.compile(dynamic)
        diagnostics += found
        let runtime = RuntimeBuilder.build(merged, drafts, services)
        let snapshot = snapshot(settings, drafts, services, transports, tls, generation)
        return (snapshot, runtime, diagnostics)
    }

    private static func resolveService(
        of draft: inout RouterDraft, _ services: ServiceCompiler, _ compiler: inout RouterCompiler
    ) {
        guard !draft.using.isEmpty, !draft.configuration.service.isEmpty else { return }
        let name = draft.serviceName
        guard let position = services.position(of: name) else {
            let message = "the service \"\(name)\" does not exist"
            draft.errors.append((message, true))
            compiler.report(message, "service", of: draft, kind: .missing(.service, name))
            return
        }
        if case .failed(let errors) = services.outcomes[position] {
            draft.errors += errors.map { ($0.message, true) }
            compiler.report(
                "the service \"\(name)\" is disabled: \(errors.map(\.message).joined(separator: "; "))", "service",
                of: draft, kind: .disabled(.service, name, because: errors.map(\.kind)))
        }
    }

    private static func snapshot(
        _ settings: StaticConfiguration, _ drafts: [RouterDraft], _ services: ServiceCompiler,
        _ transports: [TransportPlan], _ tls: TLSPlan, _ generation: UInt64
    ) -> Snapshot {
        let ranks = ProviderRanks(settings.providers.precedence)
        var routers: [RouterPlan] = []
        var entries: [String: [RouteEntry]] = Dictionary(
            uniqueKeysWithValues: settings.entryPoints.keys.map { ($0, []) })
        var secureEntries: [String: [RouteEntry]] = [:]
        var operatorEntryPoints: Set<String> = []
        for (number, draft) in drafts.enumerated() where draft.isEnabled {
            guard let rule = draft.rule, let position = services.position(of: draft.serviceName),
                case .ready(let service) = services.outcomes[position]
            else { continue }
            let router = RouterIndex(routers.count)
            let observability = draft.configuration.observability
            let isInternal = draft.serviceName.hasSuffix("@internal")
            if isInternal, draft.serviceName != "noop@internal" { operatorEntryPoints.formUnion(draft.using) }
            routers.append(
                RouterPlan(
                    name: draft.name, service: service.index, isInternal: isInternal,
                    recordsMetrics: observability?.metrics ?? true,
                    recordsAccessLog: observability?.accessLogs ?? true,
                    tracing: observability?.traces ?? .minimal, rule: draft.configuration.rule))
            let order = ranks.rank(of: QualifiedName.provider(of: draft.name)) * drafts.count + number
            for entryPoint in draft.using {
                let entry = RouteEntry(
                    rule: rule, priority: draft.configuration.priority, order: order, router: router)
                if draft.configuration.tls == nil {
                    entries[entryPoint]?.append(entry)
                } else {
                    secureEntries[entryPoint, default: []].append(entry)
                }
            }
        }
        return Snapshot(
            generation: generation, routers: routers, services: services.plans, transports: transports,
            tables: entries.mapValues { RouteTable($0) }, secureTables: secureEntries.mapValues { RouteTable($0) },
            operatorEntryPoints: operatorEntryPoints, tls: tls)
    }
}

/// Which provider wins at equal priority.
struct ProviderRanks {
    private let ranks: [String: Int]

    init(_ precedence: [String]) {
        let order = precedence.isEmpty ? ProvidersConfiguration.defaultPrecedence : precedence.map { ASCII.lowered($0) }
        ranks = Dictionary(order.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    func rank(of provider: String) -> Int { ranks[provider] ?? ranks.count }
}
