/// What the demo's table shows, read at one moment: counters since the start, from the gateway's own books.
package struct DemoFigures: Sendable {
    /// Upper bounds of the buckets, in seconds; one more bucket stands behind them.
    package var bounds: [Double]
    /// The primary first, then its mirrors.
    package var columns: [Column]

    package init(bounds: [Double], columns: [Column]) {
        self.bounds = bounds
        self.columns = columns
    }

    /// One service.
    package struct Column: Sendable {
        package var name: String
        /// Share of the requests it is asked to get, 0 to 1; nil for the primary.
        package var askedShare: Double?
        package var requests: UInt64
        /// Of them, answered with 5xx.
        package var serverErrors: UInt64
        package var buckets: [UInt64]
        /// By reason, in a fixed order; empty for the primary.
        package var decisions: [Count]
        package var outcomes: [Count]

        package init(
            name: String, askedShare: Double?, requests: UInt64, serverErrors: UInt64, buckets: [UInt64],
            decisions: [Count] = [], outcomes: [Count] = []
        ) {
            self.name = name
            self.askedShare = askedShare
            self.requests = requests
            self.serverErrors = serverErrors
            self.buckets = buckets
            self.decisions = decisions
            self.outcomes = outcomes
        }
    }

    /// How often something happened.
    package struct Count: Sendable, Equatable {
        package var name: String
        package var value: UInt64

        package init(_ name: String, _ value: UInt64) {
            self.name = name
            self.value = value
        }
    }

    /// What happened since earlier figures of the same columns.
    func since(_ earlier: DemoFigures?) -> DemoFigures {
        guard let earlier, earlier.columns.count == columns.count else { return self }
        var difference = self
        for (index, before) in earlier.columns.enumerated() {
            difference.columns[index].requests &-= min(before.requests, columns[index].requests)
            difference.columns[index].serverErrors &-= min(before.serverErrors, columns[index].serverErrors)
            for (place, value) in before.buckets.enumerated() where place < difference.columns[index].buckets.count {
                difference.columns[index].buckets[place] &-= min(value, columns[index].buckets[place])
            }
        }
        return difference
    }
}

/// Quantiles out of a histogram's buckets.
enum BucketQuantile {
    /// Seconds, linear within the bucket; nil without observations, infinite behind the last bound.
    static func value(_ quantile: Double, buckets: [UInt64], bounds: [Double]) -> Double? {
        let total = buckets.reduce(0, &+)
        guard total > 0 else { return nil }
        let rank = quantile * Double(total)
        var seen = 0.0
        for (index, count) in buckets.enumerated() where count > 0 {
            let next = seen + Double(count)
            if next >= rank {
                guard index < bounds.count else { return .infinity }
                let low = index == 0 ? 0 : bounds[index - 1]
                return low + (bounds[index] - low) * (rank - seen) / Double(count)
            }
            seen = next
        }
        return .infinity
    }
}
