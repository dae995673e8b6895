/// Everything that one shard has counted, as scrapes read it, and where each cell stands.
final class ShardLogs: Sendable {
    let requests: SeriesLog
    let headerCounts = SeriesLog(cells: 1)
    let exemplars = SeriesLog(cells: ExemplarLayout.count)
    let tls = SeriesLog(cells: 1)
    let retries = SeriesLog(cells: 1)
    let connections = SeriesLog(cells: 1)
    let overheads = SeriesLog(cells: HistogramBounds.overhead.count + 1)
    let mirrors = SeriesLog(cells: MirrorLayout.count)
    let loopLag = SeriesLog(cells: HistogramBounds.loopLag.count + 1)

    init(layout: RequestLayout) { requests = SeriesLog(cells: layout.count) }
}

/// Cells of a request series: buckets, sum of nanoseconds, bytes in, bytes out, buckets of the native histogram.
///
/// Offsets count from the identity, so that the first cell is at 1.
struct RequestLayout: Sendable {
    let bounds: HistogramBounds
    /// Whether the buckets of a native histogram are kept.
    let isNative: Bool

    init(options: MetricOptions) {
        isNative = options.nativeHistograms
        bounds = HistogramBounds(options.buckets, unit: 1_000_000_000)
    }

    @inline(__always) var sum: Int { bounds.upper.count &+ 2 }
    @inline(__always) var requestBytes: Int { bounds.upper.count &+ 3 }
    @inline(__always) var responseBytes: Int { bounds.upper.count &+ 4 }
    @inline(__always) var native: Int { bounds.upper.count &+ 5 }
    var count: Int { bounds.count + 3 + (isNative ? NativeBuckets.count : 0) }
}

/// Cells of a mirror.
///
/// Comparisons stand before outcomes, and those before decisions: read in this order, none is seen without what went before.
enum MirrorLayout {
    static let compared = 1
    static let outcomes = compared + ComparisonResult.allCases.count
    static let decisions = outcomes + MirrorOutcome.allCases.count
    static let pairs = decisions + MirrorDecision.allCases.count
    static let statusClasses = StatusClass.allCases.count
    static let ratio = pairs + statusClasses * statusClasses
    static let ratioSum = ratio + HistogramBounds.latencyRatio.count
    static let count = ratioSum
}

/// Cells of one bucket's exemplar, guarded by a version: odd while it is being written.
enum ExemplarLayout {
    static let version = 1
    static let high = 2
    static let low = 3
    static let value = 4
    static let milliseconds = 5
    static let count = 5
}
