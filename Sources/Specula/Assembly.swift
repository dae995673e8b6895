internal import Glibc
internal import SpeculaAdmin
internal import SpeculaConfiguration
internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaMirroring
internal import SpeculaProxy
internal import SpeculaRouting

/// Turns the static configuration into what the rooms are made with: the one place where defaults meet.
internal enum Assembly {
    /// The entry points in a fixed order, the `traefik` one added when something wants to be served there.
    static func entryPoints(_ settings: StaticConfiguration) throws(StartError) -> [EntryPointSettings] {
        var made: [EntryPointSettings] = []
        for (name, entryPoint) in settings.entryPoints.sorted(by: { $0.key < $1.key }) {
            made.append(try Assembly.entryPoint(name, entryPoint, settings.limits))
        }
        return made
    }

    /// The ports that entry points ask for: a mirror on one of them may be the gateway itself.
    static func ownPorts(_ settings: StaticConfiguration) -> Set<UInt16> {
        Set(settings.entryPoints.values.compactMap { ListenAddress(parsing: $0.address)?.port })
    }

    private static func entryPoint(
        _ name: String, _ configuration: EntryPointConfiguration, _ limits: LimitsConfiguration
    ) throws(StartError) -> EntryPointSettings {
        guard let address = ListenAddress(parsing: configuration.address) else {
            throw StartError(
                "entry point \(name): cannot read the address \(configuration.address); expected [host]:port")
        }
        var made = EntryPointSettings(name: name, address: address)
        let transport = configuration.transport
        made.reusePort = configuration.reusePort
        made.readTimeout = transport.respondingTimeouts.readTimeout
        made.headReadTimeout = limits.headerReadTimeout
        made.writeTimeout = transport.respondingTimeouts.writeTimeout
        made.idleTimeout = transport.respondingTimeouts.idleTimeout
        made.requestAcceptGraceTimeout = transport.lifeCycle.requestAcceptGraceTimeout
        made.graceTimeout = transport.lifeCycle.graceTimeOut
        made.keepAliveMaxTime = transport.keepAliveMaxTime
        made.keepAliveMaxRequests = transport.keepAliveMaxRequests
        made.headLimits = headLimits(configuration.http, limits)
        made.targetPolicy = targetPolicy(configuration.http)
        let forwarded = configuration.forwardedHeaders
        made.trustsEveryone = forwarded.insecure
        do {
            if !forwarded.trustedIPs.isEmpty { made.trustedAddresses = try AddressSet(forwarded.trustedIPs) }
        } catch {
            throw StartError("entry point \(name): forwardedHeaders.trustedIPs: \(error.message)")
        }
        made.appendsForwardedFor = !forwarded.notAppendXForwardedFor
        made.addsSchemeFields = forwarded.addXForwardedSchemeHeaders
        made.tracing = configuration.observability?.tracing == false ? .off : .minimal
        made.recordsAccessLog = configuration.observability?.accessLogs ?? true
        return made
    }

    private static func headLimits(_ http: EntryPointHTTPConfiguration, _ limits: LimitsConfiguration) -> HeadLimits {
        HeadLimits(
            maxBytes: http.maxHeaderBytes + 4096, maxFields: limits.headerFields > 0 ? limits.headerFields : .max,
            maxStartLineBytes: limits.requestLineBytes > 0 ? limits.requestLineBytes : .max)
    }

    private static func targetPolicy(_ http: EntryPointHTTPConfiguration) -> TargetPolicy {
        var denied: Set<UInt8> = []
        if let allowed = http.encodedCharacters {
            if !allowed.allowEncodedSlash { denied.insert(UInt8(ascii: "/")) }
            if !allowed.allowEncodedBackSlash { denied.insert(UInt8(ascii: "\\")) }
            if !allowed.allowEncodedNullCharacter { denied.insert(0) }
            if !allowed.allowEncodedSemicolon { denied.insert(UInt8(ascii: ";")) }
            if !allowed.allowEncodedPercent { denied.insert(UInt8(ascii: "%")) }
            if !allowed.allowEncodedQuestionMark { denied.insert(UInt8(ascii: "?")) }
            if !allowed.allowEncodedHash { denied.insert(UInt8(ascii: "#")) }
        }
        let underscores: TargetPolicy.UnderscoreStrategy =
            switch http.underscoreHeadersStrategy {
            case .keep: .keep
            case .delete: .delete
            case .reject: .reject
            }
        return TargetPolicy(
            deniedCharacters: denied, sanitizesPath: http.sanitizePath,
            encodesQuerySemicolons: http.encodeQuerySemicolons, underscores: underscores)
    }

    /// What is counted and how it is shown. (Traefik: metrics.prometheus)
    static func metricOptions(_ settings: StaticConfiguration) -> MetricOptions {
        var options = MetricOptions()
        options.build = BuildInfo(version: Version.number, revision: Version.revision, swiftVersion: Version.swift)
        guard let prometheus = settings.metrics?.prometheus else { return options }
        options.buckets = prometheus.buckets
        options.entryPoints = prometheus.addEntryPointsLabels
        options.routers = prometheus.addRoutersLabels
        options.services = prometheus.addServicesLabels
        options.openMetrics = prometheus.openMetrics
        options.nativeHistograms = prometheus.nativeHistograms
        options.headerLabels = prometheus.headerLabels.sorted { $0.key < $1.key }.map {
            HeaderLabel(label: $0.key, field: $0.value)
        }
        return options
    }

    // MARK: The process

    private static func rotation(_ wanted: LogConfiguration) -> LogRotation {
        LogRotation(
            maxBytes: min(wanted.maxSize > 0 ? wanted.maxSize : 100, 1 << 20) << 20,
            maxBackups: max(0, wanted.maxBackups), maxAge: Int64(min(max(0, wanted.maxAge), 100_000)) * 86_400,
            compress: wanted.compress ? Gzip.packed : nil, clock: logTime)
    }

    @Sendable private static func logTime() -> LogTime {
        let now = wallTime()
        return LogTime(seconds: now.seconds, nanoseconds: now.nanoseconds)
    }

    /// The logger that `log` asks for, and what writes its lines.
    static func logger(_ settings: StaticConfiguration) throws(StartError) -> (Logger, LineWriter) {
        let wanted = settings.log ?? LogConfiguration()
        let writer: LineWriter
        do throws(LineWriter.OpenError) {
            let path = wanted.filePath
            writer = try LineWriter(
                to: path.isEmpty ? .standardOutput : .file(path: path),
                rotation: path.isEmpty ? nil : rotation(wanted)
            ) { trouble in
                // The log cannot tell of its own trouble.
                if let trouble { Terminal.err("log.filePath: \(path): \(trouble)") }
            }
        } catch {
            throw StartError("log.filePath: \(error.path): \(error.reason)")
        }
        let isColoured = !wanted.noColor && wanted.filePath.isEmpty && isatty(STDOUT_FILENO) == 1
        let format: LogFormat = wanted.format == .json ? .json : .common(isColoured: isColoured)
        let level = LogLevel(named: wanted.level.rawValue) ?? .error
        let log = Logger(level: level, format: format, sink: writer, clock: logTime)
        return (log, writer)
    }

    /// Bytes that may be held for copies: what is asked for, but never more than a quarter of the memory there is.
    static func mirrorBytes(_ settings: StaticConfiguration) -> Int {
        let asked = settings.limits.mirrorBytes
        guard let limit = ControlGroup.current().memoryLimit else { return asked }
        return min(asked, max(1 << 20, limit / 4))
    }

    /// Reads compared JSON in tasks of lower priority than what serves the admin side; bytes that wait are bounded by their budget.
    static let jsonReader: JSONReader = { reading in
        // Lives for one pair of bodies of bounded length.
        Task.detached(priority: .utility) {
            WorkerThread.becomePatient()
            reading.run()
        }
    }

    static func hostName() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func wallTime() -> WallTime {
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &now)
        return WallTime(seconds: Int64(now.tv_sec), nanoseconds: Int32(now.tv_nsec))
    }

    /// Unix seconds.
    @Sendable static func wallSeconds() -> Double {
        let now = wallTime()
        return Double(now.seconds) + Double(now.nanoseconds) / 1_000_000_000
    }

    /// The time of day as RFC 3339 has it.
    @Sendable static func timestamp() -> String {
        LogTime(seconds: wallTime().seconds, nanoseconds: 0).preciseText
    }

    static func processFacts(workers: Int) -> AdminReading.Process {
        let now = wallTime()
        return AdminReading.Process(
            version: Version.number,
            startDate: LogTime(seconds: now.seconds, nanoseconds: now.nanoseconds).preciseText,
            startTime: wallSeconds(), now: wallSeconds(), workers: workers)
    }

    /// Specula's own services by the names that routers use; those that are not switched on are missing.
    static func localServices(
        _ settings: StaticConfiguration, control: ControlPlane, registry: MetricRegistry, stopping: Flag,
        started: Flag
    ) -> [String: any LocalService] {
        var services: [String: any LocalService] = ["noop@internal": NoopService()]
        if let ping = settings.ping {
            services["ping@internal"] = PingService(
                terminatingStatus: ping.terminatingStatusCode, isTerminating: { stopping.isRaised },
                isStarting: { !started.isRaised })
        }
        if settings.metrics?.prometheus != nil {
            services["prometheus@internal"] = MetricsService(
                registry: registry, prepare: WorkerThread.becomePatient, giveWay: WorkerThread.giveWay)
        }
        if let api = settings.api {
            services["api@internal"] = APIService(
                basePath: api.basePath, registry: registry, read: { await control.reading() })
            if api.dashboard { services["dashboard@internal"] = DashboardService(basePath: api.basePath) }
        }
        return services
    }
}

/// Why the gateway does not start: one line for the operator.
internal struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
