internal import Synchronization

/// How well the cluster is known: written by those who follow its kinds and tell of them, read by scrapes.
package final class ClusterFigures: Sendable {
    private struct Key: Hashable {
        let resource: String
        let namespace: String
    }

    private struct Entry {
        /// Since when it is not known to be up to date; nil: it is.
        var staleSince: Duration?
        /// It cannot be read at all and never could: nothing goes stale.
        var isAbsent = false
        var objects = 0
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        var failures: [ClusterFailure.Reason: UInt64] = [:]
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Duration

    /// - Parameters:
    ///   - resources: The kinds, as paths name them.
    ///   - now: The time since some moment.
    package init(resources: [String], now: @escaping @Sendable () -> Duration) {
        self.now = now
        self.resources = resources
        let start = now()
        state.withLock { state in
            for resource in resources {
                state.entries[Key(resource: resource, namespace: "")] = Entry(staleSince: start)
            }
        }
    }

    package let resources: [String]

    // MARK: Followers

    /// One follower for all namespaces has the empty one; several replace it.
    func begin(_ resource: String, in namespace: String) {
        let start = now()
        state.withLock { state in
            if !namespace.isEmpty { state.entries[Key(resource: resource, namespace: "")] = nil }
            state.entries[Key(resource: resource, namespace: namespace)] = Entry(staleSince: start)
        }
    }

    func upToDate(_ resource: String, in namespace: String) {
        change(resource, namespace) { entry in
            entry.staleSince = nil
            entry.isAbsent = false
        }
    }

    func lost(_ resource: String, in namespace: String, _ reason: ClusterFailure.Reason, isAbsent: Bool) {
        let now = now()
        change(resource, namespace) { entry in
            if entry.staleSince == nil { entry.staleSince = now }
            entry.isAbsent = isAbsent
        }
        state.withLock { $0.failures[reason, default: 0] += 1 }
    }

    /// A status that could not be written.
    func notWritten(_ reason: ClusterFailure.Reason) {
        state.withLock { $0.failures[reason, default: 0] += 1 }
    }

    func holds(_ resource: String, in namespace: String, objects: Int) {
        change(resource, namespace) { $0.objects = objects }
    }

    private func change(_ resource: String, _ namespace: String, _ body: (inout Entry) -> Void) {
        state.withLock { body(&$0.entries[Key(resource: resource, namespace: namespace), default: Entry()]) }
    }

    // MARK: Readings

    /// Seconds since a kind was last known to be up to date: 0 while it is watched, and for a kind that was never there.
    package func staleSeconds(_ resource: String) -> Double {
        let now = now()
        let since = state.withLock { state in
            state.entries.filter { $0.key.resource == resource && !$0.value.isAbsent }
                .compactMap(\.value.staleSince).min()
        }
        guard let since else { return 0 }
        let (seconds, attoseconds) = (now - since).components
        return max(0, Double(seconds) + Double(attoseconds) / 1e18)
    }

    package func objects(_ resource: String) -> Int {
        state.withLock { state in
            state.entries.filter { $0.key.resource == resource }.reduce(0) { $0 + $1.value.objects }
        }
    }

    package func failures(_ reason: ClusterFailure.Reason) -> UInt64 {
        state.withLock { $0.failures[reason] ?? 0 }
    }
}
