internal import Synchronization

/// The last sampled trace of one bucket, read whole or not at all.
struct ExemplarReading: Sendable {
    let high: UInt64
    let low: UInt64
    let nanoseconds: UInt64
    let milliseconds: UInt64

    /// Reads what `setExemplar` wrote; nil when the writer was in the middle of it, every time of a few.
    init?(block: CellBlock, base: Int) {
        for _ in 0..<4 {
            let before = block.words[base + ExemplarLayout.version].load(ordering: .acquiring)
            let high = block.words[base + ExemplarLayout.high].load(ordering: .acquiring)
            let low = block.words[base + ExemplarLayout.low].load(ordering: .acquiring)
            let nanoseconds = block.words[base + ExemplarLayout.value].load(ordering: .acquiring)
            let milliseconds = block.words[base + ExemplarLayout.milliseconds].load(ordering: .acquiring)
            let after = block.words[base + ExemplarLayout.version].load(ordering: .relaxed)
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
    /// Replaces the exemplar. The version is odd meanwhile, so that no reader takes half of two traces.
    func setExemplar(_ trace: TraceExemplar, nanoseconds: UInt64) {
        let version = block.words[base + ExemplarLayout.version].load(ordering: .relaxed)
        block.words[base + ExemplarLayout.version].store(version &+ 1, ordering: .relaxed)
        // Each store releases the ones before, so no word is seen without the odd version in front of it.
        block.words[base + ExemplarLayout.high].store(trace.high, ordering: .releasing)
        block.words[base + ExemplarLayout.low].store(trace.low, ordering: .releasing)
        block.words[base + ExemplarLayout.value].store(nanoseconds, ordering: .releasing)
        block.words[base + ExemplarLayout.milliseconds].store(trace.milliseconds, ordering: .releasing)
        block.words[base + ExemplarLayout.version].store(version &+ 2, ordering: .releasing)
    }
}
