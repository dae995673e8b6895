internal import CLinux

/// A thread with a name, for a worker's loop or blocking work.
package struct WorkerThread: Sendable {
    private let id: UInt64

    private final class Start: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that runs `body` and ends.
    ///
    /// - Parameters:
    ///   - name: Shown by `top -H`; at most 15 bytes count.
    ///   - body: Runs on the thread.
    /// - Returns: Nil when the system has no thread left. A thread that is never joined keeps its stack until the process ends.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) -> WorkerThread? {
        let start = unsafe Unmanaged.passRetained(Start(body))
        var id: UInt64 = 0
        let shortName = String(decoding: name.utf8.prefix(15), as: UTF8.self)
        let result = unsafe linux_start_thread(
            shortName,
            { argument in
                guard let argument = unsafe argument else { return }
                // Retained for this thread by the one that started it.
                unsafe Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
            }, start.toOpaque(), &id)
        guard result == 0 else {
            unsafe start.release()
            return nil
        }
        return WorkerThread(id: id)
    }

    /// The nice value of threads that work on what no request may feel.
    private static let patientNice: Int32 = 10

    /// Lets the event loops go before the calling thread from now on, for good: scrapes, reloads and comparisons run on it.
    ///
    /// A loop that wakes is served at once; where every core is taken by loops, the thread still gets a tenth of one. Threads that it
    /// starts are as patient as it is, so a loop must not be started from it.
    @Sendable package static func becomePatient() { linux_set_thread_nice(max(patientNice, linux_thread_nice())) }

    /// Whether the calling thread lets loops go first.
    package static var isPatient: Bool { linux_thread_nice() >= patientNice }

    /// Lets threads run that wait for the calling one's core, if there are any: every 0.2 ms or so in long work.
    ///
    /// However patient, a thread that has got a core keeps it until the next tick of the clock, which is up to 4 ms away; sooner the kernel
    /// ends its turn only for one that has had less than its share of late, which a busy loop has not.
    @Sendable package static func giveWay() { linux_yield() }

    /// Lets others run for a millisecond: for tests that watch threads.
    package static func pause() { linux_pause() }

    /// Waits until the thread has ended; once.
    package func join() { _ = linux_join_thread(id) }
}
