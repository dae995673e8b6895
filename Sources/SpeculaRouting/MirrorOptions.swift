/// What Specula adds to a mirror beside Traefik's keys; without any of it a mirror is as Traefik's.
package struct MirrorOptions: Sendable {
    package var sampleKey = MirrorSampleKey.counter
    /// Copies a second; nil: as many as there are.
    package var rate: MirrorRatePlan?
    /// Fields taken out of a copy, by name.
    package var removedFields: [String] = []
    /// Fields put into a copy instead of those of the same name.
    package var setFields: [(name: String, value: String)] = []
    /// Nil: its answers are thrown away unseen.
    package var comparison: MirrorComparisonPlan?

    package init() {}
}

/// What decides which requests belong to a mirror's share.
package enum MirrorSampleKey: Sendable, Equatable {
    /// Their order, as in Traefik.
    case counter
    /// The value of a field, whose name is given in lower case.
    case header([UInt8])
    /// The value of a cookie.
    case cookie([UInt8])
    /// The address that the connection comes from.
    case clientIP
}

extension MirrorSample {
    /// Whether the requests of a key belong to the share: the same on every replica, and whoever belongs to 5 % belongs to 10 %.
    ///
    /// FNV-1a of 64 bits, mixed as MurmurHash3 does at its end, read as a fraction of 2^64.
    package static func isChosen(key: Span<UInt8>, ratioMillionths: Int32) -> Bool {
        guard ratioMillionths > 0 else { return false }
        return position(of: key) < UInt64(ratioMillionths)
    }

    /// Where a key stands among a million.
    static func position(of key: Span<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for offset in 0..<key.count { hash = (hash ^ UInt64(key[offset])) &* 0x100_0000_01b3 }
        hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
        hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        hash ^= hash >> 33
        return hash.multipliedFullWidth(by: 1_000_000).high
    }
}

/// A mirror's `rateLimit`: so many copies a second in the whole process, so many of them at once.
package struct MirrorRatePlan: Sendable, Hashable {
    /// Nanoseconds between two copies at the average.
    package let interval: UInt64
    /// Nanoseconds by which copies may come early: the burst, less one.
    package let tolerance: UInt64

    /// - Parameters:
    ///   - average: Copies a second; at least 1.
    ///   - burst: At least 1.
    package init(average: Int, burst: Int) {
        interval = max(1, 1_000_000_000 / UInt64(max(1, average)))
        tolerance = interval.multipliedReportingOverflow(by: UInt64(max(1, burst) - 1)).partialValue
    }

    /// The generic cell rate algorithm (ITU-T I.371): when the next copy is due, after one at `now`; nil when `now` is too early.
    ///
    /// `due` is when the next was due by the copies before; 0 at the beginning.
    package func next(due: UInt64, now: UInt64) -> UInt64? {
        let from = max(due, now)
        return from - now <= tolerance ? from &+ interval : nil
    }
}
