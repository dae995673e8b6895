/// How one of the demo's servers behaves: how long it takes, and how often it fails.
struct DemoBehaviour: Sendable {
    /// What it calls itself in its answers.
    let name: String
    /// The shortest time an answer takes.
    let base: Duration
    /// What may come on top; a few answers take several times of it, as in life.
    let spread: Duration
    /// Answers with 500 or 503, in a thousand.
    let errorsPerThousand: UInt64

    static let primary = DemoBehaviour(
        name: "production", base: .milliseconds(3), spread: .milliseconds(6), errorsPerThousand: 2)
    static let steady = DemoBehaviour(
        name: "steady", base: .milliseconds(3), spread: .milliseconds(7), errorsPerThousand: 1)
    static let shaky = DemoBehaviour(
        name: "shaky", base: .milliseconds(12), spread: .milliseconds(30), errorsPerThousand: 100)

    /// How long an answer takes, drawn from 64 random bits: mostly within `spread`, one in 32 up to four times of it.
    func delay(drawing bits: UInt64) -> Duration {
        let part = Int64(bits & 0xFFFF)
        let stretch: Int64 = bits >> 16 & 31 == 0 ? 4 : 1
        // The square leans towards short times.
        return base + spread * stretch * part / 65_536 * part / 65_536
    }

    /// The status of an answer, drawn from 64 random bits.
    func status(drawing bits: UInt64) -> UInt16 {
        guard bits % 1000 < errorsPerThousand else { return 200 }
        return bits >> 32 & 1 == 0 ? 500 : 503
    }
}
