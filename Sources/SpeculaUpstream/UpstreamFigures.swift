internal import Synchronization

/// Connections to servers as one worker counts them; written on its loop, read by anyone.
package final class UpstreamFigures: Sendable {
    private let openings = Atomic<UInt64>(0)
    private let reuses = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)

    internal init() {}

    /// Connections that were made.
    package var opened: UInt64 { openings.load(ordering: .relaxed) }
    /// Requests that found an idle connection.
    package var reused: UInt64 { reuses.load(ordering: .relaxed) }
    /// Connections that could not be made.
    package var failed: UInt64 { failures.load(ordering: .relaxed) }

    // One writer: plain moves will do.
    internal func noteOpened() { openings.store(opened &+ 1, ordering: .relaxed) }
    internal func noteReused() { reuses.store(reused &+ 1, ordering: .relaxed) }
    internal func noteFailed() { failures.store(failed &+ 1, ordering: .relaxed) }
}
