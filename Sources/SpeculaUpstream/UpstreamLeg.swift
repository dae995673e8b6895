package import SpeculaHTTP
package import SpeculaIO
internal import SpeculaRouting

/// Who asked for an upstream request: the exchange, or a copy.
///
/// The conversation: `legIsReady` (unless the start gave the connection, and once more when a stale pooled connection is
/// replaced), then any number of `informational`, one `head`, any number of `body`, and exactly one of `legFinished` and `legFailed`, which is the last
/// call. Inside any of them the client may call `cancel`, after which nothing more comes.
package protocol UpstreamLegClient: AnyObject {
    /// A connection is there: write the request's head, and as much of the body as there is.
    func legIsReady(_ leg: UpstreamLeg, on connection: Connection)
    func leg(_ leg: UpstreamLeg, informational head: ResponseHead)
    func leg(_ leg: UpstreamLeg, head: ResponseHead)
    func leg(_ leg: UpstreamLeg, body: Span<UInt8>)
    /// Everything written so far has been taken by the socket.
    func legDrained(_ leg: UpstreamLeg)
    func legFinished(_ leg: UpstreamLeg, trailers: TrailerBlock?)
    func legFailed(_ leg: UpstreamLeg, _ failure: UpstreamFailure)
}

/// One upstream request, from the lease of a connection to the end of the response.
///
/// Bound to its loop and reused. A request that is idempotent, has no body and went out on a pooled connection which the
/// server closed before the first byte of an answer is sent once more on a new connection (RFC 9110, 9.2.2), as Traefik
/// does; nothing else is ever sent twice.
package final class UpstreamLeg: TimerTarget {
    private enum State { case free, connecting, active, done }
    private enum Timer { static let dial = 0, response = 1 }

    private var state = State.free
    /// Where it waits for a connection; one that has a connection is of that one's pool.
    private var pool: ServerPool?
    private var connection: UpstreamConnection?
    private var client: (any UpstreamLegClient)?
    private var isFresh = true
    /// Some byte of an answer has come.
    private var sawResponse = false
    /// The head of the answer has come, an informational one is none.
    private var sawHead = false
    private var requestWhole = false
    private var responseWhole = false
    private var hasFailed = false
    private var dialTimer: TimerID?
    private var responseTimer: TimerID?
    internal var addresses: [SocketAddress] = []
    internal var addressesTried = 0

    internal private(set) var method = Method.get
    internal private(set) var allowsUpgrade = false
    private var isReplayable = false

    package init() {}

    internal var isConnecting: Bool { state == .connecting }

    /// The connection, once it is there; bodies are written straight to it.
    package var connectionInUse: Connection? { state == .active ? connection?.wire : nil }

    /// Bytes written and not yet taken by the socket.
    package var unsentBytes: Int { connectionInUse?.unsentBytes ?? 0 }

    // MARK: Orders of the client

    /// Starts a request.
    ///
    /// The client may hear of a failure before this returns.
    ///
    /// - `isReplayable`: The method is idempotent and there is no body.
    /// - Returns: The connection, where one is there already: the request is to be written to it at once, as `legIsReady` says.
    ///   Nearly always so, and then the client writes with what it has in its hands. Nil: `legIsReady` comes later, or a failure.
    package func start(
        on pool: ServerPool, method: Method, isReplayable: Bool, allowsUpgrade: Bool,
        client: any UpstreamLegClient
    ) -> Connection? {
        self.client = client
        self.method = method
        self.isReplayable = isReplayable
        self.allowsUpgrade = allowsUpgrade
        state = .connecting
        isFresh = true
        sawResponse = false
        sawHead = false
        requestWhole = false
        responseWhole = false
        hasFailed = false
        addressesTried = 0
        while let idle = pool.takeIdle() {
            guard let wire = idle.begin(self) else {
                idle.discard()
                continue
            }
            pool.noteReused()
            isFresh = false
            state = .active
            connection = consume idle
            return wire
        }
        self.pool = pool
        pool.connectAnew(for: self)
        return nil
    }

    /// The request's last byte has been written.
    package func finishRequest() {
        requestWhole = true
        guard state == .active, !responseWhole, !sawHead, responseTimer == nil, let pool = connection?.pool else {
            return
        }
        if pool.responseLimit > 0 {
            let deadline = pool.loop.now.advanced(byNanoseconds: pool.responseLimit)
            responseTimer = pool.loop.schedule(at: deadline, for: self, tag: Timer.response)
        }
    }

    package func pauseReading() { connectionInUse?.pauseReading() }
    package func resumeReading() { connectionInUse?.resumeReading() }

    /// Gives up: nothing more is heard of this request.
    ///
    /// What was sent is cut with a reset.
    package func cancel() {
        guard state == .connecting || state == .active else { return }
        let connection = self.connection
        pool?.forget(self)
        end()
        connection?.abort()
    }

    // MARK: Events of the pool and the connection

    internal func opening(_ connection: UpstreamConnection) {
        self.connection = connection
        startDialing()
    }

    /// From the first look at the server's name on, connecting may take as long as the transport says.
    internal func startDialing() {
        guard let pool, pool.dialLimit > 0, dialTimer == nil else { return }
        let deadline = pool.loop.now.advanced(byNanoseconds: pool.dialLimit)
        dialTimer = pool.loop.schedule(at: deadline, for: self, tag: Timer.dial)
    }

    /// The new connection is there.
    internal func connected(_ connection: UpstreamConnection) {
        guard state == .connecting, let client else {
            connection.discard()
            return
        }
        cancelTimers()
        self.connection = connection
        isFresh = true
        state = .active
        guard let wire = connection.begin(self) else {
            failed(.closedEarly)
            return
        }
        client.legIsReady(self, on: wire)
    }

    /// The connection could not be made: the next address, or the end.
    internal func attemptFailed(_ failure: UpstreamFailure) {
        connection = nil
        addressesTried += 1
        guard state == .connecting, let pool else { return }
        if addressesTried < addresses.count {
            pool.connect(for: self)
        } else {
            addresses = []
            connectFailed(failure)
        }
    }

    internal func connectFailed(_ failure: UpstreamFailure) {
        guard state == .connecting else { return }
        finish(with: failure)
    }

    /// From here on the server may have acted on the request: it is not sent again.
    internal func sawResponseBytes() { sawResponse = true }

    internal func informationalArrived(_ head: ResponseHead) { client?.leg(self, informational: head) }

    internal func headArrived(_ head: ResponseHead) {
        sawHead = true
        cancelTimers()
        client?.leg(self, head: head)
    }

    internal func bodyArrived(_ bytes: Span<UInt8>) { client?.leg(self, body: bytes) }

    internal func drained() { client?.legDrained(self) }

    internal func responseEnded() {
        cancelTimers()
        guard state == .active, let client = self.client.take(), let connection = self.connection.take() else { return }
        responseWhole = true
        let trailers = connection.trailers
        let isRequestWhole = requestWhole
        end()
        if !isRequestWhole {
            connection.leaveUnfinished()
        } else if connection.endExchange() {
            let pool = connection.pool
            pool.giveBack(consume connection)
        }
        client.legFinished(self, trailers: trailers)
    }

    internal func failed(_ failure: UpstreamFailure) {
        guard state == .active, let connection else { return }
        if !isFresh, isReplayable, !sawResponse, failure == .closedEarly || failure == .reset {
            self.connection = nil
            state = .connecting
            requestWhole = false
            connection.discard()
            let pool = connection.pool
            self.pool = pool
            pool.connectAnew(for: self)
            return
        }
        let isRequestWhole = requestWhole
        finish(with: failure)
        if isRequestWhole { connection.discard() } else { connection.leaveUnfinished() }
    }

    package func timerFired(_ id: TimerID, tag: Int) {
        let connection = self.connection
        switch tag {
        case Timer.dial:
            dialTimer = nil
            guard state == .connecting else { return }
            pool?.forget(self)
            finish(with: .connectTimedOut)
        default:
            responseTimer = nil
            guard state == .active, !sawHead else { return }
            finish(with: .headTimedOut)
        }
        connection?.abort()
    }

    // MARK: Ends

    private func finish(with failure: UpstreamFailure) {
        guard let client = self.client.take() else { return }
        end()
        client.legFailed(self, failure)
    }

    private func end() {
        cancelTimers()
        state = .done
        client = nil
        connection = nil
        pool = nil
        if !addresses.isEmpty { addresses.removeAll(keepingCapacity: true) }
    }

    private func cancelTimers() {
        if let timer = dialTimer.take() { cancel(timer) }
        if let timer = responseTimer.take() { cancel(timer) }
    }

    private func cancel(_ timer: TimerID) {
        let pool = connection?.pool ?? pool
        pool?.loop.cancel(timer)
    }
}

@available(*, unavailable)
extension UpstreamLeg: Sendable {}
