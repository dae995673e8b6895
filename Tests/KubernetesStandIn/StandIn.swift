package import SpeculaConfiguration
internal import SpeculaIO
internal import Synchronization

/// A stand-in for an API server on real sockets, with a thread of its own.
package final class StandIn: Sendable {
    private let remote: LoopRemote
    private let server: LoopBound<StandInServer>
    private let thread: Mutex<WorkerThread?>
    package let port: UInt16

    private init(_ remote: LoopRemote, _ server: LoopBound<StandInServer>, _ thread: WorkerThread?, _ port: UInt16) {
        self.remote = remote
        self.server = server
        self.thread = Mutex(thread)
        self.port = port
    }

    package struct NotStarted: Error {}

    package static func start(seed: UInt64 = 1, port: UInt16 = 0) async throws -> StandIn {
        let box = Mutex<WorkerThread?>(nil)
        let started = await withCheckedContinuation {
            (ready: CheckedContinuation<(LoopRemote, LoopBound<StandInServer>, UInt16)?, Never>) in
            let thread = WorkerThread.start(name: "api-server") {
                guard let network = try? LinuxNetwork(resolver: Resolver()) else { return ready.resume(returning: nil) }
                let loop = EventLoop(network: network)
                let server = StandInServer(loop: loop, seed: seed)
                guard let address = try? server.listen(on: SocketAddress(ipv4: 0x7f00_0001, port: port)) else {
                    return ready.resume(returning: nil)
                }
                ready.resume(returning: (loop.remote, LoopBound(server), address.port))
                loop.run()
            }
            box.withLock { $0 = thread }
        }
        guard let started else { throw NotStarted() }
        return StandIn(started.0, started.1, box.withLock { $0 }, started.2)
    }

    /// Does something on the server's loop.
    package func call<Answer: Sendable>(_ order: @escaping @Sendable (StandInServer) -> Answer) async -> Answer {
        await withCheckedContinuation { done in
            remote.post { [server] loop in done.resume(returning: order(server.value(on: loop))) }
        }
    }

    /// Applies the documents of a manifest.
    package func apply(_ yaml: String) async {
        let objects = Self.objects(yaml)
        await call { $0.apply(objects) }
    }

    package static func objects(_ yaml: String) -> [JSONValue] {
        ConfigurationDocument.parseAll(Array(yaml.utf8), path: "manifest.yml").trees.map { JSONValue(tree: $0.root) }
    }

    package func stop() {
        remote.post { [server] loop in
            server.value(on: loop).goAway()
            loop.stop()
        }
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }
}
