package import SpeculaIO
internal import SpeculaMetrics
package import SpeculaRouting
package import SpeculaTracing
internal import SpeculaUpstream
internal import Synchronization

/// The data plane as the control plane sees it: start it, install snapshots, have it listen, drain it.
///
/// Each worker is a thread with a loop of its own; nothing here is on the way of a request.
package final class Gateway: Sendable {
    package let shared: GatewayShared
    private let workers: [WorkerHandle]
    private let inForce = Mutex(PlansInUse())

    /// One worker's thread, loop and state, as other threads may hold them.
    fileprivate struct WorkerHandle: Sendable {
        let remote: LoopRemote
        let worker: LoopBound<Worker>
        let thread: WorkerThread?
    }

    private init(shared: GatewayShared, workers: [WorkerHandle]) {
        self.shared = shared
        self.workers = workers
    }

    /// Starts the workers; they listen once they are told to, when there is something to route by.
    /// - Throws: `GatewayStartError` when a worker cannot be had; nothing is left running then.
    package static func start(
        workers count: Int, shared: GatewayShared, makeNetwork: @escaping @Sendable () throws -> any Network
    ) async throws(GatewayStartError) -> Gateway {
        let total = max(1, count)
        shared.registry.addGauge(MetricCatalog.workers, owner: "process") { Double(total) }
        var workers: [WorkerHandle] = []
        for index in 0..<total {
            guard let worker = await startWorker(index, of: total, shared, makeNetwork) else {
                await Gateway(shared: shared, workers: workers).stop()
                throw .noWorker
            }
            workers.append(worker)
        }
        return Gateway(shared: shared, workers: workers)
    }

    /// Listens on all entry points; who connects is routed by the snapshot that is in force by then.
    /// - Returns: What each listens on, in the order of the settings: the real port where 0 was asked for.
    /// - Throws: `GatewayStartError` of the first entry point that cannot be had; nothing is left running then.
    @discardableResult
    package func listen(on entryPoints: [EntryPointSettings]) async throws(GatewayStartError) -> [SocketAddress] {
        var addresses: [SocketAddress] = []
        for entryPoint in entryPoints {
            do {
                addresses.append(try await Self.listen(entryPoint, workers))
            } catch {
                await stop()
                throw .entryPoint(entryPoint.name, error)
            }
        }
        return addresses
    }

    private static func startWorker(
        _ index: Int, of total: Int, _ shared: GatewayShared,
        _ makeNetwork: @escaping @Sendable () throws -> any Network
    ) async -> WorkerHandle? {
        let box = ThreadBox()
        let started = await withCheckedContinuation {
            (ready: CheckedContinuation<(LoopRemote, LoopBound<Worker>)?, Never>) in
            box.thread = WorkerThread.start(name: "worker-\(index)") {
                guard let network = try? makeNetwork() else {
                    ready.resume(returning: nil)
                    return
                }
                var limits = LoopLimits()
                limits.mirrorDescriptors = Int32(clamping: ProcessLimits.descriptorLimit / 2)
                limits.reservedDescriptors = max(2, min(8, ProcessLimits.descriptorLimit / 64 / total))
                let loop = EventLoop(network: network, limits: limits)
                let worker = Worker(loop: loop, shared: shared, workers: total, probes: index == 0)
                ready.resume(returning: (loop.remote, LoopBound(worker)))
                loop.run()
            }
            if box.thread == nil { ready.resume(returning: nil) }
        }
        return started.map { WorkerHandle(remote: $0.0, worker: $0.1, thread: box.thread) }
    }

    private final class ThreadBox { var thread: WorkerThread? }

    private static func listen(
        _ entryPoint: EntryPointSettings, _ workers: [WorkerHandle]
    ) async throws(ListenError) -> SocketAddress {
        var address = entryPoint.address
        var first: SocketAddress?
        for (index, handle) in workers.enumerated() {
            let wanted = address
            let options = ListenOptions(
                isShared: workers.count > 1 || entryPoint.reusePort,
                probesFirst: index == 0 && !entryPoint.reusePort)
            let result: Result<SocketAddress, ListenError> = await handle.call { worker in
                Result { () throws(ListenError) in try worker.listen(entryPoint, on: wanted, options: options) }
            }
            let bound = try result.get()
            if first == nil {
                first = bound
                address = address.withPort(bound.port)
            }
        }
        return first ?? SocketAddress(ipv4: 0, port: 0)
    }

    /// Puts a snapshot in force; returns when every worker has acknowledged it.
    package func install(_ snapshot: Snapshot) async {
        let plan = GatewayPlan(snapshot: snapshot, shared: shared)
        for handle in workers { await handle.call { worker in worker.install(plan) } }
        shared.inForce(plan)
        inForce.withLock { $0.replace(with: plan) }
    }

    /// How many workers there are.
    package var workerCount: Int { workers.count }

    /// Fetches the spans that one worker has finished; waits as long as its loop is stuck.
    package func takeSpans(ofWorker number: Int) async -> SpanBatch {
        guard workers.indices.contains(number) else { return SpanBatch() }
        return await workers[number].call { worker in worker.takeSpans() }
    }

    /// Client connections and copies that are open, summed over the workers.
    package func underWay() async -> (connections: Int, copies: Int) {
        var connections = 0
        var copies = 0
        for handle in workers {
            let (some, others) = await handle.call { worker in (worker.openConnections, worker.copiesUnderWay) }
            connections += some
            copies += others
        }
        return (connections, copies)
    }

    /// Takes no more connections at one entry point and lets idle ones go there; returns when no worker accepts any more.
    package func drain(_ entryPoint: String) async {
        // What one worker has accepted for another is on its way before any of them says that it is idle.
        for handle in workers { await handle.call { worker in worker.stopAccepting(at: entryPoint) } }
        for handle in workers { await handle.call { worker in worker.drain(at: entryPoint) } }
    }

    /// The grace time of one entry point is over: cuts what is left there.
    package func cut(_ entryPoint: String) async {
        for handle in workers { await handle.call { worker in worker.cut(at: entryPoint) } }
    }

    /// Takes no more connections anywhere, and cuts everything.
    package func cut() async {
        for handle in workers {
            await handle.call { worker in
                worker.drain()
                worker.cut()
            }
        }
    }

    /// Returns when every entry point has been drained and nothing is under way any more.
    package func untilIdle() async {
        await withTaskGroup(of: Void.self) { group in
            for handle in workers {
                group.addTask {
                    await withCheckedContinuation { (idle: CheckedContinuation<Void, Never>) in
                        handle.remote.post { loop in handle.worker.value(on: loop).whenIdle { idle.resume() } }
                    }
                }
            }
        }
    }

    /// Ends the loops and joins their threads.
    package func stop() async {
        for handle in workers {
            await handle.call { worker in worker.cut() }
            handle.remote.post { loop in loop.stop() }
        }
        for handle in workers { handle.thread?.join() }
    }
}

extension Gateway.WorkerHandle {
    /// Runs `order` on the worker's loop and returns what it gives.
    fileprivate func call<Answer: Sendable>(_ order: @escaping @Sendable (Worker) -> Answer) async -> Answer {
        await withCheckedContinuation { done in
            remote.post { loop in done.resume(returning: order(worker.value(on: loop))) }
        }
    }
}

/// Why a gateway did not start: for the operator.
package enum GatewayStartError: Error, CustomStringConvertible {
    /// An entry point could not be listened on.
    case entryPoint(String, ListenError)
    /// The system has no thread or descriptor left for a worker.
    case noWorker

    package var description: String {
        switch self {
        case .entryPoint(let name, let cause): "entry point \(name): \(cause)"
        case .noWorker: "cannot start a worker: no thread or descriptor left"
        }
    }
}

/// The plan in force and those that some exchange may still hold: ten thousand routers are never freed on a loop.
private struct PlansInUse: Sendable {
    private var current: GatewayPlan?
    private var earlier: [GatewayPlan] = []

    /// Holds the new plan, and lets go of those that nobody but this holds any more.
    mutating func replace(with plan: GatewayPlan) {
        if let current { earlier.append(current) }
        current = plan
        var held: [GatewayPlan] = []
        while var oldest = earlier.popLast() {
            if !isKnownUniquelyReferenced(&oldest) { held.append(oldest) }
        }
        earlier = held.reversed()
    }
}
