/// Whose turn it is among weighted servers or services, as a pure function of a ticket.
///
/// The order is Traefik's (earliest deadline first, a deadline being 1 / weight after the last), computed once into a table
/// of whole periods, so that shares are exact over any interleaving of workers. Where a period would be longer than
/// `periodLimit`, turns come from the ticket times the golden ratio: as even, in no table, and each share right to a few turns.
package struct BalancerSchedule: Sendable {
    /// Turns that a table may hold.
    static let periodLimit = 1 << 14
    /// Turns that a table of unequal weights holds at least: rounding makes the order of ties differ from period to period.
    private static let leastTurns = 64

    private let weights: [Int]
    private let turns: [UInt16]
    /// For the longest periods: the sums of the weights up to each member.
    private let sums: [UInt64]

    /// - Parameter weights: One for each member, in the order of the configuration; zero or less: never chosen.
    package init(weights: [Int]) { self.init(weights: weights, isAvailable: { _ in true }) }

    private init(weights: [Int], isAvailable: (Int) -> Bool) {
        self.weights = weights
        let chosen = weights.indices.filter { weights[$0] > 0 }
        let divisor = chosen.reduce(0) { BalancerSchedule.greatestCommonDivisor($0, weights[$1]) }
        var period = 0
        for member in chosen where period <= BalancerSchedule.periodLimit {
            let (sum, overflow) = period.addingReportingOverflow(weights[member] / divisor)
            period = overflow ? .max : sum
        }
        guard period <= BalancerSchedule.periodLimit, weights.count <= Int(UInt16.max) else {
            turns = []
            sums = BalancerSchedule.sums(weights.enumerated().map { isAvailable($0) ? $1 : 0 })
            return
        }
        sums = []
        let isEven = chosen.allSatisfy { weights[$0] == divisor }
        var order = EarliestDeadline(weights: weights)
        let periods = isEven || period == 0 ? 1 : max(1, (BalancerSchedule.leastTurns + period - 1) / period)
        turns = (0..<period * periods).compactMap { _ in
            guard let member = order.next(), isAvailable(member) else { return nil }
            return UInt16(member)
        }
    }

    /// The schedule with only some members taking turns; the others' turns fall away, as in Traefik.
    package func restricted(to isAvailable: (Int) -> Bool) -> BalancerSchedule {
        BalancerSchedule(weights: weights, isAvailable: isAvailable)
    }

    /// No member can be chosen.
    package var isEmpty: Bool { turns.isEmpty && (sums.last ?? 0) == 0 }

    /// The member whose turn a ticket is.
    ///
    /// Nil: there is none.
    ///
    /// Tickets count from 1.
    package func pick(ticket: UInt64) -> Int? {
        if !turns.isEmpty { return Int(turns[Int((ticket &- 1) % UInt64(turns.count))]) }
        guard let total = sums.last, total > 0 else { return nil }
        let place = (ticket &* 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: total).high
        var low = 0
        var high = sums.count - 1
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > place { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Running sums, the weights halved until the last sum fits.
    private static func sums(_ weights: [Int]) -> [UInt64] {
        var shares = weights.map { UInt64(max(0, $0)) }
        while true {
            var total: UInt64 = 0
            var overflows = false
            let sums = shares.map { share in
                let (sum, overflow) = total.addingReportingOverflow(share)
                overflows = overflows || overflow
                total = sum
                return sum
            }
            if !overflows { return sums }
            shares = shares.map { $0 >> 1 }
        }
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        var (a, b) = (a, b)
        while b != 0 { (a, b) = (b, a % b) }
        return a
    }
}
