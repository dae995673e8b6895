/// Time for the control plane; tests have their own.
package protocol ControlClock: Sendable {
    /// Since some moment before the start, never going back.
    var now: Duration { get }
    /// Returns at that moment, or at once when the task is cancelled.
    func sleep(until moment: Duration) async
}

/// The time of this machine.
package struct SystemControlClock: ControlClock {
    private let start = ContinuousClock.now

    package init() {}

    package var now: Duration { ContinuousClock.now - start }

    package func sleep(until moment: Duration) async {
        try? await Task.sleep(until: start + moment, clock: .continuous)
    }
}
