/// How often each kind of fault is drawn, in a thousandth of the occasions.
///
/// A seed draws its own rates, many of them zero, so that the others get deep (swarm testing).
package struct FaultRates: Sendable, Equatable {
    /// Receive hands out only a part of what has arrived.
    package var partialReceive = 0
    /// Send takes only a part of what would fit.
    package var partialSend = 0
    /// Readiness is reported for nothing.
    package var spuriousReport = 0
    /// A report is held back for a turn.
    package var lateReport = 0
    /// A segment is lost for good: both sides are reset.
    package var reset = 0
    /// A connection attempt of the loop is refused although someone listens.
    package var refusedConnect = 0
    /// A connection attempt is never answered.
    package var hangingConnect = 0
    /// Accept or connect find no descriptor.
    package var exhaustion = 0
    /// A link delivers nothing for a while.
    package var stall = 0
    /// A lookup fails or is never answered.
    package var failedLookup = 0
    /// The clocks jump: the monotonic one forward by up to an hour, the wall clock either way.
    ///
    /// Drawn per millisecond passed.
    package var clockJump = 0

    /// A link holds a handful of bytes, which takes a journey for each handful: for small bodies.
    package var tinyLink = 0

    package init() {}

    /// No fault at all; splitting of segments remains.
    package static var none: FaultRates { FaultRates() }

    /// What a seed draws.
    package static func drawn(from random: inout SimulatedRandom) -> FaultRates {
        var rates = FaultRates()
        let levels = [0, 0, 5, 50, 300]
        rates.partialReceive = random.pick([0, 50, 300, 900])
        rates.partialSend = random.pick([0, 50, 300, 900])
        rates.spuriousReport = random.pick([0, 50, 300])
        rates.lateReport = random.pick([0, 50, 300])
        rates.reset = random.pick([0, 0, 0, 2, 10, 50])
        rates.refusedConnect = random.pick(levels)
        rates.hangingConnect = random.pick([0, 0, 0, 5, 50])
        rates.exhaustion = random.pick([0, 0, 0, 5, 50])
        rates.stall = random.pick([0, 0, 5, 50])
        rates.failedLookup = random.pick([0, 0, 50, 300])
        rates.clockJump = random.pick([0, 0, 0, 0, 1])
        rates.tinyLink = random.pick([0, 0, 0, 200])
        return rates
    }
}

/// What a campaign of runs must have met at least once, or its faults are a dead letter.
package enum CoverageMark: String, CaseIterable, Sendable {
    case partialReceive, partialSend, sendBlocked, spuriousReport, lateReport
    case resetByChance, resetAtByte, resetByPeer, resetBecauseUnread, sendAfterPeerClosed
    case refusedConnect, hangingConnect, exhaustedAccept, exhaustedConnect, shed
    /// Nothing but a reserve was free, and it was kept from somebody; a part of it was given up, as nothing else was free.
    case reserveKept, reserveUsed
    case stall, failedLookup, silentLookup, clockJump, wallClockSet
    case handedOver, halfClose, peerClosed, mergedReports, mailboxWake
}
