internal import SpeculaHTTP
package import SpeculaIO
package import SpeculaRouting

/// What a pool of connections is kept for: a server as seen through one transport, in one lane.
package struct PoolKey: Hashable {
    package let host: String
    package let port: UInt16
    package let transport: TransportPlan
    package let lane: Lane
    /// Nil: in the clear.
    package let tls: TLSClientContext?

    package init(
        host: String, port: UInt16, transport: TransportPlan, lane: Lane, tls: TLSClientContext? = nil
    ) {
        self.host = host
        self.port = port
        self.transport = transport
        self.lane = lane
        self.tls = tls
    }
}

/// One worker's connections to one server: leased newest first, so that the old ones can expire.
///
/// Bound to its loop. Mirrors have pools of their own (`Lane`), so that a copy never waits for or takes a connection of
/// production.
package final class ServerPool: TimerTarget {
    /// Connections that a mirror's pool begins in a turn when several become due at once.
    private static var connectsPerTurn: Int { 16 }
    /// What its timers are for.
    private static var sweeps: Int { 0 }
    private static var connects: Int { 1 }
    internal let key: PoolKey
    internal let loop: EventLoop
    internal let figures: UpstreamFigures
    /// The server as TLS knows it, with the session to go on with; nil: in the clear.
    internal let peer: TLSPeer?
    internal let whenTLSFails: ((_ server: String, TLSFailure) -> Void)?
    private var toldOfTLS: Instant?
    private let maxIdle: Int
    /// The transport's limits in nanoseconds; 0: none.
    internal let idleLimit: UInt64
    internal let dialLimit: UInt64
    internal let responseLimit: UInt64
    private var idle: [UpstreamConnection] = []
    private var addresses: [SocketAddress] = []
    private var nextAddress = 0
    private var resolving = false
    private var waiting: [UpstreamLeg] = []
    private var sweep: TimerID?
    internal private(set) var isRetired = false
    /// Connections of this pool that are open: idle, leased or being made.
    internal var openConnections = 0

    internal init(
        key: PoolKey, loop: EventLoop, workers: Int, figures: UpstreamFigures,
        whenTLSFails: ((_ server: String, TLSFailure) -> Void)?
    ) {
        self.key = key
        self.whenTLSFails = whenTLSFails
        peer = key.tls.map { TLSPeer($0, host: key.host) }
        self.figures = figures
        self.loop = loop
        idleLimit = UInt64(max(0, key.transport.idleConnectionTimeout.wholeNanoseconds))
        dialLimit = UInt64(max(0, key.transport.dialTimeout.wholeNanoseconds))
        responseLimit = UInt64(max(0, key.transport.responseHeaderTimeout.wholeNanoseconds))
        let share = key.transport.maxIdleConnectionsPerHost
        maxIdle = share <= 0 ? 0 : max(1, share / max(1, workers))
        if let literal = SocketAddress(host: key.host, port: key.port) { addresses = [literal] }
    }

    // MARK: Leases

    /// An idle connection, which is the caller's from now on; nil: there is none.
    internal func takeIdle() -> UpstreamConnection? { idle.popLast() }

    internal func noteReused() { figures.noteReused() }

    /// Gives the leg a new connection when it is connected.
    internal func connectAnew(for leg: UpstreamLeg) {
        if addresses.isEmpty { resolve(for: leg) } else { connect(for: leg) }
    }

    /// Takes back a connection whose exchange ended cleanly.
    internal func giveBack(_ connection: consuming UpstreamConnection) {
        guard idle.count < maxIdle, !isRetired else {
            connection.discard()
            return
        }
        connection.idleSince = loop.now
        idle.append(connection)
        if sweep == nil, idleLimit > 0 {
            sweep = loop.schedule(at: loop.now.advanced(byNanoseconds: idleLimit), for: self, tag: Self.sweeps)
        }
    }

    /// An idle connection was closed by the server.
    internal func lost(_ connection: UpstreamConnection) {
        if let place = idle.lastIndex(where: { $0 === connection }) { idle.remove(at: place) }
    }

    /// Closes what is idle; what is leased goes on.
    package func closeIdle() {
        let all = idle
        idle.removeAll()
        for connection in all { connection.discard() }
        if let timer = sweep.take() { loop.cancel(timer) }
    }

    /// No configuration in force names it: closes what is idle, and whatever comes back.
    internal func retire() {
        isRetired = true
        closeIdle()
    }

    internal var idleConnections: Int { idle.count }
    internal var isSweeping: Bool { sweep != nil }

    package func timerFired(_ id: TimerID, tag: Int) {
        if tag == Self.connects { return connectWaiting() }
        sweep = nil
        var kept: [UpstreamConnection] = []
        kept.reserveCapacity(idle.count)
        var expired: [UpstreamConnection] = []
        for connection in idle {
            if loop.now.nanoseconds(since: connection.idleSince) >= idleLimit {
                expired.append(connection)
            } else {
                kept.append(connection)
            }
        }
        idle = kept
        for connection in expired { connection.discard() }
        if let oldest = idle.first {
            sweep = loop.schedule(at: oldest.idleSince.advanced(byNanoseconds: idleLimit), for: self, tag: Self.sweeps)
        }
    }

    // MARK: Connecting

    private func resolve(for leg: UpstreamLeg) {
        waiting.append(leg)
        leg.startDialing()
        guard !resolving else { return }
        resolving = true
        loop.resolve(key.host, lane: key.lane) { [self] result in
            resolving = false
            switch result {
            case .addresses(let found) where !found.isEmpty:
                addresses = found.map { $0.withPort(key.port) }
                connectWaiting()
            default:
                let legs = waiting
                waiting.removeAll()
                for leg in legs where leg.isConnecting { leg.connectFailed(.unresolved) }
            }
        }
    }

    /// Connects those who waited for the name; mirrors a few a millisecond: a thousand copies that a silent name server held up would
    /// otherwise be begun, at 30 µs or more each, before the next request is looked at.
    private func connectWaiting() {
        let legs = Array(waiting.prefix(key.lane == .mirror ? Self.connectsPerTurn : waiting.count))
        waiting.removeFirst(legs.count)
        for leg in legs where leg.isConnecting { connect(for: leg) }
        if !waiting.isEmpty {
            _ = loop.schedule(at: loop.now, for: self, tag: Self.connects)
        } else if SocketAddress(host: key.host, port: key.port) == nil {
            // The next lease asks again; the resolver answers from its cache until the answer is old.
            addresses.removeAll()
        }
    }

    internal func connect(for leg: UpstreamLeg) {
        guard !addresses.isEmpty else {
            resolve(for: leg)
            return
        }
        if leg.addresses.isEmpty {
            leg.addresses = addresses.count == 1 ? addresses : rotated()
        }
        let connection = UpstreamConnection(pool: self)
        openConnections += 1
        connection.open(to: leg.addresses[leg.addressesTried % leg.addresses.count], for: leg)
    }

    private func rotated() -> [SocketAddress] {
        nextAddress = (nextAddress + 1) % addresses.count
        return Array(addresses[nextAddress...] + addresses[..<nextAddress])
    }

    /// A handshake with the server failed: told at most once in ten seconds.
    internal func failedTLS(_ failure: TLSFailure) {
        if let toldOfTLS, loop.now < toldOfTLS + .seconds(10) { return }
        toldOfTLS = loop.now
        whenTLSFails?("\(key.host):\(key.port)", failure)
    }

    /// A leg that waits for a connection no longer wants one.
    internal func forget(_ leg: UpstreamLeg) {
        if let place = waiting.firstIndex(where: { $0 === leg }) { waiting.remove(at: place) }
    }
}

@available(*, unavailable)
extension ServerPool: Sendable {}
