import Testing

@testable import SpeculaRouting

struct BalancerScheduleTests {
    private func turns(_ schedule: BalancerSchedule, _ count: Int, from first: UInt64 = 1) -> String {
        (0..<count).map {
            schedule.pick(ticket: first + UInt64($0)).map { "\("pxyz"["pxyz".index("pxyz".startIndex, offsetBy: $0)])" }
                ?? "-"
        }
        .joined()
    }

    /// What Traefik 3.7.9 did: servers of weights 5, 3, 2, services of weights 3, 1.
    @Test func turnsFallAsInTraefik() {
        #expect(turns(BalancerSchedule(weights: [5, 3, 2]), 20) == "pxpypxpxpypxpypxpxpy")
        #expect(turns(BalancerSchedule(weights: [3, 1]), 12) == "ppxppppxppxp")
        #expect(turns(BalancerSchedule(weights: [0, 1]), 4) == "xxxx")
    }

    @Test(arguments: [[1, 1, 1], [3, 1, 1], [0, 1, 1], [5, 3, 2], [10, 20], [7], [1, 2, 3, 4], [100, 1, 33]])
    func sharesAreExactInEveryPeriod(weights: [Int]) throws {
        let divisor =
            weights.filter { $0 > 0 }.min().map { smallest in
                (1...smallest).last { d in weights.allSatisfy { $0 % d == 0 } } ?? 1
            } ?? 1
        let shares = weights.map { $0 / divisor }
        let period = shares.reduce(0, +)
        let schedule = BalancerSchedule(weights: weights)
        for start in [0, 3, 50] {
            var counts = weights.map { _ in 0 }
            for turn in 0..<period {
                counts[try #require(schedule.pick(ticket: UInt64(start * period + turn + 1)))] += 1
            }
            #expect(counts == shares)
        }
    }

    @Test func nobodyToChooseIsNil() {
        for weights in [[], [0], [-1, 0]] {
            let schedule = BalancerSchedule(weights: weights)
            #expect(schedule.isEmpty)
            #expect(schedule.pick(ticket: 1) == nil)
        }
        #expect(BalancerSchedule(weights: [1, 1]).restricted { _ in false }.isEmpty)
    }

    @Test func theTurnsOfUnavailableMembersFallAway() throws {
        let schedule = BalancerSchedule(weights: [3, 2, 1])
        let restricted = schedule.restricted { $0 != 1 }
        #expect(!restricted.isEmpty)
        var counts = [0, 0, 0]
        for ticket in UInt64(1)...400 { counts[try #require(restricted.pick(ticket: ticket))] += 1 }
        #expect(counts == [300, 0, 100])
        #expect(restricted.restricted { _ in true }.pick(ticket: 2) == schedule.pick(ticket: 2))
    }

    @Test(arguments: [
        [99_999, 1], [1_000_003, 2_000_003, 3_000_017], [.max, .max, 1], [.max, .max, .max, 7], [1, 65_536, 131_071],
    ])
    func longPeriodsKeepTheirSharesToAFewTurns(weights: [Int]) throws {
        let schedule = BalancerSchedule(weights: weights)
        var counts = weights.map { _ in 0.0 }
        let turns = 60_000
        for ticket in 1...turns { counts[try #require(schedule.pick(ticket: UInt64(ticket)))] += 1 }
        let sum = weights.reduce(0.0) { $0 + Double($1) }
        for (count, weight) in zip(counts, weights) {
            #expect(abs(count - Double(turns) * Double(weight) / sum) < 8)
        }
        let restricted = schedule.restricted { $0 == 0 }
        #expect((UInt64(1)...1000).allSatisfy { restricted.pick(ticket: $0) == 0 })
        #expect(schedule.restricted { _ in false }.isEmpty)
    }

    @Test func ticketsWrapAround() {
        let schedule = BalancerSchedule(weights: [1, 2])
        #expect(schedule.pick(ticket: .max) != nil)
        #expect(schedule.pick(ticket: 0) != nil)
    }
}
