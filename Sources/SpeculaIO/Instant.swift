/// A point on the monotonic clock, in nanoseconds since an unspecified start; never compared across machines.
package struct Instant: Comparable, Hashable, Sendable {
    package var nanoseconds: UInt64

    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than every timer anyone could want.
    package static var distantFuture: Instant { Instant(nanoseconds: .max) }

    package static func < (left: Instant, right: Instant) -> Bool { left.nanoseconds < right.nanoseconds }

    package static func + (instant: Instant, duration: Duration) -> Instant {
        let step = duration.wholeNanoseconds
        return step >= 0
            ? instant.advanced(byNanoseconds: UInt64(step))
            : Instant(nanoseconds: instant.nanoseconds &- min(instant.nanoseconds, step.magnitude))
    }

    package static func - (instant: Instant, duration: Duration) -> Instant { instant + (.zero - duration) }

    package static func - (later: Instant, earlier: Instant) -> Duration {
        .nanoseconds(Int64(bitPattern: later.nanoseconds &- earlier.nanoseconds))
    }

    /// Stops at `distantFuture`.
    package func advanced(byNanoseconds step: UInt64) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(step)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }

    /// Zero when `earlier` is not earlier.
    package func nanoseconds(since earlier: Instant) -> UInt64 {
        nanoseconds > earlier.nanoseconds ? nanoseconds &- earlier.nanoseconds : 0
    }
}

extension Duration {
    /// The duration in nanoseconds, rounded towards zero and held within 64 bits.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        guard !overflow && !carried else { return seconds < 0 ? .min : .max }
        return sum
    }
}

/// The time of day, as the system's clock has it: for `Date`, logs and certificates, never for timers.
package struct WallTime: Hashable, Sendable {
    /// Since 1970-01-01 00:00 UTC.
    package var seconds: Int64
    /// Of the second, 0 to 999,999,999.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}
