/// The buckets of native histograms: eight per power of two, so that a bucket is 9 % wide (schema 3). (Prometheus native histograms)
enum NativeBuckets {
    static let schema = 3
    /// From 2^-20 s, a microsecond, which is the threshold of the bucket for zero.
    static let lowestExponent = -20
    /// Up to 2^20 s, twelve days; what is longer falls into the last bucket.
    static let highestExponent = 20
    static let zeroThreshold = 0x1p-20
    /// The bucket for zero comes first.
    static let count = 1 + (highestExponent - lowestExponent) * 8
    /// The index, in Prometheus's numbering, of the first bucket behind the one for zero.
    static let firstIndex = lowestExponent * 8 + 1

    /// Lower bounds of the eighths within a power of two, for significands from 1 to 2: 2^(k/8).
    private static let eighths: InlineArray<8, Double> = [
        1, 1.0905077326652577, 1.189207115002721, 1.2968395546510096, 1.4142135623730951, 1.542210825407941,
        1.681792830507429, 1.8340080864093424,
    ]

    /// The cell, from 0, of a duration.
    static func cell(ofNanoseconds nanoseconds: UInt64) -> Int {
        let seconds = Double(nanoseconds) / 1e9
        guard seconds > zeroThreshold else { return 0 }
        let exponent = Int(seconds.exponent)
        let significand = seconds.significand
        // The bucket with index i covers (2^((i-1)/8), 2^(i/8)]: how many bounds are below the value.
        var below = 0
        while below < 8, eighths[below] < significand { below += 1 }
        let index = exponent * 8 + below
        return min(index - firstIndex + 1, count - 1)
    }
}
