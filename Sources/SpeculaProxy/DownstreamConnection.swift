internal import SpeculaHTTP
internal import SpeculaIO
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
    private enum Phase { case head, body, responding, discarding, tunnel, closing }
    private enum Deadline { case none, request, idle, response }
    /// Bytes of a request's body that are read and dropped after an early answer before the connection is closed (as Go).
    private static let discardLimit = 256 << 10
    /// Unsent response bytes at which the server is no longer read.
    private static let highWater = 256 << 10
    private static let lingering = Duration.milliseconds(500)

    internal let worker: Worker
    internal let entryPoint: EntryPointRuntime
    private var connection: Connection?
    private var phase = Phase.head
    private var head: RequestHead?
    private var parser: RequestParser
    private var decoder = BodyDecoder(.none)
    private var exchange: Exchange?
    private var isReceiving = false
    private var discarded = 0
    private var requests = 0
    private let openedAt: Instant
    /// Decided when the response's head is written.
    private var keepsAlive = true
    private var responseChunked = false
    private var responseUntilClose = false
    private var sendsBody = true
    private var hasRespondedHead = false
    private var leavesWhenIdle = false
    /// Bytes that the client had not taken when its idle time was last over.
    private var unsentWhenIdle = 0
    private var deadlineKind = Deadline.none
    private var deadline = Instant(nanoseconds: 0)
    private var timer: TimerID = .none
    private var timerAt = Instant(nanoseconds: 0)
    internal let forward: ForwardContext
    internal let client: (UInt64, UInt64)
    /// Where it stands in the worker's list.
    internal var place = 0

    init(_ connection: Connection, worker: Worker, entryPoint: EntryPointRuntime) {
        self.worker = worker
        self.entryPoint = entryPoint
        self.connection = connection
        parser = RequestParser(limits: entryPoint.headLimits)
        openedAt = worker.loop.now
        client = connection.peer.bytes
        forward = entryPoint.forwardContext(for: connection.peer)
        setDeadline(.request)
    }

    /// The client's address and port, for the access log.
    var peer: SocketAddress? { connection?.peer }

    // MARK: ConnectionHandler

    func connected(_ connection: Connection) {}

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
                guard discardBody(bytes, &offset) else { return bytes.count }
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

    /// Reading is paused, behind a pipelined request or before a slow server: a reset must not wait for that.
    func peerHungUp(_ connection: Connection, wasReset: Bool) {
        guard wasReset else { return }
        exchange?.clientLeft()
        exchange = nil
        connection.close()
    }

    func closed(_ connection: Connection, reason: CloseReason) {
        exchange?.clientLeft()
        exchange = nil
        if let head { worker.giveBack(head) }
        head = nil
        if timer != .none { worker.loop.cancel(timer) }
        timer = .none
        self.connection = nil
        worker.closed(self)
    }

    // MARK: Receiving

    /// - Returns: Whether there is more to do with these bytes.
    private func receiveHead(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        let head: RequestHead
        if let known = self.head {
            head = known
        } else {
            head = worker.takeHead()
            self.head = head
            parser = RequestParser(limits: entryPoint.headLimits)
            if deadlineKind != .request { setDeadline(.request) }
        }
        switch parser.consume(bytes.extracting(offset..<bytes.count), into: head) {
        case .needMore:
            return false
        case .refused(let refusal):
            refuse(refusal)
            return false
        case .complete(let used):
            offset += used
            self.head = nil
            begin(head)
            return true
        }
    }

    private func begin(_ head: RequestHead) {
        requests += 1
        hasRespondedHead = false
        responseChunked = false
        responseUntilClose = false
        sendsBody = head.method != .head
        let limits = entryPoint.limits
        keepsAlive =
            head.keepAlive && !leavesWhenIdle && !worker.isDraining && requests < limits.requests
            && worker.loop.now.nanoseconds(since: openedAt) < limits.age
        if head.framing.hasBody {
            phase = .body
            decoder.restart(head.framing)
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

    private func discardBody(_ bytes: Span<UInt8>, _ offset: inout Int) -> Bool {
        switch decoder.next(bytes, from: offset) {
        case .payload(let range):
            discarded += range.count
            offset = range.upperBound
            guard discarded <= Self.discardLimit else {
                close(lingering: true)
                return false
            }
            if decoder.isEnded { phase = .head; becomeIdle() }
            return true
        case .end(let end):
            offset = end
            becomeIdle()
            return true
        case .needMore:
            return false
        case .refused:
            close(lingering: true)
            return false
        }
    }

    /// Answers what is no request and closes: refused input never stays connected.
    private func refuse(_ refusal: Refusal) {
        guard let connection else { return }
        worker.figures.requestRefused(status: refusal.status)
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
        worker.figures.requestRefused(status: refusal.status)
        worker.withDateLine { date in
            connection.compose(upTo: SyntheticResponse.sizeBound) { memory in
                var writer = ByteWriter(memory)
                refusal.write(into: &writer, version: request.version, dateLine: date)
                return writer.count
            }
        }
        responseEnded()
    }

    // MARK: Orders of the exchange

    /// The client's side of the request stops being read until `resumeRequest`.
    func pauseRequest() { connection?.pauseReading() }

    func resumeRequest() { connection?.resumeReading() }

    func expectChunks(_ wants: Bool) { connection?.receivesIntoChunks = wants }

    var unsentBytes: Int { connection?.unsentBytes ?? 0 }

    var isCongested: Bool { unsentBytes > Self.highWater }

    func sendContinue() {
        connection?.compose(upTo: 32) { memory in
            var writer = ByteWriter(memory)
            writer.append("HTTP/1.1 100 Continue\r\n\r\n")
            return writer.count
        }
    }

    /// Passes a 1xx head on.
    func send(informational head: ResponseHead, of request: RequestHead) {
        guard let connection else { return }
        connection.compose(upTo: head.downstreamSizeBound(extra: 0)) { memory in
            var writer = ByteWriter(memory)
            head.writeDownstream(
                into: &writer, answering: request.method, version: request.version, keepAlive: true, dateLine: Span())
            return writer.count
        }
    }

    /// Writes the head of the response.
    func send(_ head: ResponseHead, of request: RequestHead, cookies: [String]) {
        guard let connection else { return }
        hasRespondedHead = true
        let framing = head.downstreamFraming(for: request.version)
        responseChunked = framing == .chunked
        responseUntilClose = framing == .untilClose
        if responseUntilClose || worker.isDraining { keepsAlive = false }
        // A client that still waits for its 100 will not send the body that would have to be read first.
        if phase == .body, request.expectsContinue { keepsAlive = false }
        let keepsAlive = keepsAlive
        let extra = cookies.isEmpty ? [] : Array(cookies.map { "Set-Cookie: \($0)\r\n" }.joined().utf8)
        worker.withDateLine { date in
            connection.compose(upTo: head.downstreamSizeBound(extra: extra.count + date.count)) { memory in
                var writer = ByteWriter(memory)
                head.writeDownstream(
                    into: &writer, answering: request.method, version: request.version, keepAlive: keepsAlive,
                    dateLine: date, extraLines: extra.span)
                return writer.count
            }
        }
    }

    func send(body bytes: Span<UInt8>) {
        guard let connection, sendsBody else { return }
        guard responseChunked else {
            connection.write(bytes)
            return
        }
        connection.composeChunkHead(bytes.count)
        connection.write(bytes)
        connection.composeChunkEnd()
    }

    /// The response is whole.
    func sendEnd(trailers: TrailerBlock?) {
        if responseChunked, sendsBody, let connection {
            if let trailers {
                connection.compose(upTo: trailers.sizeBound + ByteWriter.chunkOverhead) { memory in
                    var writer = ByteWriter(memory)
                    writer.appendLastChunk(trailers)
                    return writer.count
                }
            } else {
                connection.composeLastChunk()
            }
        }
        responseEnded()
    }

    /// Writes a whole response of Specula's own.
    func send(_ response: SyntheticResponse, of request: RequestHead) {
        guard let connection else { return }
        hasRespondedHead = true
        if worker.isDraining { keepsAlive = false }
        let keepsAlive = keepsAlive
        worker.withDateLine { date in
            connection.compose(upTo: SyntheticResponse.sizeBound) { memory in
                var writer = ByteWriter(memory)
                response.write(
                    into: &writer, answering: request.method, version: request.version, keepAlive: keepsAlive,
                    dateLine: date)
                return writer.count
            }
        }
        responseEnded()
    }

    /// Writes what a local service answered.
    func send(_ response: LocalResponse, of request: RequestHead) {
        guard let connection else { return }
        hasRespondedHead = true
        if worker.isDraining { keepsAlive = false }
        connection.write(localHead(response, of: request).span)
        if sendsBody { connection.write(response.body.span) }
        responseEnded()
    }

    private func localHead(_ response: LocalResponse, of request: RequestHead) -> [UInt8] {
        let version = request.version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
        let status = UInt16(clamping: response.status)
        var text = "\(version) \(status) \(StatusText.reason(status))\r\n"
        for field in response.fields { text += "\(field.name): \(field.value)\r\n" }
        if status >= 200, status != 204, status != 304 { text += "Content-Length: \(response.body.count)\r\n" }
        if !keepsAlive, request.version == .http11 { text += "Connection: close\r\n" }
        if keepsAlive, request.version == .http10 { text += "Connection: keep-alive\r\n" }
        var bytes = Array(text.utf8)
        worker.withDateLine { date in for index in date.indices { bytes.append(date[index]) } }
        bytes += [0x0d, 0x0a]
        return bytes
    }

    /// The response broke off after its head: the client must see that it is not whole.
    func cutResponse() {
        exchange = nil
        phase = .closing
        guard let connection else { return }
        if responseUntilClose { connection.reset() } else { connection.closeAfterFlush(lingering: Self.lingering) }
    }

    var hasSentHead: Bool { hasRespondedHead }

    /// From here on bytes pass as they are, both ways.
    func becomeTunnel() {
        phase = .tunnel
        keepsAlive = false
        setDeadline(.none)
    }

    func sendTunnel(_ bytes: Span<UInt8>) { connection?.write(bytes) }

    func finishTunnel() {
        exchange = nil
        phase = .closing
        connection?.closeAfterFlush(lingering: Self.lingering)
    }

    private func responseEnded() {
        exchange = nil
        switch phase {
        case .responding where keepsAlive:
            becomeIdle()
            if !isReceiving { connection?.resumeReading() }
        case .body where keepsAlive:
            discarded = 0
            phase = .discarding
            connection?.receivesIntoChunks = false
            if decoder.isEnded { becomeIdle() }
            if !isReceiving { connection?.resumeReading() }
        case .head, .body, .responding, .discarding, .tunnel, .closing:
            close(lingering: phase == .body)
        }
    }

    // MARK: Idle, draining, deadlines

    private func becomeIdle() {
        phase = .head
        unsentWhenIdle = 0
        if leavesWhenIdle {
            close(lingering: false)
        } else {
            setDeadline(.idle)
        }
    }

    /// The gateway stops: an idle connection closes at once, a busy one with its response.
    func drain() {
        leavesWhenIdle = true
        keepsAlive = keepsAlive && hasRespondedHead
        if phase == .head, head == nil { close(lingering: false) }
    }

    /// The grace time is over.
    func cut() {
        exchange?.clientLeft()
        exchange = nil
        connection?.close()
    }

    private func close(lingering: Bool) {
        phase = .closing
        unsentWhenIdle = 0
        setDeadline(unsentBytes > 0 ? .idle : .none)
        connection?.closeAfterFlush(lingering: lingering ? Self.lingering : .zero)
    }

    /// A client that still takes its last answer is not idle; one that took nothing of it all the while is.
    private func idleIsOver() {
        let left = unsentBytes
        if left == 0 {
            close(lingering: false)
        } else if left == unsentWhenIdle {
            connection?.close()
        } else {
            unsentWhenIdle = left
            setDeadline(.idle)
        }
    }

    private func setDeadline(_ kind: Deadline) {
        let limit: UInt64 =
            switch kind {
            case .none: 0
            case .request: entryPoint.limits.read
            case .idle: entryPoint.limits.idle
            case .response: entryPoint.limits.write
            }
        guard limit > 0 else {
            deadlineKind = .none
            return
        }
        deadlineKind = kind
        deadline = worker.loop.now.advanced(byNanoseconds: limit)
        // The timer is moved only when it would be late; one that is early looks again.
        if timer == .none || timerAt > deadline {
            if timer != .none { worker.loop.cancel(timer) }
            timerAt = deadline
            timer = worker.loop.schedule(at: deadline, for: self, tag: 0)
        }
    }

    func timerFired(_ id: TimerID, tag: Int) {
        timer = .none
        guard deadlineKind != .none else { return }
        if worker.loop.now < deadline {
            timerAt = deadline
            timer = worker.loop.schedule(at: deadline, for: self, tag: 0)
            return
        }
        let kind = deadlineKind
        deadlineKind = .none
        switch (kind, phase) {
        case (.request, .head):
            if head == nil { close(lingering: false) } else { refuse(.headTooSlow) }
        case (.request, .body):
            keepsAlive = false
            exchange?.requestTimedOut()
        case (.request, .discarding): close(lingering: false)
        case (.idle, _): idleIsOver()
        case (.response, _):
            exchange?.clientLeft()
            exchange = nil
            connection?.close()
        case (.request, .responding), (.request, .tunnel), (.request, .closing), (.none, _):
            break
        }
    }
}

@available(*, unavailable)
extension DownstreamConnection: Sendable {}
