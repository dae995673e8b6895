internal import CLinux
internal import Glibc

/// Tells systemd how the service is doing (sd_notify(3)); does nothing elsewhere.
package struct Supervisor: Sendable {
    private let socketPath: String?
    /// How often systemd wants to hear `watchdog`, already halved as its manual advises; nil when it does not.
    package let watchdogInterval: Duration?

    /// From `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`.
    package init() {
        self.init { name in
            guard let value = unsafe getenv(name) else { return nil }
            return unsafe String(cString: value)
        }
    }

    package init(environment: (String) -> String?) {
        socketPath = environment("NOTIFY_SOCKET").flatMap { $0.isEmpty ? nil : $0 }
        let isForUs = environment("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        let period = environment("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
        watchdogInterval = socketPath != nil && isForUs && period > 0 ? .microseconds(period / 2) : nil
    }

    package var isPresent: Bool { socketPath != nil }

    package func ready() { send("READY=1") }

    /// - Parameter monotonicMicroseconds: The clock that systemd orders reloads by (since version 253).
    package func reloading(monotonicMicroseconds: UInt64) {
        send("RELOADING=1\nMONOTONIC_USEC=\(monotonicMicroseconds)")
    }

    package func stopping() { send("STOPPING=1") }
    package func watchdog() { send("WATCHDOG=1") }
    package func status(_ text: String) { send("STATUS=\(text)") }

    private func send(_ message: String) {
        guard let socketPath else { return }
        _ = unsafe linux_notify_supervisor(socketPath, message, message.utf8.count)
    }
}
