import Glibc

/// A seed from `SPECULA_SEED`, else by chance; tests print it when they fail.
enum Seed {
    static func chosen() -> UInt64 {
        if let text = unsafe getenv("SPECULA_SEED"), let seed = unsafe UInt64(String(cString: text)) { return seed }
        return UInt64.random(in: 0..<(1 << 53))
    }
}

/// The same numbers for the same seed. (SplitMix64)
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}
