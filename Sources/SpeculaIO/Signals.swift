internal import CLinux
internal import Glibc

/// The signals that steer the process, taken from a descriptor instead of by interruption.
package enum ProcessSignal: Sendable, CaseIterable {
    /// SIGTERM: drain, then exit.
    case terminate
    /// SIGINT: as SIGTERM.
    case interrupt
    /// SIGHUP: read the configuration again.
    case hangUp
    /// SIGUSR1: open the logs again.
    case user1
    case user2

    init?(number: Int32) {
        switch number {
        case SIGTERM: self = .terminate
        case SIGINT: self = .interrupt
        case SIGHUP: self = .hangUp
        case SIGUSR1: self = .user1
        case SIGUSR2: self = .user2
        default: return nil
        }
    }
}

/// Receives signals on a thread of its own.
package enum Signals {
    /// Keeps the signals from interrupting anything, and ignores SIGPIPE.
    ///
    /// To be called in the first line of `main`: threads inherit it, and a thread started earlier would be killed.
    package static func block() { _ = linux_block_signals() }

    /// Calls `handle` for each signal, one after the other, on a thread of its own that lives as long as the process.
    ///
    /// - Returns: False when there was no descriptor or thread.
    package static func deliver(to handle: @escaping @Sendable (ProcessSignal) -> Void) -> Bool {
        let descriptor = linux_signal_descriptor()
        guard descriptor >= 0 else { return false }
        let thread = WorkerThread.start(name: "specula-signals") {
            while true {
                let number = linux_next_signal(descriptor)
                if number < 0 { return }
                if let signal = ProcessSignal(number: number) { handle(signal) }
            }
        }
        return thread != nil
    }
}
