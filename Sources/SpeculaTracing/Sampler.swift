/// Which traces are recorded: those whose parent is, else a share of the new ones. (Traefik: tracing.sampleRate)
///
/// As OpenTelemetry's parent-based sampler by ratio: the decision is a function of the trace's id, the same on every replica.
package struct Sampler: Sendable {
    private let bound: UInt64

    /// - `ratio`: Of the traces that begin here; 0 to 1.
    package init(ratio: Double) {
        bound = ratio >= 1 ? 1 << 63 : ratio > 0 ? UInt64(ratio * 0x1p63) : 0
    }

    /// Whether a trace that begins here is recorded.
    package func samples(low: UInt64) -> Bool { low >> 1 < bound }
}

/// Numbers for traces and spans: unique enough, cheap, without a system call each. (xoshiro256**)
package struct TraceNumbers: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// - `seed`: From the system's source of randomness; another one for each worker.
    package init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        state = seed
        // All zeros would stay all zeros.
        if state.0 | state.1 | state.2 | state.3 == 0 {
            state = (0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0x2545_f491_4f6c_dd1d)
        }
    }

    /// Never zero.
    package mutating func next() -> UInt64 {
        while true {
            let product = state.1 &* 5
            let result = (product << 7 | product >> 57) &* 9
            let shifted = state.1 << 17
            state.2 ^= state.0
            state.3 ^= state.1
            state.1 ^= state.2
            state.0 ^= state.3
            state.2 ^= shifted
            state.3 = state.3 << 45 | state.3 >> 19
            if result != 0 { return result }
        }
    }
}
