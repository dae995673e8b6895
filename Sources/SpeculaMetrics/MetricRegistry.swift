internal import SpeculaBytes
internal import Synchronization

/// All metrics of the process: hands out scopes and shards, takes what seldom changes, and answers scrapes.
///
/// Safe from any thread. Interning and reloads take a lock; recording into shards does not.
package final class MetricRegistry: Sendable {
    package let options: MetricOptions
    let layout: RequestLayout
    let headers: HeaderLabelTable
    let state: Mutex<RegistryState>
    let servers = Mutex(ServerBooks())
    /// What scrapes are written into.
    let shelf = BlockShelf()

    /// Makes an empty registry; `onHeaderLabelsFull` is called once, when header labels begin to be counted under `other`; for a log line.
    package init(options: MetricOptions, onHeaderLabelsFull: (@Sendable () -> Void)? = nil) {
        var options = options
        // One label twice would spoil every scrape.
        var seen: Set<String> = []
        options.headerLabels.removeAll { !MetricOptions.isUsable(label: $0.label) || !seen.insert($0.label).inserted }
        self.options = options
        layout = RequestLayout(options: options)
        headers = HeaderLabelTable(
            labels: options.headerLabels, limit: options.maxHeaderLabelSets, reportFull: onHeaderLabelsFull)
        state = Mutex(RegistryState(options: options, layout: layout))
    }

    /// A shard for one worker; lives as long as the registry.
    package func makeShard() -> MetricShard {
        let logs = ShardLogs(layout: layout)
        state.withLock { $0.logs.append(logs) }
        return MetricShard(logs: logs, layout: layout, headers: headers)
    }

    // MARK: Scopes

    /// The scope of an entry point; from now on its open connections are shown, from 0.
    package func entryPoint(_ name: String) -> Scope {
        state.withLock { $0.scope(options.entryPoints ? .entryPoint : .connections, name: name, service: "") }
    }

    /// The scope of a router: its qualified name and that of its service.
    ///
    /// `.none` when routers are not counted.
    package func router(_ name: String, service: String) -> Scope {
        guard options.routers else { return .none }
        return state.withLock { $0.scope(.router, name: name, service: service) }
    }

    /// The scope of a service, by its qualified name.
    ///
    /// `.none` when services are not counted.
    package func service(_ name: String) -> Scope {
        guard options.services else { return .none }
        return state.withLock { $0.scope(.service, name: name, service: "") }
    }

    /// The books of a mirror; from now on all its decisions and outcomes are shown, from 0.
    package func mirror(service: String, mirror: String) -> MirrorScope {
        state.withLock { $0.mirror(service: service, mirror: mirror) }
    }

    /// From now on the results of a mirror's comparisons are shown, from 0; or only those that were counted.
    package func setCompared(_ mirror: MirrorScope, _ isCompared: Bool) {
        state.withLock { $0.mirrors.setCompared(mirror, isCompared) }
    }

    // MARK: What seldom changes

    /// A server was found up or down by its health check. (Traefik: `service_server_up`)
    package func setServerUp(service: String, url: String, isUp: Bool) {
        servers.withLock { $0.set(service: service, url: url, isUp: isUp) }
    }

    /// A configuration is in force. (Traefik: `config_reloads_total`, `config_last_reload_success`)
    package func configurationApplied(at unixSeconds: Double) {
        state.withLock {
            $0.reloads += 1
            $0.lastReload = unixSeconds
            $0.lastReloadWasGood = true
        }
    }

    /// A configuration could be read, though it may be the one that is in force already, which is no reload.
    package func configurationRead() { state.withLock { $0.lastReloadWasGood = true } }

    /// A configuration was refused; the one before stays in force.
    package func reloadFailed() {
        state.withLock {
            $0.reloadFailures += 1
            $0.lastReloadWasGood = false
        }
    }

    /// The certificates that are served, in place of those told before. (Traefik: `tls_certs_not_after`)
    package func setCertificates(_ certificates: [CertificateExpiry]) {
        state.withLock { $0.certificates = certificates }
    }

    /// What the configuration in force names.
    ///
    /// What was there and is not named leaves with the scrape after the next; named again
    /// before that, it goes on counting, named again later, it starts at 0. This is Traefik's own rule.
    /// - Parameters:
    ///   - routers: Qualified names.
    ///   - services: Qualified names; a router's series leave with its service, too.
    ///   - servers: URLs by service.
    ///   - mirrors: Mirrors in force; nil: those whose mirroring service is.
    package func setInForce(
        routers: Set<String>, services: Set<String>, servers: [String: Set<String>], mirrors: Set<MirrorScope>? = nil
    ) {
        state.withLock { $0.setInForce(routers: routers, services: services, mirrors: mirrors) }
        self.servers.withLock { $0.setInForce(servers) }
    }

    // MARK: Sources: numbers that others keep

    /// Shows a gauge that someone else keeps.
    /// - Parameters:
    ///   - family: One of the catalogue's gauges.
    ///   - labels: Values of the family's labels, in the family's order.
    ///   - owner: The key to take it away by; sources with equal family and labels are added up.
    ///   - read: Called at each scrape, on the scrape's thread, without any lock.
    package func addGauge(
        _ family: MetricFamily, labels: [String] = [], owner: String, read: @escaping @Sendable () -> Double
    ) {
        let source = Source(family: family, labels: labels, read: .gauge(read))
        state.withLock { $0.sources.add(source, owner: owner) }
    }

    /// Shows a counter that someone else keeps; see `addGauge`.
    package func addCounter(
        _ family: MetricFamily, labels: [String] = [], owner: String, read: @escaping @Sendable () -> UInt64
    ) {
        let source = Source(family: family, labels: labels, read: .counter(read))
        state.withLock { $0.sources.add(source, owner: owner) }
    }

    /// Takes all gauges and counters of an owner away, at once.
    package func removeSources(owner: String) {
        state.withLock { $0.sources.remove(owner: owner) }
    }
}

/// A certificate that is served, and when it expires.
package struct CertificateExpiry: Hashable, Sendable {
    package let commonName: String
    package let serial: String
    /// DNS names and addresses; shown sorted, joined by commas.
    package let alternativeNames: [String]
    /// Seconds since the epoch.
    package let notAfter: Double

    package init(commonName: String, serial: String, alternativeNames: [String], notAfter: Double) {
        self.commonName = commonName
        self.serial = serial
        self.alternativeNames = alternativeNames
        self.notAfter = notAfter
    }
}
