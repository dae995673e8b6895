internal import SpeculaConfiguration
internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
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
        return made
    }

    private static func headLimits(_ http: EntryPointHTTPConfiguration, _ limits: LimitsConfiguration) -> HeadLimits {
        HeadLimits(
            maxBytes: http.maxHeaderBytes + 4096, maxFields: limits.headerFields,
            maxRequestLineBytes: limits.requestLineBytes)
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
        options.headerLabels = prometheus.headerLabels.sorted { $0.key < $1.key }.map {
            HeaderLabel(label: $0.key, field: $0.value)
        }
        return options
    }
}

/// Why the gateway does not start: one line for the operator.
internal struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
