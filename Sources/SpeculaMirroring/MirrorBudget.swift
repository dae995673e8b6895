internal import Synchronization

/// Bytes of bodies that the whole process may hold for copies, counted as they are taken and given back.
///
/// One relaxed add for each body slice that a copy must wait with; a request without a body touches nothing.
package final class MirrorBudget: Sendable {
    /// Default 64 MiB, or a quarter of the memory limit of the cgroup where that is less.
    package let limit: Int
    private let held = Atomic<Int>(0)
    /// The part of it that is bytes of answers to be compared.
    private let compared = Atomic<Int>(0)

    package init(limit: Int = 64 << 20) { self.limit = limit }

    package var heldBytes: Int { held.load(ordering: .relaxed) }

    /// Takes `count` bytes, or nothing.
    internal func take(_ count: Int) -> Bool {
        let after = held.wrappingAdd(count, ordering: .relaxed).newValue
        guard after > limit else { return true }
        held.wrappingSubtract(count, ordering: .relaxed)
        return false
    }

    /// Takes `count` bytes for an answer that is to be compared, or nothing: an eighth of all bytes is for these, so that they never keep
    /// a copy from being sent that could be.
    internal func takeCompared(_ count: Int) -> Bool {
        if compared.wrappingAdd(count, ordering: .relaxed).newValue <= limit / 8, take(count) { return true }
        compared.wrappingSubtract(count, ordering: .relaxed)
        return false
    }

    internal func giveBackCompared(_ count: Int) {
        compared.wrappingSubtract(count, ordering: .relaxed)
        giveBack(count)
    }

    internal func giveBack(_ count: Int) { held.wrappingSubtract(count, ordering: .relaxed) }
}
