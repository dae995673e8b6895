internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaUpstream

/// Hears what becomes of a request; called on the loop.
///
/// One head, any number of body pieces, exactly one end, which is last; only the end when it fails early.
package protocol ClientObserver: AnyObject {
    func head(_ head: ClientResponseHead)
    /// - Returns: Whether more may come at once; after false nothing is read until `ClientLoop.resume`.
    func body(_ bytes: Span<UInt8>) -> Bool
    /// Nil: the response is whole.
    func ended(_ failure: ClientFailure?)
}

/// One request under way, bound to its loop.
///
/// The leg does connecting, parsing and the keeping of connections; deadlines are here. A timer that fires looks at when the
/// last byte came, so that a busy stream arms none per piece.
final class ClientExchange: UpstreamLegClient, TimerTarget {
    private enum Tag { static let head = 0, idle = 1, whole = 2 }

    private let request: ClientRequest
    private unowned let owner: ClientLoop
    private var observer: (any ClientObserver)?
    private var leg: UpstreamLeg?
    private var timers: (head: TimerID, idle: TimerID, whole: TimerID) = (.none, .none, .none)
    private var lastByte: Instant
    private var isPaused = false

    init(_ request: ClientRequest, owner: ClientLoop, observer: any ClientObserver) {
        self.request = request
        self.owner = owner
        self.observer = observer
        lastByte = owner.loop.now
    }

    private var loop: EventLoop { owner.loop }

    // MARK: Orders

    func start(on pool: ServerPool, upstreams: Upstreams) {
        let limits = request.limits
        if limits.head > .zero { timers.head = loop.schedule(after: limits.head, for: self, tag: Tag.head) }
        if limits.whole > .zero { timers.whole = loop.schedule(after: limits.whole, for: self, tag: Tag.whole) }
        let leg = upstreams.takeLeg()
        self.leg = leg
        let connection = leg.start(
            on: pool, method: request.method, isReplayable: request.isRepeatable, allowsUpgrade: false, client: self)
        if let connection { legIsReady(leg, on: connection) }
    }

    func resume() {
        guard isPaused else { return }
        isPaused = false
        lastByte = loop.now
        leg?.resumeReading()
    }

    /// Ends the request: what was sent is cut, the observer hears why.
    func fail(_ failure: ClientFailure) {
        let leg = self.leg
        self.leg = nil
        leg?.cancel()
        if let leg { owner.giveBack(leg) }
        end(failure)
    }

    // MARK: TimerTarget

    func timerFired(_ id: TimerID, tag: Int) {
        switch tag {
        case Tag.head:
            timers.head = .none
            fail(.headTimedOut)
        case Tag.whole:
            timers.whole = .none
            fail(.timedOut)
        default:
            timers.idle = .none
            guard isPaused || loop.now - lastByte < request.limits.idle else {
                fail(.idleTimedOut)
                return
            }
            // A reader that is behind is no silence of the server's.
            if isPaused { lastByte = loop.now }
            timers.idle = loop.schedule(at: lastByte + request.limits.idle, for: self, tag: Tag.idle)
        }
    }

    // MARK: UpstreamLegClient

    func legIsReady(_ leg: UpstreamLeg, on connection: Connection) {
        let head = request.writtenHead()
        connection.write(head.span)
        let body = request.body
        if !body.isEmpty { connection.write(body.span) }
        leg.finishRequest()
    }

    func leg(_ leg: UpstreamLeg, informational head: ResponseHead) {}

    func leg(_ leg: UpstreamLeg, head: ResponseHead) {
        loop.cancel(timers.head)
        timers.head = .none
        lastByte = loop.now
        if request.limits.idle > .zero {
            timers.idle = loop.schedule(after: request.limits.idle, for: self, tag: Tag.idle)
        }
        func text(_ bytes: Span<UInt8>) -> String {
            var text: [UInt8] = []
            for index in bytes.indices { text.append(bytes[index]) }
            return String(decoding: text, as: UTF8.self)
        }
        let fields = (0..<head.count).map { (name: head.withName(of: $0, text), value: head.withValue(of: $0, text)) }
        observer?.head(ClientResponseHead(status: Int(head.status), fields: fields))
    }

    func leg(_ leg: UpstreamLeg, body: Span<UInt8>) {
        lastByte = loop.now
        guard let observer, !observer.body(body), !isPaused else { return }
        // The observer may have ended it meanwhile.
        guard self.leg === leg else { return }
        isPaused = true
        leg.pauseReading()
    }

    func legDrained(_ leg: UpstreamLeg) {}

    func legFinished(_ leg: UpstreamLeg, trailers: TrailerBlock?) {
        self.leg = nil
        owner.giveBack(leg)
        end(nil)
    }

    func legFailed(_ leg: UpstreamLeg, _ failure: UpstreamFailure) {
        self.leg = nil
        owner.giveBack(leg)
        end(.upstream(failure))
    }

    private func end(_ failure: ClientFailure?) {
        loop.cancel(timers.head)
        loop.cancel(timers.idle)
        loop.cancel(timers.whole)
        timers = (.none, .none, .none)
        guard let observer else { return }
        self.observer = nil
        owner.forget(self)
        observer.ended(failure)
    }
}

@available(*, unavailable)
extension ClientExchange: Sendable {}
