internal import Synchronization

/// Spans as one worker counts them; written on its loop, read by anyone.
package final class SpanFigures: Sendable {
    private let recordings = Atomic<UInt64>(0)
    private let drops = Atomic<UInt64>(0)

    init() {}

    /// Spans that were finished and kept for the export.
    package var recorded: UInt64 { recordings.load(ordering: .relaxed) }
    /// Spans that found no room, because the export did not keep up.
    package var dropped: UInt64 { drops.load(ordering: .relaxed) }

    // One writer: plain moves will do.
    func noteRecorded() { recordings.store(recorded &+ 1, ordering: .relaxed) }
    func noteDropped() { drops.store(dropped &+ 1, ordering: .relaxed) }
}
