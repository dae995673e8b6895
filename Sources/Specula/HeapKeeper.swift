internal import SpeculaIO

/// Gives memory back when a burst is over, which malloc by itself does not: a container is judged by its resident memory.
internal struct HeapKeeper {
    /// How often it is looked at.
    private static let interval = Duration.seconds(5)
    private let task: Task<Void, Never>

    /// Keeps on until it is stopped.
    init() {
        task = Task {
            var slack = HeapSlack()
            while !Task.isCancelled {
                if let now = Heap.slack, slack.isWorthTrimming(now) {
                    Heap.trim()
                    slack.trimmed(Heap.slack ?? now)
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    func stop() { task.cancel() }
}
