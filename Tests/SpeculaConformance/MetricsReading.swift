/// The `traefik_*` series of a scrape that a case looks at.
struct MetricsReading: Equatable {
    private(set) var series: [String: String] = [:]

    /// Reads a scrape: with `all`, the gateway's own entry point and services too; with `reloads`, the number of reloads.
    init(_ text: String, all: Bool, buckets: Bool, reloads: Bool) {
        for line in text.split(separator: "\n") where line.hasPrefix("traefik_") {
            guard let space = line.lastIndex(of: " ") else { continue }
            let key = String(line[..<space].dropFirst("traefik_".count)),
                value = String(line[line.index(after: space)...])
            if !all, key.contains("entrypoint=\"traefik\"") || key.contains("@internal") { continue }
            let family = key.prefix { $0 != "{" }
            let isTime = family.hasSuffix("_seconds_bucket") || family.hasSuffix("_seconds_sum")
            if isTime, !buckets { continue }
            let varies =
                isTime && !key.contains("le=\"+Inf\"") || key.contains("last_reload_success")
                || key.contains("not_after")
                || key.contains("reloads_total") && !reloads
            series[key] = varies ? "*" : value
        }
    }

    init() {}

    /// What changed, as `= NAME VALUE` and `= gone NAME`.
    ///
    /// The count of a duration is told only where
    /// it is not that of the requests.
    func changes(since before: MetricsReading) -> [String] {
        var lines: [String] = []
        for (key, value) in series where before.series[key] != value {
            let twin = key.replacing("_request_duration_seconds_count", with: "_requests_total")
            if twin != key, series[twin] == value, before.series[twin] != value { continue }
            lines.append("= \(key) \(value)")
        }
        for key in before.series.keys where series[key] == nil {
            if key.contains("_request_duration_seconds_count") { continue }
            lines.append("= gone \(key)")
        }
        return lines.sorted()
    }
}

extension String {
    /// Every occurrence replaced.
    func replacing(_ part: String, with other: String) -> String {
        var out = "", rest = Substring(self)
        while let start = rest.firstRange(of: part) {
            out += rest[..<start.lowerBound] + other
            rest = rest[start.upperBound...]
        }
        return out + rest
    }
}
