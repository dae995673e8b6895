import SpeculaSimulation
import Testing
import TestCertificates

@testable import SpeculaIO

/// Where a test of TLS takes place: sockets of this machine, or a network that does not exist.
enum TLSPlace: String, CaseIterable, CustomStringConvertible {
    case linux, simulated

    var description: String { rawValue }
}

/// An authority that signs for tests; one for the process, since making keys takes its time.
enum Authorities {
    static let trusted = Result { try TestAuthority("Trusted") }
    static let other = Result { try TestAuthority("Other") }
    static let example = Result { try trusted.get().issue(["a.example.com", "*.example.com", "127.0.0.1"]) }
}

extension TLSCertificate {
    convenience init(_ issued: TestAuthority.Issued) throws {
        try self.init(certificate: issued.certificate, key: issued.key)
    }
}

/// A server that speaks TLS, and clients of it, on one loop.
final class TLSWorld {
    let loop: EventLoop
    let acceptor = Acceptor()
    let listener: Listener
    var context: TLSServerContext?
    let world: SimulatedWorld?
    private let real: RealLoop?

    init(_ place: TLSPlace, certificates: [TestAuthority.Issued] = [], seed: UInt64 = 1) throws {
        switch place {
        case .linux:
            let made = try RealLoop()
            (real, world, loop) = (made, nil, made.loop)
        case .simulated:
            let made = SimulatedWorld(seed: seed)
            (real, world, loop) = (nil, made, made.makeLoop())
        }
        let shown = try certificates.isEmpty ? [Authorities.example.get()] : certificates
        let ready = try shown.map { try TLSCertificate($0) }
        context = try TLSServerContext(certificates: ready, default: try #require(ready.first))
        let address = place == .linux ? SocketAddress.loopback(port: 0) : SocketAddress(ipv4: 0x7f00_0001, port: 443)
        listener = try loop.listen(
            on: ListenAddress(address), options: ListenOptions(probesFirst: false), handler: acceptor)
        acceptor.prepare = { [unowned self] probe in
            probe.hello = { [unowned self] in self.context }
            probe.connection?.sniffsTLS = true
        }
    }

    /// A client's half.
    func connect(
        host: String = "a.example.com", _ configuration: TLSClientConfiguration? = nil, peer: TLSPeer? = nil
    ) throws -> Probe {
        let probe = Probe()
        let trusting = TLSClientConfiguration(roots: .pem([try Authorities.trusted.get().pem]))
        let target = try peer ?? TLSPeer(TLSClientContext(configuration ?? trusting), host: host)
        probe.connection = loop.connect(
            to: listener.localAddress, lane: .production, tls: target, handler: probe)
        return probe
    }

    /// Client and server once the handshake is done.
    func pair(host: String = "a.example.com", peer: TLSPeer? = nil) throws -> (client: Probe, server: Probe) {
        let count = acceptor.accepted.count
        let client = try connect(host: host, peer: peer)
        run(until: { client.isConnected && self.acceptor.accepted.count > count && self.last?.isConnected == true })
        return (client, try #require(last))
    }

    var last: Probe? { acceptor.accepted.last }

    func run(until condition: () -> Bool, sourceLocation: SourceLocation = #_sourceLocation) {
        if let real { return real.run(until: condition, sourceLocation: sourceLocation) }
        let isMet = world?.run(until: condition) ?? false
        #expect(isMet, "nothing happened", sourceLocation: sourceLocation)
    }

    /// Both are gone, and nothing of them is left.
    func end(_ probes: Probe..., sourceLocation: SourceLocation = #_sourceLocation) {
        for probe in probes { probe.connection?.close() }
        for probe in acceptor.accepted { probe.connection?.close() }
        run(
            until: { probes.allSatisfy { $0.reason != nil } && self.acceptor.accepted.allSatisfy { $0.reason != nil } },
            sourceLocation: sourceLocation)
        listener.close()
        loop.turn(wait: false)
        let left = loop.statistics
        #expect(left.openConnections == 0, sourceLocation: sourceLocation)
        #expect(left.timersArmed == 0, sourceLocation: sourceLocation)
        #expect(left.chunksOut == 0, sourceLocation: sourceLocation)
        if let world {
            world.settle()
            world.checkNothingLeft()
            #expect(world.complaints == [], sourceLocation: sourceLocation)
        }
    }
}
