package import SpeculaIO
internal import Synchronization

/// The control plane's HTTP client: requests from any task, served by one loop on a thread of its own.
///
/// The same codec, connections and loop as the gateway's upstream side, apart from it: nothing that happens here is felt by a
/// request. HTTP/1.1, connections are kept; redirects are not followed.
package final class Client: Sendable {
    private let remote: LoopRemote
    private let core: LoopBound<ClientLoop>
    private let thread: Mutex<WorkerThread?>
    private let tickets = Atomic<UInt64>(0)
    /// What was made ready for `https`, by what it was made of; the newest few.
    private let contexts = Mutex<[(tls: ClientTLS, context: TLSClientContext)]>([])

    private init(remote: LoopRemote, core: LoopBound<ClientLoop>, thread: WorkerThread?) {
        self.remote = remote
        self.core = core
        self.thread = Mutex(thread)
    }

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: The thread's.
    ///   - makeNetwork: Called on the thread.
    /// - Returns: Nil when the system has no thread or descriptor left.
    package static func start(
        name: String, makeNetwork: @escaping @Sendable () throws -> any Network
    ) async -> Client? {
        let box = Mutex<WorkerThread?>(nil)
        let started = await withCheckedContinuation {
            (ready: CheckedContinuation<(LoopRemote, LoopBound<ClientLoop>)?, Never>) in
            let thread = WorkerThread.start(name: name) {
                guard let network = try? makeNetwork() else {
                    ready.resume(returning: nil)
                    return
                }
                let loop = EventLoop(network: network)
                ready.resume(returning: (loop.remote, LoopBound(ClientLoop(loop: loop))))
                loop.run()
            }
            box.withLock { $0 = thread }
            if thread == nil { ready.resume(returning: nil) }
        }
        guard let started else { return nil }
        return Client(remote: started.0, core: started.1, thread: box.withLock { $0 })
    }

    /// Sends a request and waits for the whole response.
    ///
    /// - Throws: `tooLarge` when the body is larger than the request's limit.
    package func send(_ request: ClientRequest) async throws(ClientFailure) -> ClientResponse {
        let stream = try await open(request)
        return ClientResponse(head: stream.head, body: try await stream.collect(upTo: request.limits.bodyBytes))
    }

    /// Sends a request and waits for the response's head.
    package func open(_ request: ClientRequest) async throws(ClientFailure) -> ClientStream {
        let ticket = tickets.wrappingAdd(1, ordering: .relaxed).newValue
        let feed = ClientFeed(limit: request.limits.bufferedBytes) { [remote, core] in
            remote.post { loop in core.value(on: loop).resume(ticket) }
        } cut: { [remote, core] in
            remote.post { loop in core.value(on: loop).cancel(ticket) }
        }
        let tls = request.endpoint.isTLS ? try context(for: request.tls) : nil
        post(feed, request, tls, ticket)
        return ClientStream(head: try await feed.awaitHead(), feed: feed)
    }

    /// Certificates are read here, off the loop, and once for as long as they stay the same.
    private func context(for tls: ClientTLS) throws(ClientFailure) -> TLSClientContext {
        if let known = contexts.withLock({ $0.first { $0.tls == tls }?.context }) { return known }
        var configuration = TLSClientConfiguration(
            serverName: tls.serverName, insecureSkipVerify: tls.skipsVerification)
        if let authorities = tls.authorities { configuration.roots = .pem([authorities]) }
        if let certificate = tls.certificate, let key = tls.key {
            configuration.identities = [.init(certificate: certificate, key: key)]
        }
        do {
            let made = try TLSClientContext(configuration)
            contexts.withLock { contexts in
                contexts.append((tls, made))
                if contexts.count > 8 { contexts.removeFirst() }
            }
            return made
        } catch {
            throw .tlsSettings("\(error)")
        }
    }

    /// Returns before anybody waits: the job alone holds the order then.
    private func post(_ feed: ClientFeed, _ request: ClientRequest, _ tls: TLSClientContext?, _ ticket: UInt64) {
        let start = Start(feed: feed)
        remote.post { [core] loop in
            start.feed.begin()
            core.value(on: loop).start(request, tls: tls, ticket: ticket, observer: start.feed)
        }
    }

    /// Cuts what is under way and ends the thread.
    package func stop() async {
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let isPosted = remote.post { [core] loop in
                core.value(on: loop).stop()
                loop.stop()
                done.resume()
            }
            if !isPosted { done.resume() }
        }
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    /// An order on its way to the loop: when the loop has gone, and the order with it, whoever waits is told.
    private final class Start: Sendable {
        let feed: ClientFeed

        init(feed: ClientFeed) { self.feed = feed }

        deinit { feed.endUnlessBegun() }
    }
}
