internal import Glibc

/// Which seeds a campaign runs: one, or so many from the first on, as the environment says.
package enum SimulationSeeds {
    /// `SPECULA_SEED` alone, or `SPECULA_SEEDS` many from `SPECULA_FIRST_SEED` (1) on, or the given number of them.
    package static func chosen(default count: Int) -> [UInt64] {
        if let only = number("SPECULA_SEED") { return [only] }
        let first = number("SPECULA_FIRST_SEED") ?? 1
        let many = number("SPECULA_SEEDS").map { max($0, 1) } ?? UInt64(count)
        return (0..<many).map { first &+ $0 }
    }

    private static func number(_ name: String) -> UInt64? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe UInt64(String(cString: value))
    }
}
