internal import Synchronization

/// Evens out who serves how many clients, at accept alone: with SO_REUSEPORT the kernel spreads connections by hash, and a few
/// long-lived ones can all fall to one worker.
///
/// A loop that has eight and a quarter more than the least busy one hands a fresh connection over; nothing moves later.
package final class AcceptBalance: Sendable {
    private struct Member {
        let remote: LoopRemote
        /// It listens and may be given connections.
        var isOpen = false
    }

    private final class Count: Sendable {
        let connections = Atomic(0)
    }

    private let members = Mutex<[Member]>([])
    private let counts: [Count]
    private let joined = Atomic(0)

    /// - Parameter capacity: As many loops may join.
    package init(capacity: Int) { counts = (0..<capacity).map { _ in Count() } }

    /// Nil when all places are taken.
    func join(_ remote: LoopRemote) -> Int? {
        members.withLock { members in
            guard members.count < counts.count else { return nil }
            members.append(Member(remote: remote))
            joined.store(members.count, ordering: .releasing)
            return members.count - 1
        }
    }

    /// A member that listens may be given connections, one that has stopped is given no more.
    func setOpen(_ member: Int, _ isOpen: Bool) { members.withLock { $0[member].isOpen = isOpen } }

    func opened(by member: Int) { counts[member].connections.add(1, ordering: .relaxed) }

    func ended(by member: Int) { counts[member].connections.subtract(1, ordering: .relaxed) }

    /// Who should rather have a fresh connection; nil keeps it, as nearly always.
    func betterPlace(than member: Int) -> LoopRemote? {
        let own = counts[member].connections.load(ordering: .relaxed)
        guard own > 8 else { return nil }
        var least = own
        var place: Int?
        for index in 0..<joined.load(ordering: .acquiring) where index != member {
            let count = counts[index].connections.load(ordering: .relaxed)
            if count < least {
                least = count
                place = index
            }
        }
        guard let place, own >= least + 8 + least / 4 else { return nil }
        return members.withLock { members in
            members[place].isOpen ? members[place].remote : nil
        }
    }
}

/// An accepted socket on its way from one loop to another, known to neither.
package struct DetachedSocket: Sendable {
    /// The network's own: a descriptor, or a number in a simulation.
    package let number: Int

    package init(number: Int) { self.number = number }
}
