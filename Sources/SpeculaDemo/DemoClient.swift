internal import SpeculaHTTP
internal import SpeculaIO

/// One client of the demo: a kept connection, one request at a time, the answer read to its end.
///
/// States: closed → `waiting` (sent, an answer is due) → idle → `waiting` …; whatever goes wrong closes, the next request
/// connects anew.
final class DemoClient: ConnectionHandler, TimerTarget {
    /// Longer than any answer of the demo's servers takes.
    static let patience = Duration.seconds(10)

    private let loop: EventLoop
    private var connection: Connection?
    private let head = ResponseHead()
    private var parser = ResponseParser()
    private var decoder: BodyDecoder?
    private var unsent: [UInt8] = []
    private var isWaiting = false
    private var timer = TimerID.none
    private(set) var answered = 0
    private(set) var failed = 0

    init(loop: EventLoop) { self.loop = loop }

    var isIdle: Bool { !isWaiting }

    /// Sends a request, over a new connection where there is none; only when idle.
    func send(_ request: [UInt8], to gateway: SocketAddress) {
        isWaiting = true
        decoder = nil
        timer = loop.schedule(after: Self.patience, for: self, tag: 0)
        if let connection, connection.isConnected {
            connection.write(request.span)
        } else {
            unsent = request
            connection = loop.connect(to: gateway, lane: .production, handler: self)
        }
    }

    /// Ends it; a request that still waits counts neither way.
    func close() {
        rest()
        connection?.close()
    }

    func connected(_ connection: Connection) {
        let request = unsent
        unsent = []
        connection.write(request.span)
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        var offset = 0
        while isWaiting {
            if decoder == nil {
                switch parser.consume(bytes.extracting(offset..<bytes.count), into: head, answering: .get) {
                case .needMore: return bytes.count
                case .failed: return giveUp(connection, bytes.count)
                case .complete(let consumed):
                    offset += consumed
                    if head.isInterim { head.reset() } else { decoder = BodyDecoder(head.framing) }
                }
            } else {
                switch decoder?.next(bytes, from: offset) {
                case .payload(let range): offset = range.upperBound
                case .needMore: return bytes.count
                case .end(let next):
                    offset = next
                    finish(connection)
                case .refused, nil: return giveUp(connection, bytes.count)
                }
            }
        }
        return offset
    }

    func peerFinished(_ connection: Connection) { connection.close() }

    func closed(_ connection: Connection, reason: CloseReason) {
        guard connection === self.connection else { return }
        self.connection = nil
        if isWaiting { fail() }
    }

    func timerFired(_ id: TimerID, tag: Int) {
        timer = .none
        connection?.close()
    }

    private func finish(_ connection: Connection) {
        answered += 1
        let isLast = !head.keepAlive
        rest()
        if isLast { connection.close() }
    }

    private func giveUp(_ connection: Connection, _ count: Int) -> Int {
        connection.close()
        return count
    }

    private func fail() {
        failed += 1
        rest()
    }

    private func rest() {
        loop.cancel(timer)
        timer = .none
        isWaiting = false
        decoder = nil
        parser = ResponseParser()
        head.reset()
    }
}
