import SpeculaIO
import SpeculaRouting
import SpeculaSimulation
import TestCertificates

/// TLS around the simulated gateway: scripted peers stay as they are, tunnels on loops of their own speak TLS for them.
final class Veil {
    /// Where clients connect to, in the clear.
    static let front = SocketAddress(ipv4: 0x7f00_0001, port: 8_081)
    /// Where the gateway finds servers.
    static let port: UInt16 = 443

    private static let authority = Result { try TestAuthority() }

    let plan: TLSPlan
    private let roots: [String]
    private let certificate: TLSCertificate
    private let context: TLSClientContext
    private(set) var tunnels: [TLSTunnel] = []

    init() throws {
        let authority = try Self.authority.get()
        let hosts = (0..<2).map { Harness.primary($0).host } + (0..<4).map { Harness.mirror($0).host }
        let issued = try authority.issue(["example.com"] + hosts + (0..<4).map { "mirror\($0).test" })
        roots = [authority.pem]
        plan = TLSPlan(certificates: [CertificatePlan(certificate: issued.certificate, key: issued.key)])
        certificate = try TLSCertificate(certificate: issued.certificate, key: issued.key)
        context = try TLSClientContext(TLSClientConfiguration(roots: .pem(roots)))
    }

    func applied(to transport: TransportPlan) -> TransportPlan {
        TransportPlan(
            name: transport.name, dialTimeout: transport.dialTimeout,
            responseHeaderTimeout: transport.responseHeaderTimeout,
            idleConnectionTimeout: transport.idleConnectionTimeout,
            maxIdleConnectionsPerHost: transport.maxIdleConnectionsPerHost,
            tls: TransportTLSPlan(rootCertificates: roots))
    }

    /// Puts the tunnels in their places.
    func raise(in world: SimulatedWorld) throws {
        let outside = TLSTunnel(
            loop: world.makeLoop(name: "outside"), upstream: Harness.front,
            connecting: TLSPeer(context, host: "example.com"))
        try outside.listen(at: Self.front)
        tunnels = [outside]
        let servers = (0..<2).map { Harness.primary($0) } + (0..<4).map { Harness.mirror($0) }
        let loop = world.makeLoop(name: "inside")
        for server in servers {
            let inside = TLSTunnel(
                loop: loop, upstream: server,
                accepting: try TLSServerContext(certificates: [], default: certificate))
            try inside.listen(at: server.withPort(Self.port))
            tunnels.append(inside)
        }
    }

    func lift() {
        for tunnel in tunnels { tunnel.close() }
    }

    var handshakes: Int { tunnels.reduce(0) { $0 + $1.handshakes } }
    var resumptions: Int { tunnels.reduce(0) { $0 + $1.resumptions } }
}
