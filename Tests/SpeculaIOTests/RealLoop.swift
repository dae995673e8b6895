import Testing

@testable import SpeculaIO

/// A loop on real sockets that a test drives turn by turn until what it waits for has happened.
final class RealLoop {
    let loop: EventLoop

    init(limits: LoopLimits = LoopLimits()) throws {
        loop = EventLoop(network: try LinuxNetwork(resolver: Resolver()), limits: limits)
    }

    /// Turns the loop until `condition` holds; fails the test after five seconds.
    func run(
        until condition: () -> Bool, _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let limit = Tick()
        let deadline = loop.currentTime() + .seconds(5)
        while !condition() {
            if loop.currentTime() > deadline {
                Issue.record(comment ?? "nothing happened for five seconds", sourceLocation: sourceLocation)
                return
            }
            let tick = loop.schedule(after: .milliseconds(50), for: limit, tag: 0)
            loop.turn(wait: true)
            loop.cancel(tick)
        }
    }

    /// A few turns without waiting long, for what must not happen.
    func settle() {
        let limit = Tick()
        for _ in 0..<5 {
            let tick = loop.schedule(after: .milliseconds(2), for: limit, tag: 0)
            loop.turn(wait: true)
            loop.cancel(tick)
        }
    }

    /// Everything is given back: connections, listeners, timers, chunks.
    func expectNothingLeft(sourceLocation: SourceLocation = #_sourceLocation) {
        loop.turn(wait: false)
        let left = loop.statistics
        #expect(left.openConnections == 0, sourceLocation: sourceLocation)
        #expect(left.openListeners == 0, sourceLocation: sourceLocation)
        #expect(left.timersArmed == 0, sourceLocation: sourceLocation)
        #expect(left.chunksOut == 0, sourceLocation: sourceLocation)
    }

    private final class Tick: TimerTarget {
        func timerFired(_ id: TimerID, tag: Int) {}
    }
}

/// Accepts everything and keeps it.
final class Acceptor: ListenerHandler {
    var accepted: [Probe] = []
    var exhausted = 0
    /// What each new connection's probe is told to do.
    var prepare: (Probe) -> Void = { _ in }

    func accepted(_ connection: Connection, on listener: Listener) {
        let probe = Probe()
        probe.connection = connection
        connection.handler = probe
        prepare(probe)
        accepted.append(probe)
    }

    func descriptorsExhausted(on listener: Listener) -> Bool {
        exhausted += 1
        return false
    }
}

/// A handler that writes down what it is told.
final class Probe: ConnectionHandler {
    var connection: Connection?
    var bytes: [UInt8] = []
    var log: [String] = []
    var reason: CloseReason?
    /// Bytes of each `received`.
    var deliveries: [Int] = []
    var drains = 0
    var isInside = false
    var onReceived: ((Probe, Span<UInt8>) -> Int)?
    var onConnected: ((Probe) -> Void)?
    var onDrained: ((Probe) -> Void)?
    var onPeerFinished: ((Probe) -> Void)?
    var hello: (() -> TLSServerContext?)?

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var isConnected: Bool { log.contains("connected") }

    func connected(_ connection: Connection) {
        log.append("connected")
        onConnected?(self)
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        #expect(!isInside, "received was called within itself")
        isInside = true
        defer { isInside = false }
        deliveries.append(bytes.count)
        let taken = onReceived?(self, bytes) ?? bytes.count
        unsafe bytes.withUnsafeBufferPointer { unsafe self.bytes.append(contentsOf: $0.prefix(taken)) }
        return taken
    }

    func clientHello(on connection: Connection) -> TLSServerContext? {
        log.append("hello")
        return hello?()
    }

    func drained(_ connection: Connection) {
        drains += 1
        onDrained?(self)
    }

    func peerFinished(_ connection: Connection) {
        log.append("finished")
        onPeerFinished?(self)
    }

    func peerHungUp(_ connection: Connection, wasReset: Bool) { log.append(wasReset ? "reset hint" : "finish hint") }

    func closed(_ connection: Connection, reason: CloseReason) {
        #expect(!isInside, "closed was called within received")
        #expect(self.reason == nil, "closed was told twice")
        self.reason = reason
        log.append("closed")
        self.connection = nil
    }

    func write(_ text: String) { connection?.write(text.utf8Span.span) }
    func write(_ bytes: [UInt8]) { connection?.write(bytes.span) }
}

/// Another pair on the same loop.
struct RealPairBehind {
    let client = Probe()
    let server: Probe

    init(_ loop: RealLoop) throws {
        let acceptor = Acceptor()
        let listener = try loop.loop.listen(on: ListenAddress(.loopback(port: 0)), handler: acceptor)
        client.connection = loop.loop.connect(to: listener.localAddress, lane: .production, handler: client)
        let client = client
        loop.run(until: { acceptor.accepted.count == 1 && client.isConnected })
        listener.close()
        server = try #require(acceptor.accepted.first)
    }
}

/// Two ends of one real connection on one loop.
struct RealPair {
    let loop: RealLoop
    let client = Probe()
    let server: Probe

    init(limits: LoopLimits = LoopLimits(), lane: Lane = .production) throws {
        loop = try RealLoop(limits: limits)
        let acceptor = Acceptor()
        let listener = try loop.loop.listen(on: ListenAddress(.loopback(port: 0)), handler: acceptor)
        client.connection = loop.loop.connect(to: listener.localAddress, lane: lane, handler: client)
        let client = client
        loop.run(until: { acceptor.accepted.count == 1 && client.isConnected })
        listener.close()
        server = try #require(acceptor.accepted.first)
    }
}
