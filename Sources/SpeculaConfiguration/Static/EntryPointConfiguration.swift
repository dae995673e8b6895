internal import SpeculaRouting

/// `entryPoints.<name>`: an address to listen on, and what holds for every request that comes in there.
package struct EntryPointConfiguration: ConfigurationSection {
    /// `[host]:port`, `/tcp` may follow.
    package var address = ""
    package var allowACMEByPass = false
    /// Other processes may listen on the same port.
    package var reusePort = false
    /// Routers that name no entry point are attached here. (Traefik: all but `traefik` when nobody says so)
    package var asDefault = false
    package var transport = TransportSettings()
    package var forwardedHeaders = ForwardedHeadersConfiguration()
    package var http = EntryPointHTTPConfiguration()
    /// What routers of this entry point inherit; nil: everything on.
    package var observability: ObservabilityConfiguration?

    package init() {}

    package static let schema = Schema<Self>(
        Field("address", \.address, "Where to listen: `[host]:port`, optionally followed by `/tcp`."),
        Field("allowACMEByPass", \.allowACMEByPass, "Accepted; there are no ACME challenges to let pass."),
        Field("reusePort", \.reusePort, "Lets other processes listen on the same port (`SO_REUSEPORT`)."),
        Field("asDefault", \.asDefault, "Routers without `entryPoints` are attached to the entry points that say so."),
        Field("transport", \.transport, "Timeouts, graceful stop and keep-alive of client connections."),
        .unsupported("proxyProtocol"),
        Field("forwardedHeaders", \.forwardedHeaders, "Whose `X-Forwarded-*` fields are believed."),
        Field("http", \.http, "What holds for every request of the entry point."),
        .unsupported(
            "http2",
            shown: [
                "maxConcurrentStreams": 250, "maxDecoderHeaderTableSize": 4096, "maxEncoderHeaderTableSize": 4096,
            ]),
        .unsupported("http3"),
        .unsupported("udp", shown: ["timeout": "3s"]),
        Field("observability", \.observability, "What the entry point's routers record unless they say otherwise.")
    )

    /// `entryPoints.<name>.transport`.
    package struct TransportSettings: ConfigurationSection {
        package var lifeCycle = LifeCycle()
        package var respondingTimeouts = RespondingTimeouts()
        /// Zero: no limit.
        ///
        /// Then `Connection: close`.
        package var keepAliveMaxTime = Duration.zero
        /// Zero: no limit.
        ///
        /// Then `Connection: close`.
        package var keepAliveMaxRequests = 0

        package init() {}

        package static let schema = Schema<Self>(
            Field("lifeCycle", \.lifeCycle, "What happens at a stop, at this entry point alone."),
            Field("respondingTimeouts", \.respondingTimeouts, "How long a client may take."),
            Field("keepAliveMaxTime", \.keepAliveMaxTime, "Age at which a connection is closed; 0: any."),
            Field(
                "keepAliveMaxRequests", \.keepAliveMaxRequests, "Requests after which a connection is closed; 0: any.")
        )
    }

    /// `entryPoints.<name>.transport.lifeCycle`.
    package struct LifeCycle: ConfigurationSection {
        package var requestAcceptGraceTimeout = Duration.zero
        package var graceTimeOut = Duration.seconds(10)

        package init() {}

        package static let schema = Schema<Self>(
            Field(
                "requestAcceptGraceTimeout", \.requestAcceptGraceTimeout,
                "How long new requests are still accepted after the stop signal."),
            Field("graceTimeOut", \.graceTimeOut, "How long requests in flight may take before they are cut.")
        )
    }

    /// `entryPoints.<name>.transport.respondingTimeouts`.
    package struct RespondingTimeouts: ConfigurationSection {
        package var readTimeout = Duration.seconds(60)
        package var writeTimeout = Duration.zero
        package var idleTimeout = Duration.seconds(180)

        package init() {}

        package static let schema = Schema<Self>(
            Field("readTimeout", \.readTimeout, "Time for a whole request with its body; 0: any."),
            Field("writeTimeout", \.writeTimeout, "Time for a whole response; 0: any."),
            Field("idleTimeout", \.idleTimeout, "Time without a request on a connection; 0: any.")
        )
    }
}

/// `entryPoints.<name>.forwardedHeaders`.
package struct ForwardedHeadersConfiguration: ConfigurationSection {
    package var insecure = false
    /// Addresses and CIDR ranges, checked.
    package var trustedIPs: [String] = []
    package var connection: [String] = []
    package var notAppendXForwardedFor = false
    package var addXForwardedSchemeHeaders = false

    package init() {}

    package static let schema = Schema<Self>(
        Field("insecure", \.insecure, "Believes everybody's forwarded fields."),
        Field("trustedIPs", \.trustedIPs, "Addresses and CIDR ranges whose forwarded fields are believed."),
        Field("connection", \.connection, "Fields that a client's `Connection` list does not remove."),
        Field(
            "notAppendXForwardedFor", \.notAppendXForwardedFor, "Leaves `X-Forwarded-For` without the peer's address."),
        Field(
            "addXForwardedSchemeHeaders", \.addXForwardedSchemeHeaders, "Adds `X-Forwarded-Scheme` and `X-Scheme`.")
    )
}

/// `entryPoints.<name>.observability` and `http.routers.<name>.observability`.
package struct ObservabilityConfiguration: ConfigurationSection {
    package enum TraceVerbosity: String, Word { case minimal, detailed }

    package var accessLogs: Bool?
    package var metrics: Bool?
    package var tracing: Bool?
    package var traceVerbosity: TraceVerbosity?

    package init() {}

    package static let schema = Schema<Self>(
        Field("accessLogs", \.accessLogs, "Requests appear in the access log. Default true."),
        Field("metrics", \.metrics, "Requests are counted. Default true."),
        Field("tracing", \.tracing, "Requests make spans. Default true."),
        Field("traceVerbosity", \.traceVerbosity, "How many spans. Default minimal.")
    )

    /// What the data plane needs to know of tracing.
    var traces: RouterPlan.TraceVerbosity {
        tracing == false ? .off : traceVerbosity == .detailed ? .detailed : .minimal
    }

    /// Takes what is not said here from another one.
    func inheriting(from other: ObservabilityConfiguration?) -> ObservabilityConfiguration {
        var result = self
        result.accessLogs = accessLogs ?? other?.accessLogs ?? true
        result.metrics = metrics ?? other?.metrics ?? true
        result.tracing = tracing ?? other?.tracing ?? true
        result.traceVerbosity = traceVerbosity ?? other?.traceVerbosity ?? .minimal
        return result
    }
}
