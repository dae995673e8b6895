/// What `metrics.prometheus` says, and what of it is ours.
///
/// Unknown to clients: fixed for the life of the process.
package struct MetricOptions: Sendable {
    /// Upper bounds of the duration histograms, in seconds. (Traefik: `buckets`)
    package var buckets: [Double] = [0.1, 0.3, 1.2, 5]
    /// `traefik_entrypoint_*` are kept. (Traefik: `addEntryPointsLabels`)
    package var entryPoints = true
    /// `traefik_router_*` are kept. (Traefik: `addRoutersLabels`, off unless written)
    package var routers = false
    /// `traefik_service_*` are kept. (Traefik: `addServicesLabels`)
    package var services = true
    /// Labels of the `*_requests_total` families whose value is a request field. (Traefik: `headerLabels`)
    package var headerLabels: [HeaderLabel] = []
    /// Distinct sets of header label values; further ones count under `other`.
    package var maxHeaderLabelSets = 1000
    /// OpenMetrics is offered to those who ask for it.
    ///
    /// Off: its `le="5.0"` is another series than Traefik's `le="5"`.
    package var openMetrics = false
    /// Durations are kept as native histograms, too, and shown to those who ask for protobuf.
    ///
    /// Off: a Prometheus of those days keeps the native form alone, and Traefik's dashboards ask for buckets.
    package var nativeHistograms = false
    /// What `specula_build_info` says.
    package var build = BuildInfo()

    package init() {}

    /// Whether a name may be that of a header label: a label name that no family has itself. (Prometheus data model)
    package static func isUsable(label: String) -> Bool {
        let own = ["code", "method", "protocol", "entrypoint", "router", "service", "le"]
        guard let first = label.utf8.first, !own.contains(label), !label.hasPrefix("__") else { return false }
        let isLetter = { (byte: UInt8) in byte == 0x5f || byte >= 0x61 && byte <= 0x7a || byte >= 0x41 && byte <= 0x5a }
        return isLetter(first) && label.utf8.allSatisfy { isLetter($0) || $0 >= 0x30 && $0 <= 0x39 }
    }

    /// Upper bounds at most; more make no sense in a histogram and are refused by the configuration.
    package static let maxBuckets = 500
}

/// A label whose value is a field of the request.
package struct HeaderLabel: Hashable, Sendable {
    /// The name of the label.
    package let label: String
    /// The name of the field.
    package let field: String

    package init(label: String, field: String) {
        self.label = label
        self.field = field
    }
}

/// What was built: the labels of `specula_build_info`.
package struct BuildInfo: Sendable {
    package var version: String
    package var revision: String
    package var swiftVersion: String

    package init(version: String = "dev", revision: String = "unknown", swiftVersion: String = "unknown") {
        self.version = version
        self.revision = revision
        self.swiftVersion = swiftVersion
    }
}
