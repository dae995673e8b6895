internal import SpeculaHTTP
internal import SpeculaIO

/// One HTTP server of the demo: takes every request, and answers it after a while as its behaviour says.
final class DemoServer: ListenerHandler {
    private let behaviour: DemoBehaviour

    init(_ behaviour: DemoBehaviour) { self.behaviour = behaviour }

    func accepted(_ connection: Connection, on listener: Listener) {
        connection.handler = DemoServerConnection(connection, behaviour)
    }
}

/// A connection to a demo server: one request after the other, read whole, then answered.
///
/// States: `head` (reading a head) → `body` (reading its body) → `thinking` (a timer runs, bytes wait) → `head`.
final class DemoServerConnection: ConnectionHandler, TimerTarget {
    private enum State { case head, body, thinking }

    private let behaviour: DemoBehaviour
    private let connection: Connection
    private let head = RequestHead()
    private var parser = RequestParser()
    private var decoder = BodyDecoder(.none)
    private var state = State.head
    private var timer = TimerID.none
    private var bodyBytes = 0
    private var isLast = false

    init(_ connection: Connection, _ behaviour: DemoBehaviour) {
        self.connection = connection
        self.behaviour = behaviour
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        var offset = 0
        while offset < bytes.count || state == .body {
            switch state {
            case .head:
                switch parser.consume(bytes.extracting(offset..<bytes.count), into: head) {
                case .needMore: return bytes.count
                case .refused: return refuse(taking: bytes.count)
                case .complete(let consumed):
                    offset += consumed
                    decoder = BodyDecoder(head.framing)
                    bodyBytes = 0
                    isLast = !head.keepAlive
                    state = .body
                }
            case .body:
                switch decoder.next(bytes, from: offset) {
                case .payload(let range):
                    bodyBytes += range.count
                    offset = range.upperBound
                case .needMore: return bytes.count
                case .refused: return refuse(taking: bytes.count)
                case .end(let next):
                    state = .thinking
                    timer = connection.loop.schedule(
                        after: behaviour.delay(drawing: connection.loop.random()), for: self, tag: 0)
                    return next
                }
            case .thinking: return offset
            }
        }
        return offset
    }

    func timerFired(_ id: TimerID, tag: Int) {
        timer = .none
        answer(status: behaviour.status(drawing: connection.loop.random()))
        head.reset()
        state = .head
        if isLast {
            connection.closeAfterFlush(lingering: .seconds(1))
        } else {
            connection.resumeReading()
        }
    }

    func peerFinished(_ connection: Connection) {
        isLast = true
        if state != .thinking { connection.close() }
    }

    func closed(_ connection: Connection, reason: CloseReason) { connection.loop.cancel(timer) }

    private func refuse(taking count: Int) -> Int {
        isLast = true
        answer(status: 400)
        connection.closeAfterFlush(lingering: .seconds(1))
        return count
    }

    private func answer(status: UInt16) {
        let body = "{\"server\":\"\(behaviour.name)\",\"status\":\(status),\"received\":\(bodyBytes)}\n"
        var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\n"
        text += "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
        if isLast { text += "Connection: close\r\n" }
        text += "\r\n"
        if head.method != .head { text += body }
        connection.write(Array(text.utf8).span)
    }

    private static func reason(_ status: UInt16) -> String {
        switch status {
        case 200: "OK"
        case 400: "Bad Request"
        case 500: "Internal Server Error"
        default: "Service Unavailable"
        }
    }
}
