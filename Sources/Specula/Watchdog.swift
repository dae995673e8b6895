internal import Glibc
internal import SpeculaIO
internal import SpeculaProxy

/// Tells systemd that every event loop turns: a loop that hangs keeps it silent, and the service is started anew.
internal struct Watchdog {
    private let beat: Task<Void, Never>?

    /// Beats from now on, where systemd asked for it (`WatchdogSec`), through the drain as well.
    init(_ supervisor: Supervisor, gateway: Gateway) {
        beat = supervisor.watchdogInterval.map { interval in
            Task {
                while !Task.isCancelled {
                    // Every worker answers on its own loop.
                    _ = await gateway.underWay()
                    supervisor.watchdog()
                    try? await Task.sleep(for: interval)
                }
            }
        }
    }

    /// Before the loops end: what is posted to them then is never answered.
    func stop() { beat?.cancel() }

    /// Tells systemd that a reload begins; `ready` ends it.
    static func reloading(_ supervisor: Supervisor) {
        guard supervisor.isPresent else { return }
        var now = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
        supervisor.reloading(monotonicMicroseconds: microseconds)
    }
}
