/// The last sampled trace of one bucket, read whole or not at all.
struct ExemplarReading: Sendable {
    let high: UInt64
    let low: UInt64
    let nanoseconds: UInt64
    let milliseconds: UInt64

    /// Thirty-two hexadecimal digits. (W3C Trace Context)
    var traceID: String {
        let digits = [high, low].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return digits.joined()
    }

    /// Reads what `setExemplar` wrote; nil when the writer was in the middle of it, every time of a few.
    init?(block: CellBlock, base: Int) {
        for _ in 0..<4 {
            let before = block.loadAcquiring(base + ExemplarLayout.version)
            let high = block.loadAcquiring(base + ExemplarLayout.high)
            let low = block.loadAcquiring(base + ExemplarLayout.low)
            let nanoseconds = block.loadAcquiring(base + ExemplarLayout.value)
            let milliseconds = block.loadAcquiring(base + ExemplarLayout.milliseconds)
            let after = block.load(base + ExemplarLayout.version)
            guard before == after, before & 1 == 0, before != 0 else { continue }
            self.high = high
            self.low = low
            self.nanoseconds = nanoseconds
            self.milliseconds = milliseconds
            return
        }
        return nil
    }
}

extension Cells {
    /// Replaces the exemplar.
    ///
    /// The version is odd meanwhile, so that no reader takes half of two traces.
    func setExemplar(_ trace: TraceExemplar, nanoseconds: UInt64) {
        let before = value(at: ExemplarLayout.version)
        setAfterwards(before &+ 1, at: ExemplarLayout.version)
        // Each store releases the ones before, so no word is seen without the odd version in front of it.
        setAfterwards(trace.high, at: ExemplarLayout.high)
        setAfterwards(trace.low, at: ExemplarLayout.low)
        setAfterwards(nanoseconds, at: ExemplarLayout.value)
        setAfterwards(trace.milliseconds, at: ExemplarLayout.milliseconds)
        setAfterwards(before &+ 2, at: ExemplarLayout.version)
    }
}
