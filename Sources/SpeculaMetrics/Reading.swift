/// One moment of the registry, as a scrape shows it: values and labels, no longer connected with anything.
struct Reading: Sendable {
    let style: LabelStyle
    let layout: RequestLayout
    let hasHeaderLabels: Bool
    var requests: RequestReading
    /// With header labels only: `*_requests_total`, one cell each.
    var headerCounts: RequestReading
    /// By series and bucket, newest first of all shards; only when asked for.
    var exemplars: [SeriesIdentity: ExemplarReading] = [:]
    /// Everything else by family name, each sorted by labels.
    var samples: [String: [Sample]] = [:]

    /// Request series: one set of rows that several families show.
    struct RequestReading: Sendable {
        var labels: LabelArena
        var identities: [SeriesIdentity]
        var values: [UInt64]
        var width: Int
        /// The rows of each kind of scope, in order.
        var orders: [[Int]]
    }
}

/// One series of a family, its labels laid out.
struct Sample: Sendable {
    enum Value: Sendable {
        case counter(UInt64)
        /// A counter that is no whole number, such as seconds.
        case fraction(Double)
        case gauge(Double)
        case histogram(HistogramBounds, [UInt64], sum: UInt64)
    }

    let labels: [UInt8]
    let value: Value
}

extension Reading {
    /// Shows a family, unless it has no series.
    mutating func set(_ family: MetricFamily, _ series: [Sample]) {
        if !series.isEmpty { samples[family.name.description] = series }
    }
}
