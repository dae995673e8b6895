import Foundation
import Testing

/// A seeded source of random numbers (SplitMix64); the seed is printed when a test fails and may come from `SPECULA_SEED`.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

enum Seed {
    static let value = ProcessInfo.processInfo.environment["SPECULA_SEED"].flatMap(UInt64.init) ?? 20_261_121

    static func generator(_ offset: UInt64 = 0) -> SeededGenerator { SeededGenerator(seed: value &+ offset) }
}
