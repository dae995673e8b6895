import CChildProcess
import SpeculaIO
import Synchronization

/// A thread with a table of descriptors of its own, which a test may fill: the limit is the process's, the table is not.
enum OwnDescriptors {
    /// Runs `body` on a thread of its own; the descriptors that it opens are nobody else's and end with it.
    ///
    /// What `body` makes of them it must let go of before it returns: elsewhere their numbers mean something else.
    /// - Throws: `NotPermitted` where the system gives no thread a table of its own.
    static func run(_ body: @escaping @Sendable () throws -> [String]) throws -> [String] {
        let answer = Answer()
        let thread = WorkerThread.start(name: "descriptors") {
            let code = child_own_descriptors()
            answer.told.withLock {
                $0 = code == 0 ? Result(catching: body) : .failure(NotPermitted(code: code))
            }
        }
        thread?.join()
        return try answer.told.withLock { $0 ?? .failure(NotPermitted(code: 0)) }.get()
    }

    struct NotPermitted: Error {
        /// An errno; 0: there was no thread.
        let code: Int32
    }

    private final class Answer: Sendable {
        let told = Mutex<Result<[String], any Error>?>(nil)
    }
}
