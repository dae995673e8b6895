internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMirroring
internal import SpeculaRouting
internal import SpeculaUpstream

/// One client's HTTP/1.1 connection: translates bytes into exchanges, one after another, and responses into bytes.
///
/// ```
///          head whole                    response whole, request whole
///  head ───────────────▶ body ──end──▶ responding ───────────────────────▶ head
///   │ refused              │ response whole before the request
///   ▼                      ▼
///  closing ◀─too much── discarding ──end──▶ head
/// ```
/// Invariants: at most one exchange at a time; pipelined bytes wait, untaken, in the connection; an idle connection holds no
/// head and no buffer.
internal final class DownstreamConnection: ConnectionHandler, TimerTarget {
    enum Phase { case head, body, responding, discarding, tunnel, closing }
    enum Deadline { case none, head, request, idle, response, first }
    /// Bytes of a request's body that are read and dropped after an early answer before the connection is closed (as Go).
    static let discardLimit = 256 << 10
    /// Unsent response bytes at which the server is no longer read.
    static let highWater = 320 << 10
    static let lingering = Duration.milliseconds(500)
    /// Nanoseconds from its opening on in which a connection without a request is not closed by a stop.
    static let firstRequestTime: UInt64 = 5_000_000_000

    /// Nanoseconds from its opening on in which a connection without a request is hardly closed for want of descriptors.
    static let freshTime: UInt64 = 1_000_000_000

    internal let worker: Worker
    internal let entryPoint: EntryPointRuntime
    var connection: Connection?
    var head: RequestHead?
    var exchange: Exchange?
    /// Copies of a request that was answered early: they get the rest of its body.
    var fed: CopySet?
    internal private(set) var origin: ForwardContext
    var parser: RequestParser
    var decoder = BodyDecoder(.none)
    // What is small stands together, without gaps: many thousands of these wait for a request.
    var phase = Phase.head
    var deadlineKind = Deadline.none
    var isReceiving = false
    /// Decided when the response's head is written.
    var keepsAlive = true
    var responseChunked = false
    var responseUntilClose = false
    var sendsBody = true
    var hasRespondedHead = false
    var leavesWhenIdle = false
    /// What the client's TLS is counted under; nil in the clear.
    internal private(set) var tls: TLSLabels?
    var discarded = 0
    var requests = 0
    let openedAt: Instant
    /// Bytes that the client had not taken when its idle time was last over.
    var unsentWhenIdle = 0
    var deadline = Instant(nanoseconds: 0)
    var timer: TimerID = .none
    var timerAt = Instant(nanoseconds: 0)
    internal let client: (UInt64, UInt64)
    /// Where it stands in the worker's list.
    internal var place = 0

    init(_ connection: Connection, worker: Worker, entryPoint: EntryPointRuntime) {
        self.worker = worker
        self.entryPoint = entryPoint
        self.connection = connection
        parser = RequestParser(limits: entryPoint.headLimits)
        openedAt = worker.now
        client = connection.peer.bytes
        origin = entryPoint.origin(of: connection.peer, isTLS: false)
        awaitHead()
    }

    /// Nanoseconds since it was opened.
    var age: UInt64 { worker.now.nanoseconds(since: openedAt) }

    /// The client's port, for spans.
    var peerPort: UInt16 { connection?.peer.port ?? 0 }

    /// The client's address and port, for the access log.
    var peer: SocketAddress? { connection?.peer }

    // MARK: ConnectionHandler

    /// Where nothing is there for it, a client gets the default certificate and 404 all the same, as from Traefik.
    func clientHello(on connection: Connection) -> TLSServerContext? {
        worker.plan?.tls ?? worker.shared.certificates.context(for: TLSPlan())
    }

    /// The client's handshake is done.
    func connected(_ connection: Connection) {
        guard let agreed = connection.tls else { return }
        tls = TLSLabels(agreed)
        origin = entryPoint.origin(of: connection.peer, isTLS: true)
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        isReceiving = true
        defer { isReceiving = false }
        var offset = 0
        while offset < bytes.count || (phase == .body && decoder.isEnded) {
            switch phase {
            case .head:
                guard receiveHead(bytes, &offset) else { return bytes.count }
            case .body:
                guard receiveBody(bytes, &offset, connection) else { return bytes.count }
            case .discarding:
                guard discardBody(bytes, &offset, connection) else { return bytes.count }
            case .responding:
                return offset
            case .tunnel:
                exchange?.tunnelBytes(bytes.extracting(offset..<bytes.count))
                return bytes.count
            case .closing:
                return bytes.count
            }
        }
        return offset
    }

    func drained(_ connection: Connection) { exchange?.downstreamDrained() }

    func peerFinished(_ connection: Connection) {
        switch phase {
        case .head:
            // Answers that it has not read yet still reach a client that is done with asking.
            if head == nil { close(lingering: false) } else { refuse(.requestLine) }
        case .discarding:
            connection.close()
        case .body:
            keepsAlive = false
            exchange?.requestCutShort()
        case .responding:
            keepsAlive = false
            exchange?.clientFinished()
        case .tunnel:
            exchange?.tunnelEnded()
        case .closing:
            break
        }
    }

    func peerHungUp(_ connection: Connection, wasReset: Bool) {
        // Reading is paused, by pipelined bytes or by a slow server; a client that reset is gone all the same.
        guard wasReset else { return }
        exchange?.clientLeft()
        exchange = nil
        connection.close()
    }

    func closed(_ connection: Connection, reason: CloseReason) {
        exchange?.clientLeft()
        exchange = nil
        stopFeeding()
        if let head { worker.giveBack(head) }
        head = nil
        if timer != .none { worker.cancel(timer) }
        timer = .none
        self.connection = nil
        worker.closed(self)
    }

    // MARK: Receiving

    /// - Returns: Whether there is more to do with these bytes.
    private func receiveHead(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        let head: RequestHead
        if let known = self.head.take() {
            head = known
        } else {
            head = worker.takeHead()
            parser = RequestParser(limits: entryPoint.headLimits)
            if deadlineKind != .request, deadlineKind != .head { awaitHead() }
        }
        switch parser.consume(bytes.extracting(offset..<bytes.count), into: head) {
        case .needMore:
            self.head = head
            return false
        case .refused(let refusal):
            self.head = head
            refuse(refusal)
            return false
        case .complete(let used):
            offset += used
            begin(head)
            return true
        }
    }

    private func begin(_ head: RequestHead) {
        requests += 1
        hasRespondedHead = false
        responseChunked = false
        responseUntilClose = false
        sendsBody = if case .head = head.method { false } else { true }
        let limits = entryPoint.limits
        keepsAlive =
            head.keepAlive && !leavesWhenIdle && !entryPoint.isDraining && requests < limits.requests
            && age < limits.age
        if head.framing.hasBody {
            phase = .body
            decoder.restart(head.framing)
            if deadlineKind == .head { setDeadline(.request) }
        } else {
            phase = .responding
            setDeadline(.response)
        }
        let exchange = worker.takeExchange()
        self.exchange = exchange
        exchange.begin(head, on: self)
    }

    private func receiveBody(_ bytes: Span<UInt8>, _ offset: inout Int, _ connection: Connection) -> Bool {
        switch decoder.next(bytes, from: offset) {
        case .payload(let range):
            offset = range.upperBound
            exchange?.requestBody(bytes.extracting(range), at: range, of: connection)
            return true
        case .end(let end):
            offset = end
            phase = .responding
            setDeadline(.response)
            exchange?.requestEnded()
            return true
        case .needMore:
            return false
        case .refused(let refusal):
            keepsAlive = false
            guard let exchange else { return false }
            exchange.requestMalformed(refusal)
            return false
        }
    }

    private func discardBody(_ bytes: Span<UInt8>, _ offset: inout Int, _ connection: Connection) -> Bool {
        switch decoder.next(bytes, from: offset) {
        case .payload(let range):
            discarded += range.count
            offset = range.upperBound
            if let fed, fed.wantsBody { fed.body(connection.shareReceived(range)) }
            guard discarded <= Self.discardLimit else {
                close(lingering: true)
                return false
            }
            if decoder.isEnded { discardingEnded() }
            return true
        case .end(let end):
            offset = end
            discardingEnded()
            return true
        case .needMore:
            return false
        case .refused:
            close(lingering: true)
            return false
        }
    }

    /// The rest of a request that was answered early has come.
    func discardingEnded() {
        let fed = self.fed
        self.fed = nil
        fed?.bodyEnded()
        becomeIdle()
    }

    /// Answers what is no request and closes: refused input never stays connected.
    func refuse(_ refusal: Refusal) {
        guard let connection else { return }
        if refusal.status >= 400 { worker.figures.requestRefused(status: refusal.status) }
        if let head { worker.giveBack(head) }
        head = nil
        phase = .closing
        worker.withDateLine { date in
            connection.compose(upTo: SyntheticResponse.sizeBound) { memory in
                var writer = ByteWriter(memory)
                refusal.write(into: &writer, dateLine: date)
                return writer.count
            }
        }
        close(lingering: true)
    }

    /// The target of a whole request is refused: the connection may go on where the refusal allows it.
    func send(_ refusal: Refusal, of request: RequestHead) {
        if refusal.closesConnection || !keepsAlive {
            refuse(refusal)
            exchange = nil
            return
        }
        guard let connection else { return }
        // `OPTIONS *` is answered, not refused.
        if refusal.status >= 400 { worker.figures.requestRefused(status: refusal.status) }
        worker.withDateLine { date in
            connection.compose(upTo: SyntheticResponse.sizeBound) { memory in
                var writer = ByteWriter(memory)
                refusal.write(into: &writer, version: request.version, dateLine: date)
                return writer.count
            }
        }
        responseEnded()
    }
}

@available(*, unavailable)
extension DownstreamConnection: Sendable {}
