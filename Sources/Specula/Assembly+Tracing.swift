internal import Glibc
internal import SpeculaClient
internal import SpeculaConfiguration
internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaProxy
internal import SpeculaTracing

/// The traces that `tracing` asks for.
extension Assembly {
    /// What the workers need to know; nil when tracing is off.
    static func spanOptions(_ settings: StaticConfiguration) -> SpanOptions? {
        settings.tracing.map { tracing in
            SpanOptions(
                sampleRate: tracing.sampleRate, recordsInternals: tracing.addInternals,
                requestHeaders: tracing.capturedRequestHeaders, responseHeaders: tracing.capturedResponseHeaders)
        }
    }

    /// What brings spans to the collector, started; nil when tracing is off.
    static func traceExporter(
        _ settings: StaticConfiguration, gateway: Gateway, resolver: Resolver, log: Logger
    ) async throws(StartError) -> TraceExporter? {
        guard let tracing = settings.tracing, let options = spanOptions(settings) else { return nil }
        let wanted = tracing.otlp.http
        guard let endpoint = ClientEndpoint(wanted.endpoint) else {
            throw StartError(
                "tracing.otlp.http.endpoint: expected https://host:port/path or http://host:port/path, found \(wanted.endpoint)"
            )
        }
        guard let client = await Client.start(name: "traces", makeNetwork: { try LinuxNetwork(resolver: resolver) })
        else { throw StartError("tracing: cannot start the exporter: no thread or descriptor left") }
        let resource = TraceResource.attributes(tracing, environment: Terminal.environment())
        let encode: @Sendable ([ExportedSpan]) -> [UInt8]
        switch wanted.encoding {
        case .protobuf:
            let encoder = OTLPProtobuf(resource: resource, version: Version.number)
            encode = { encoder.request($0) }
        case .json:
            let encoder = OTLPJSON(resource: resource, version: Version.number)
            encode = { encoder.request($0) }
        }
        var request = ClientRequest(.post, endpoint, endpoint.basePath.isEmpty ? "/v1/traces" : "")
        request.fields = [
            ("Content-Type", wanted.encoding == .json ? "application/json" : "application/x-protobuf"),
            ("User-Agent", "Specula/\(Version.number)"),
        ]
        request.fields += wanted.headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        if endpoint.isTLS { request.tls = try tls(wanted.tls) }
        request.limits.head = .seconds(10)
        request.limits.whole = .seconds(10)
        let exporter = TraceExporter(
            client: client, template: request, encode: encode, pack: { Gzip.packed($0) },
            expander: SpanExpander(options: options, safeQueryParameters: tracing.safeQueryParams),
            workers: gateway.workerCount, take: { await gateway.takeSpans(ofWorker: $0) }, log: log)
        show(exporter.figures, in: gateway.shared.registry)
        await exporter.start()
        return exporter
    }

    /// What is no path to a file counts as PEM itself, as in Traefik.
    private static func tls(_ wanted: OTLPTLSConfiguration) throws(StartError) -> ClientTLS {
        func pem(_ key: String, _ text: String) throws(StartError) -> String? {
            if text.isEmpty || text.contains("\n") { return text.isEmpty ? nil : text }
            do {
                return String(decoding: try LocalFiles().read(text, limit: 1 << 20), as: UTF8.self)
            } catch {
                throw StartError("tracing.otlp.http.tls.\(key): cannot read \(text): \(error)")
            }
        }
        var tls = ClientTLS()
        tls.authorities = try pem("ca", wanted.ca)
        tls.certificate = try pem("cert", wanted.cert)
        tls.key = try pem("key", wanted.key)
        tls.skipsVerification = wanted.insecureSkipVerify
        return tls
    }

    private static func show(_ figures: ExportFigures, in registry: MetricRegistry) {
        let owner = "traces"
        registry.addCounter(MetricCatalog.spansExported, owner: owner) { figures.current.exported }
        registry.addCounter(MetricCatalog.spanExportFailures, owner: owner) { figures.current.failures }
        let drops: [(String, @Sendable (ExportTally) -> UInt64)] = [
            ("queue_full", { $0.queueFull }), ("rejected", { $0.rejected }), ("unreachable", { $0.unreachable }),
            ("shutdown", { $0.shutdown }),
        ]
        for (reason, count) in drops {
            registry.addCounter(MetricCatalog.spansDropped, labels: [reason], owner: owner) { count(figures.current) }
        }
    }
}

/// What traces say of this process. (OpenTelemetry: resource)
private enum TraceResource {
    static func attributes(
        _ tracing: TracingConfiguration, environment: [String: String]
    ) -> [(key: String, value: ExportedSpan.Value)] {
        var values: [String: ExportedSpan.Value] = [
            "host.name": .text(Assembly.hostName()), "os.type": .text("linux"),
            "process.pid": .number(Int64(getpid())), "process.runtime.name": .text("swift"),
            "process.runtime.version": .text(Version.swift), "service.version": .text(Version.number),
            "telemetry.sdk.language": .text("swift"), "telemetry.sdk.name": .text("specula"),
            "telemetry.sdk.version": .text(Version.number),
        ]
        if let path = executable() {
            values["process.executable.path"] = .text(path)
            values["process.executable.name"] = .text(String(path.split(separator: "/").last ?? ""))
        }
        for (key, value) in tracing.resourceAttributes { values[key] = .text(value) }
        values["service.name"] = .text(tracing.resourceAttributes["service.name"] ?? tracing.serviceName)
        // OpenTelemetry's own variables come last, as in Traefik: `OTEL_RESOURCE_ATTRIBUTES=key=value,key=value`.
        for pair in (environment["OTEL_RESOURCE_ATTRIBUTES"] ?? "").split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = .text(String(parts[1])) }
        }
        if let name = environment["OTEL_SERVICE_NAME"], !name.isEmpty { values["service.name"] = .text(name) }
        return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func executable() -> String? {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &path, path.count - 1)
        guard count > 0 else { return nil }
        return String(decoding: path.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
