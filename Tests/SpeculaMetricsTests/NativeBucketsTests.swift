import Foundation
import Testing

@testable import SpeculaMetrics

/// Native buckets must be Prometheus's own: bucket i of schema 3 covers what is above 2^((i-1)/8) and at most 2^(i/8).
struct NativeBucketsTests {
    @Test func aDurationFallsIntoTheBucketThatCoversIt() {
        var random = Seed.generator(1)
        for _ in 0..<5_000 {
            let nanoseconds = random.next() >> UInt64.random(in: 14..<64, using: &random)
            let cell = NativeBuckets.cell(ofNanoseconds: nanoseconds)
            let seconds = Double(nanoseconds) / 1e9
            if seconds <= NativeBuckets.zeroThreshold {
                #expect(cell == 0)
            } else if seconds <= pow(2, Double(NativeBuckets.highestExponent)) {
                let index = Double(NativeBuckets.firstIndex + cell - 1)
                #expect(pow(2, (index - 1) / 8) < seconds * (1 + 1e-12), "\(nanoseconds)")
                #expect(seconds <= pow(2, index / 8) * (1 + 1e-12), "\(nanoseconds)")
            }
        }
    }

    @Test func exactPowersBelongToTheLowerBucket() {
        // One second is the upper bound of the bucket with index 0, two seconds of the one with index 8.
        #expect(NativeBuckets.cell(ofNanoseconds: 1_000_000_000) == 0 - NativeBuckets.firstIndex + 1)
        #expect(NativeBuckets.cell(ofNanoseconds: 2_000_000_000) == 8 - NativeBuckets.firstIndex + 1)
        #expect(NativeBuckets.cell(ofNanoseconds: 2_000_000_001) == 9 - NativeBuckets.firstIndex + 1)
    }

    @Test func whatIsTooShortOrTooLongHasACell() {
        #expect(NativeBuckets.cell(ofNanoseconds: 0) == 0)
        #expect(NativeBuckets.cell(ofNanoseconds: .max) == NativeBuckets.count - 1)
    }
}
