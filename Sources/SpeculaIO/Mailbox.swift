internal import Synchronization

/// Reaches a loop from any thread: jobs are run on the loop, in the order of their posting.
package final class LoopRemote: Sendable {
    package typealias Job = @Sendable (EventLoop) -> Void

    private struct Contents {
        var jobs: [Job] = []
        /// The loop is gone and will run nothing more.
        var isShut = false
    }

    private let contents = Mutex(Contents())
    private let hasJobs = Atomic(false)
    private let waker: any LoopWaker

    init(waker: any LoopWaker) { self.waker = waker }

    /// Runs the job on the loop's thread in one of its next turns.
    ///
    /// - Returns: False when the loop has ended; the job is dropped then.
    @discardableResult
    package func post(_ job: @escaping Job) -> Bool {
        let (isFirst, isShut) = contents.withLock { contents in
            guard !contents.isShut else { return (false, true) }
            contents.jobs.append(job)
            return (contents.jobs.count == 1, false)
        }
        // The store comes after the job is in, and the loop looks after it has been woken: no job is left behind.
        if isFirst {
            hasJobs.store(true, ordering: .releasing)
            waker.wake()
        }
        return !isShut
    }

    var mayHaveJobs: Bool { hasJobs.load(ordering: .acquiring) }

    /// On the loop only.
    func takeJobs() -> [Job] {
        contents.withLock { contents in
            hasJobs.store(false, ordering: .relaxed)
            return exchange(&contents.jobs, with: [])
        }
    }

    func shut() -> [Job] {
        contents.withLock { contents in
            contents.isShut = true
            return exchange(&contents.jobs, with: [])
        }
    }

    private func exchange(_ jobs: inout [Job], with new: [Job]) -> [Job] {
        let old = jobs
        jobs = new
        return old
    }
}
