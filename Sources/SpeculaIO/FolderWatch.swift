internal import CLinux
internal import Synchronization

/// Tells when anything in some folders changes: by inotify, and by asking again and again where that is not to be had.
///
/// A primitive: it says only *that* something may have changed, on a thread of its own, at most once per `quiet`. Changes of
/// a folder that is replaced as a whole (Kubernetes: `..data`) are seen because its parent entry moves. The first change is
/// told at once; more within `quiet` are told together after it.
package final class FolderWatch: Sendable {
    private let watch: Int32
    private let stopDescriptor: Int32
    private let isStopped = Atomic(false)
    private let thread = Mutex<WorkerThread?>(nil)

    /// - Parameters:
    ///   - folders: What is watched, without what lies deeper.
    ///   - quiet: The shortest time between two calls.
    ///   - polling: How often to call `fingerprint` where inotify fails.
    ///   - fingerprint: A value that changes when the contents do; asked only when polling, on the watch's thread.
    ///   - changed: Called on the watch's thread.
    package init(
        folders: [String], quiet: Duration = .milliseconds(500), polling: Duration = .seconds(2),
        fingerprint: @escaping @Sendable () -> UInt64, changed: @escaping @Sendable () -> Void
    ) {
        let created = linux_watch_create()
        var isWatching = created >= 0
        for folder in folders where isWatching { isWatching = unsafe linux_watch_folder(created, folder) >= 0 }
        if created >= 0 && !isWatching { _ = linux_close(created) }
        watch = isWatching ? created : -1
        stopDescriptor = linux_wake_create()
        let quietMilliseconds = Int32(clamping: quiet.wholeNanoseconds / 1_000_000)
        let pollingMilliseconds = Int32(clamping: polling.wholeNanoseconds / 1_000_000)
        let started = WorkerThread.start(name: "specula-watch") { [self] in
            if watch >= 0 {
                hear(quiet: quietMilliseconds, changed)
            } else {
                ask(every: pollingMilliseconds, fingerprint, changed)
            }
        }
        thread.withLock { $0 = started }
    }

    deinit {
        if watch >= 0 { _ = linux_close(watch) }
        if stopDescriptor >= 0 { _ = linux_close(stopDescriptor) }
    }

    /// Whether the kernel tells of changes; otherwise the folders are asked.
    package var usesKernel: Bool { watch >= 0 }

    /// Ends the thread and waits for it; not from within `changed`.
    package func stop() {
        isStopped.store(true, ordering: .releasing)
        linux_wake(stopDescriptor)
        let running = thread.withLock { thread in
            let running = thread
            thread = nil
            return running
        }
        running?.join()
    }

    private var goesOn: Bool { !isStopped.load(ordering: .acquiring) }

    private func hear(quiet: Int32, _ changed: @Sendable () -> Void) {
        while goesOn {
            let result = linux_watch_wait(watch, stopDescriptor, -1)
            if result < 0 { return }
            guard result > 0, goesOn else { continue }
            changed()
            // What comes meanwhile is still there afterwards, and told then.
            if goesOn { _ = linux_watch_wait(-1, stopDescriptor, quiet) }
        }
    }

    private func ask(every milliseconds: Int32, _ fingerprint: @Sendable () -> UInt64, _ changed: @Sendable () -> Void)
    {
        var last = fingerprint()
        while goesOn {
            _ = linux_watch_wait(-1, stopDescriptor, milliseconds)
            guard goesOn else { return }
            let present = fingerprint()
            if present != last {
                last = present
                changed()
            }
        }
    }
}
