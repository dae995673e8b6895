/// `metrics`.
package struct MetricsConfiguration: ConfigurationSection {
    package var addInternals = false
    package var prometheus: PrometheusConfiguration?

    package init() {}

    package static let schema = Schema<Self>(
        Field("addInternals", \.addInternals, "Counts requests of Specula's own services, too."),
        Field("prometheus", \.prometheus, "The Prometheus endpoint."),
        .unsupported("datadog"),
        .unsupported("statsD"),
        .unsupported("influxDB2"),
        .unsupported("otlp")
    )
}

/// `metrics.prometheus`.
package struct PrometheusConfiguration: ConfigurationSection {
    package var buckets: [Double] = [0.1, 0.3, 1.2, 5]
    package var addEntryPointsLabels = true
    package var addRoutersLabels = false
    package var addServicesLabels = true
    package var entryPoint = "traefik"
    package var manualRouting = false
    /// Label name to request field.
    package var headerLabels: [String: String] = [:]
    /// Ours: OpenMetrics for scrapers that ask for it, where `le="5.0"` stands for Traefik's `le="5"`.
    package var openMetrics = false
    /// Ours: native histograms of durations for scrapers that ask for protobuf.
    package var nativeHistograms = false

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("buckets", \.buckets, "Upper bounds of the duration histograms, in seconds."),
        Field("addEntryPointsLabels", \.addEntryPointsLabels, "The `traefik_entrypoint_*` families."),
        Field("addRoutersLabels", \.addRoutersLabels, "The `traefik_router_*` families."),
        Field("addServicesLabels", \.addServicesLabels, "The `traefik_service_*` families."),
        Field("entryPoint", \.entryPoint, "Where `/metrics` is served."),
        Field("manualRouting", \.manualRouting, "No route of its own: route to `prometheus@internal`."),
        Field("headerLabels", \.headerLabels, "Labels taken from request fields, on the `*_requests_total` families."),
        Field("openMetrics", \.openMetrics, ours: true, "OpenMetrics, with trace ids, for those who ask for it."),
        Field("nativeHistograms", \.nativeHistograms, ours: true, "Native histograms for those who ask for protobuf.")
    )
}

/// `ping`.
package struct PingConfiguration: ConfigurationSection {
    package var entryPoint = "traefik"
    package var manualRouting = false
    package var terminatingStatusCode = 503

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("entryPoint", \.entryPoint, "Where `/ping` is served."),
        Field("manualRouting", \.manualRouting, "No route of its own: route to `ping@internal`."),
        Field("terminatingStatusCode", \.terminatingStatusCode, "The answer from the stop signal on.")
    )
}

/// `api`.
package struct APIConfiguration: ConfigurationSection {
    package var basePath = "/"
    package var insecure = false
    package var dashboard = true
    package var debug = false
    package var disableDashboardAd = false
    package var dashboardName = ""

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("basePath", \.basePath, "What stands before `/api` and `/dashboard`."),
        Field("insecure", \.insecure, "Serves the API on the entry point `traefik`."),
        Field("dashboard", \.dashboard, "The dashboard."),
        .unsupported("debug"),
        Field("disableDashboardAd", \.disableDashboardAd, "Shown by `/api/version`."),
        Field("dashboardName", \.dashboardName, "Shown by `/api/version` and the dashboard.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        let isPath =
            basePath.hasPrefix("/")
            && basePath.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "/_.:~-".utf8.contains(byte)
                }
            }
        if !isPath, let place = node.value(named: "basePath") {
            context.within("basePath") { $0.error(place, "expected a path of letters, digits and /_.:~-") }
        }
    }
}

/// `log`.
package struct LogConfiguration: ConfigurationSection {
    package enum Level: String, Word {
        case trace = "TRACE"
        case debug = "DEBUG"
        case info = "INFO"
        case warn = "WARN"
        case error = "ERROR"
        case fatal = "FATAL"
        case panic = "PANIC"
    }

    package enum Format: String, Word { case common, json }

    package var level = Level.error
    package var format = Format.common
    package var noColor = false
    /// Empty: standard output.
    package var filePath = ""
    /// Megabytes; 0: 100, as in Traefik.
    package var maxSize = 0
    package var maxAge = 0
    package var maxBackups = 0
    package var compress = false

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("level", \.level, "The least severe level that is written."),
        Field("format", \.format, "How a line looks."),
        Field("noColor", \.noColor, "No colours in `common`."),
        Field("filePath", \.filePath, "A file to append to; empty: standard output."),
        Field("maxSize", \.maxSize, "Megabytes of `filePath` at which it is put aside and begun anew; 0: 100."),
        Field("maxAge", \.maxAge, "Days that files put aside are kept; 0: for ever."),
        Field("maxBackups", \.maxBackups, "How many files put aside are kept; 0: all."),
        Field("compress", \.compress, "Files put aside are compressed with gzip."),
        .unsupported("otlp")
    )
}
