import Testing

@testable import SpeculaRouting

struct MirrorOptionsTests {
    private func isChosen(_ key: String, _ percent: Int) -> Bool {
        let bytes = Array(key.utf8)
        return MirrorSample.isChosen(key: bytes.span, ratioMillionths: Int32(percent) * 10_000)
    }

    /// The hash is part of the contract: other replicas, and who computes it elsewhere, must come to the same.
    @Test func positionsOfKeysNeverChange() {
        let positions = ["", "a", "user-1", "10.0.0.1"].map { key in
            let bytes = Array(key.utf8)
            return MirrorSample.position(of: bytes.span)
        }
        #expect(positions == [936_769, 510_294, 256_393, 783_109])
    }

    @Test func whoBelongsToAShareBelongsToEveryLargerOne() {
        for number in 0..<2_000 {
            var isIn = false
            for percent in 0...100 {
                let now = isChosen("user-\(number)", percent)
                #expect(now || !isIn, "user-\(number) at \(percent) %")
                isIn = now
            }
            #expect(isIn)
        }
    }

    @Test(arguments: [1, 5, 10, 50, 90])
    func sharesAreNearWhatIsAsked(percent: Int) {
        let count = 100_000
        let chosen = (0..<count).count { isChosen("10.\($0 >> 16).\($0 >> 8 & 255).\($0 & 255)", percent) }
        let expected = Double(count * percent) / 100
        // Five standard deviations.
        #expect(abs(Double(chosen) - expected) < 5 * (expected * (1 - Double(percent) / 100)).squareRoot())
    }

    @Test(arguments: [(200, 50), (1, 1), (7, 3), (1_000_000, 1)])
    func aRateAllowsItsBurstAndThenItsAverage(average: Int, burst: Int) {
        let plan = MirrorRatePlan(average: average, burst: burst)
        let start: UInt64 = 1_000_000_000_000
        var due: UInt64 = 0
        func take(at now: UInt64) -> Bool {
            guard let next = plan.next(due: due, now: now) else { return false }
            due = next
            return true
        }
        #expect((0..<burst).allSatisfy { _ in take(at: start) })
        #expect(!take(at: start))
        // One more for each interval that passes, none in between.
        for number in 1...20 {
            let now = start + UInt64(number) * plan.interval
            #expect(!take(at: now - 1))
            #expect(take(at: now))
            #expect(!take(at: now))
        }
        // After a long rest no more than the burst.
        let later = start + 3_600_000_000_000
        #expect((0..<(burst + 5)).count { _ in take(at: later) } == burst)
    }
}
