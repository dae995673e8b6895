/// The books at one moment as plain numbers, for who shows them otherwise than as a scrape.
///
/// Everything counts from the start of the process and only grows; what left the configuration stays in it.
package struct BooksReading: Sendable {
    /// Upper bounds of the duration buckets, in seconds; one more bucket stands behind them.
    package let bounds: [Double]
    /// Upper bounds of the buckets of `Mirror.ratios`; one more stands behind them.
    package let ratioBounds: [Double]
    /// By name; empty when entry points are not counted.
    package var entryPoints: [String: Traffic] = [:]
    package var openConnections: [String: Double] = [:]
    /// By qualified name; load balancers alone have one.
    ///
    /// Empty when services are not counted.
    package var services: [String: Traffic] = [:]
    package var mirrors: [MirrorName: Mirror] = [:]
    /// Bytes held for copies in the whole process, and how many may be; 0 when nobody says.
    package var copyBytes = 0.0
    package var copyBytesLimit = 0.0
    package var residentBytes: UInt64 = 0
    /// Unix seconds at which a configuration was last put in force; 0 before.
    package var lastReload = 0.0
    package var lastReloadWasGood = false
    package var reloads: UInt64 = 0
    package var reloadFailures: UInt64 = 0

    /// A mirror of a mirroring service, both qualified.
    package struct MirrorName: Hashable, Sendable {
        package let service: String
        package let mirror: String

        package init(service: String, mirror: String) {
            self.service = service
            self.mirror = mirror
        }
    }

    /// Requests that ended.
    package struct Traffic: Sendable {
        /// By `StatusClass.rawValue`.
        package var classes = [UInt64](repeating: 0, count: StatusClass.allCases.count)
        /// Requests by duration, each in one bucket.
        package var buckets: [UInt64]
        /// The sum of all durations.
        package var nanoseconds: UInt64 = 0

        /// Nothing yet, for that many bounds.
        package init(bounds: Int) { buckets = [UInt64](repeating: 0, count: bounds + 1) }

        /// Adds another's requests to these.
        package mutating func add(_ other: Traffic) {
            for index in classes.indices { classes[index] &+= other.classes[index] }
            for index in buckets.indices { buckets[index] &+= other.buckets[index] }
            nanoseconds &+= other.nanoseconds
        }
    }

    /// What became of the requests of a mirroring service, for one mirror.
    package struct Mirror: Sendable {
        /// By `MirrorDecision.rawValue`.
        package var decisions = [UInt64](repeating: 0, count: MirrorDecision.allCases.count)
        /// By `MirrorOutcome.rawValue`.
        package var outcomes = [UInt64](repeating: 0, count: MirrorOutcome.allCases.count)
        /// By `ComparisonResult.rawValue`.
        package var compared = [UInt64](repeating: 0, count: ComparisonResult.allCases.count)
        /// Its answers are held against the primary's.
        package var isCompared = false
        /// By the primary's `StatusClass.rawValue` times the number of classes, plus the mirror's.
        package var pairs = [UInt64](repeating: 0, count: StatusClass.allCases.count * StatusClass.allCases.count)
        /// Pairs by the mirror's time over the primary's.
        package var ratios: [UInt64] = []
        /// Share of the requests it is to get, 0 to 1.
        package var askedShare = 0.0
        package var inFlight = 0.0
        package var heldBytes = 0.0
    }
}
