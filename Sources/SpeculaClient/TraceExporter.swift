package import SpeculaLogging
package import SpeculaTracing
internal import Synchronization

/// Brings finished spans from the workers to a collector, over OTLP/HTTP.
///
/// Every worker is visited by a task of its own, so that one that is stuck holds up nobody else's spans. One request is under way
/// at a time; what waits meanwhile is bounded, what cannot be brought is dropped, and both are counted. A collector that is gone,
/// slow or hanging costs the gateway that memory and nothing else.
package actor TraceExporter {
    /// How often workers are visited.
    package static let interval = Duration.milliseconds(500)
    /// How long the last spans may take when the gateway stops.
    package static let lastWords = Duration.seconds(2)

    private let client: Client
    private let template: ClientRequest
    private let encode: @Sendable ([ExportedSpan]) -> [UInt8]
    private let pack: @Sendable ([UInt8]) -> [UInt8]?
    private let expander: SpanExpander
    private let workers: Int
    private let take: @Sendable (Int) async -> SpanBatch
    private let log: Logger
    private let clock = ContinuousClock()
    private let started: ContinuousClock.Instant
    private var queue: ExportQueue
    /// The portion under way, written once for all its tries.
    private var written: (portion: Int, body: [UInt8], isPacked: Bool)?
    private var isUnreachable = false
    private var isFinishing = false
    private var runner: Task<Void, Never>?
    private let (wake, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    /// What became of the spans; for scrapes.
    package nonisolated let figures = ExportFigures()

    /// - Parameters:
    ///   - client: Of the control plane; stopped by its owner.
    ///   - template: The request without its body.
    ///   - encode: Writes the body.
    ///   - pack: Compresses it by gzip; where it cannot, the body goes as it is.
    ///   - expander: Makes spans for the collector of what workers have written.
    ///   - limits: Of what waits.
    ///   - workers: How many there are.
    ///   - take: Fetches what a worker has finished.
    ///   - log: Told when the collector takes nothing, and when it does again.
    package init(
        client: Client, template: ClientRequest, encode: @escaping @Sendable ([ExportedSpan]) -> [UInt8],
        pack: @escaping @Sendable ([UInt8]) -> [UInt8]?, expander: SpanExpander,
        limits: ExportQueue.Limits = ExportQueue.Limits(), workers: Int,
        take: @escaping @Sendable (Int) async -> SpanBatch, log: Logger
    ) {
        self.client = client
        self.template = template
        self.encode = encode
        self.pack = pack
        self.expander = expander
        self.workers = workers
        self.take = take
        self.log = log
        queue = ExportQueue(limits: limits)
        started = clock.now
    }

    /// Begins to visit workers and to send.
    package func start() {
        guard runner == nil else { return }
        runner = Task { await run() }
    }

    /// Fetches what is left, sends what can be sent within `limit`, and gives up the rest.
    package func finish(within limit: Duration = lastWords) async {
        isFinishing = true
        let runner = self.runner
        runner?.cancel()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                await runner?.value
                for worker in 0..<workers { await add(take(worker)) }
                await deliver()
            }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        queue.giveUp()
        publish()
    }

    private func run() async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<workers { group.addTask { await self.visit(worker) } }
            for await _ in wake {
                await deliver()
                if Task.isCancelled { break }
            }
            group.cancelAll()
        }
    }

    private func visit(_ worker: Int) async {
        while !Task.isCancelled {
            guard (try? await Task.sleep(for: Self.interval)) != nil else { return }
            let batch = await take(worker)
            if batch.spans > 0 { add(batch) }
        }
    }

    private func add(_ batch: SpanBatch) {
        queue.add(batch)
        publish()
        waker.yield()
    }

    /// Sends until nothing is left that may be sent.
    private func deliver() async {
        while !Task.isCancelled {
            switch queue.next(at: clock.now - started) {
            case .nothing: return
            case .wait(let until):
                // Last words are said once.
                if isFinishing { return }
                guard (try? await Task.sleep(until: started + until, clock: clock)) != nil else { return }
            case .send(let portion):
                await send(portion)
                publish()
            }
        }
    }

    private func send(_ portion: SpanBatch) async {
        var request = template
        if written?.portion != queue.departures {
            let plain = encode(expander.expand(portion))
            let packed = pack(plain)
            written = (queue.departures, packed ?? plain, packed != nil)
        }
        request.body = written?.body ?? []
        if written?.isPacked == true { request.fields.append(("Content-Encoding", "gzip")) }
        let trouble: String
        do throws(ClientFailure) {
            let stream = try await client.open(request)
            let body = await Self.answer(of: stream)
            switch CollectorAnswer(
                status: stream.head.status, retryAfter: stream.head.firstValue(of: "Retry-After"), body: body)
            {
            case .taken(let rejected):
                queue.succeeded(rejected: rejected)
                if isUnreachable { log.info("the collector takes traces again", metadata: ["url": url]) }
                isUnreachable = false
                return
            case .later(let delay):
                trouble = "status \(stream.head.status)"
                failed(retryAfter: delay)
            case .refused:
                trouble = "status \(stream.head.status), which is not tried again"
                queue.refused()
            }
        } catch {
            trouble = error.description
            failed(retryAfter: nil)
        }
        guard !isUnreachable, !Task.isCancelled else { return }
        isUnreachable = true
        log.warn("traces cannot be sent to the collector", metadata: ["error": trouble, "url": url])
    }

    private func failed(retryAfter: Duration?) {
        queue.failed(at: clock.now - started, retryAfter: retryAfter, jitter: Double.random(in: 0...1))
    }

    private var url: String { "\(template.endpoint)\(template.target)" }

    /// What a collector has to say beside its status; too much of it says nothing.
    private static func answer(of stream: ClientStream) async -> [UInt8] {
        (try? await stream.collect(upTo: 64 << 10)) ?? []
    }

    private func publish() { figures.set(queue.tally) }
}

/// The exporter's tally as scrapes read it.
package final class ExportFigures: Sendable {
    private let tally = Mutex(ExportTally())

    init() {}

    package var current: ExportTally { tally.withLock { $0 } }

    func set(_ value: ExportTally) { tally.withLock { $0 = value } }
}
