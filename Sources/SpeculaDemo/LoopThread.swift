internal import Glibc
internal import SpeculaIO
internal import Synchronization

/// An event loop on a thread of its own, for the demo's servers or its clients.
struct LoopThread: Sendable {
    private let thread: WorkerThread
    private let remote: LoopRemote

    /// Starts a thread that makes a loop, hands it to `prepare`, and runs it until `stop`.
    ///
    /// - Returns: The thread, and what `prepare` returned on it; everything else that it made stays on the loop.
    static func start<Value: Sendable>(
        name: String, _ prepare: @escaping @Sendable (EventLoop) throws -> Value
    ) throws -> (thread: LoopThread, value: Value) {
        let answer = Answer<(LoopRemote, Value)>()
        let thread = WorkerThread.start(name: name) {
            let loop: EventLoop
            do {
                loop = EventLoop(network: try LinuxNetwork(resolver: Resolver()))
                answer.give(.success((loop.remote, try prepare(loop))))
            } catch {
                answer.give(.failure(error))
                return
            }
            loop.run()
        }
        guard let thread else { throw DemoFailure(reason: "the system has no thread left") }
        do {
            let (remote, value) = try answer.wait().get()
            return (LoopThread(thread: thread, remote: remote), value)
        } catch {
            thread.join()
            throw error
        }
    }

    /// Ends the loop and waits for its thread.
    func stop() {
        remote.post { $0.stop() }
        thread.join()
    }
}

/// Why the demo could not start.
package struct DemoFailure: Error, CustomStringConvertible {
    let reason: String
    package var description: String { "the demo cannot start: \(reason)" }
}

/// One thread's answer to another that waits for it, once, at the start.
private final class Answer<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    func give(_ answer: Result<Value, any Error>) { result.withLock { $0 = answer } }

    func wait() -> Result<Value, any Error> {
        while true {
            if let answer = result.withLock({ $0 }) { return answer }
            usleep(500)
        }
    }
}
