/// The upper bounds of a histogram in whole units (nanoseconds, millionths), and how they are shown.
final class HistogramBounds: Sendable {
    /// Inclusive upper bounds, ascending; one more bucket, without a bound, stands behind them.
    let upper: [UInt64]
    /// The bounds as configured.
    let values: [Double]
    /// Units in one of what is shown: 1,000,000,000 for seconds.
    let unit: UInt64
    /// How each bucket's line goes on behind the other labels: `le="0.1"} `, the one without a bound last.
    let endings: LineEndings
    /// The same in OpenMetrics, where a whole bound has a fraction: `le="5.0"} `.
    let openMetricsEndings: LineEndings

    /// Sorts; leaves out what is no bound: negative, not a number, infinite, twice the same.
    init(_ bounds: [Double], unit: UInt64) {
        var values: [Double] = []
        for bound in bounds.filter({ $0.isFinite && $0 >= 0 }).sorted().prefix(MetricOptions.maxBuckets)
        where values.last != bound {
            values.append(bound)
        }
        self.values = values
        self.unit = unit
        // A bound like 0.3 is a hair off in binary: what is within a thousandth of a unit of a whole one is meant to be it.
        let texts = values.map(NumberText.text) + ["+Inf"]
        endings = LineEndings(texts)
        openMetricsEndings = LineEndings(texts.map(NumberText.openMetrics))
        upper = values.map { UInt64(min($0 * Double(unit) + 0.001, 9e18)) }
    }

    /// Decimal places of the unit.
    var places: Int { unit == 1_000_000_000 ? 9 : 6 }

    /// Buckets, the one without a bound included.
    var count: Int { upper.count + 1 }

    /// The bucket that a value falls into.
    @inline(__always) func bucket(of value: UInt64) -> Int {
        var index = 0
        if upper.count > 16 {
            var high = upper.count
            while index < high {
                let middle = (index + high) >> 1
                if value > upper[middle] { index = middle + 1 } else { high = middle }
            }
            return index
        }
        while index < upper.count, value > upper[index] { index += 1 }
        return index
    }

    static let loopLag = HistogramBounds(
        [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1], unit: 1_000_000_000)
    static let overhead = HistogramBounds(
        [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1], unit: 1_000_000_000)
    static let latencyRatio = HistogramBounds(
        [0.1, 0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 100], unit: 1_000_000)
}

/// The `le` labels of a histogram's buckets, one behind another in one piece of memory.
struct LineEndings: Sendable {
    let bytes: [UInt8]
    private let ends: [Int]

    init(_ bounds: [String]) {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for bound in bounds {
            bytes += Array("le=\"\(bound)\"} ".utf8)
            ends.append(bytes.count)
        }
        self.bytes = bytes
        self.ends = ends
    }

    func range(of bucket: Int) -> Range<Int> { (bucket == 0 ? 0 : ends[bucket - 1])..<ends[bucket] }
}

/// The bounds of a histogram laid out for recording: up to sixteen inline, so that finding a bucket touches no other memory.
struct BucketFinder {
    private let inline: InlineArray<16, UInt64>
    private let bounds: HistogramBounds
    /// Buckets, the one without a bound included.
    let count: Int

    init(_ bounds: HistogramBounds) {
        self.bounds = bounds
        count = bounds.count
        inline = InlineArray { $0 < bounds.upper.count ? bounds.upper[$0] : .max }
    }

    @inline(__always) func bucket(of value: UInt64) -> Int {
        guard count <= 17 else { return bounds.bucket(of: value) }
        var index = 0
        while index < count &- 1, value > inline[index] { index &+= 1 }
        return index
    }
}
