import SpeculaSimulation
import Synchronization
import TestCertificates
import Testing

@testable import SpeculaIO

/// TLS over connections, on both networks: what handlers see is plaintext and a truthful end.
@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    @Test(arguments: TLSPlace.allCases)
    func bytesGoBothWays(place: TLSPlace) throws {
        let world = try TLSWorld(place)
        let (client, server) = try world.pair()
        #expect(client.connection?.tls?.version == 0x0304)
        #expect(server.connection?.tls?.cipher == 0x1301)
        #expect(server.log == ["hello", "connected"])
        server.onReceived = { probe, bytes in
            probe.connection?.write(bytes)
            return bytes.count
        }
        client.write("hello")
        world.run(until: { client.text == "hello" })
        client.connection?.close()
        world.run(until: { server.log.contains("finished") })
        #expect(server.reason == nil)
        world.end(client)
    }

    @Test(arguments: TLSPlace.allCases)
    func writesBeforeTheHandshakeAreSentAfterIt(place: TLSPlace) throws {
        let world = try TLSWorld(place)
        let client = try world.connect()
        client.write("early ")
        client.write([UInt8](repeating: 65, count: 100_000))
        world.run(until: { world.last?.bytes.count == 100_006 })
        #expect(world.last?.text.hasPrefix("early A") == true)
        world.end(client)
    }

    @Test(arguments: TLSPlace.allCases)
    func plainClientsAreServedOnTheSamePort(place: TLSPlace) throws {
        let world = try TLSWorld(place)
        let client = Probe()
        client.connection = world.loop.connect(
            to: world.listener.localAddress, lane: .production, handler: client)
        client.write("GET / HTTP/1.1")
        world.run(until: { world.last?.text == "GET / HTTP/1.1" })
        #expect(world.last?.log == [])
        #expect(world.last?.connection?.tls == nil)
        world.end(client)
    }

    @Test(arguments: TLSPlace.allCases)
    func laterConnectionsGoOnWithTheSession(place: TLSPlace) throws {
        let world = try TLSWorld(place)
        let context = try TLSClientContext(.init(roots: .pem([Authorities.trusted.get().pem])))
        let peer = TLSPeer(context, host: "a.example.com")
        let (first, server) = try world.pair(peer: peer)
        #expect(first.connection?.tls?.isResumed == false)
        server.write("x")
        world.run(until: { first.text == "x" })
        let (second, _) = try world.pair(peer: peer)
        #expect(second.connection?.tls?.isResumed == true)
        // New certificates keep the old sessions.
        world.context = try TLSServerContext(
            certificates: [], default: TLSCertificate(Authorities.example.get()), resuming: world.context)
        let (third, _) = try world.pair(peer: peer)
        #expect(third.connection?.tls?.isResumed == true)
        world.end(first, second, third)
    }

    @Test func idleSessionsGiveTheirBuffersBack() throws {
        let world = try TLSWorld(.simulated)
        let (client, server) = try world.pair()
        client.write("one")
        world.run(until: { server.text == "one" })
        #expect(world.loop.tlsMemory.hasWarmSessions)
        world.world?.run(for: .seconds(4))
        #expect(!world.loop.tlsMemory.hasWarmSessions)
        server.write("two")
        world.run(until: { client.text == "two" })
        #expect(world.loop.tlsMemory.hasWarmSessions)
        world.end(client)
        #expect(!world.loop.tlsMemory.hasWarmSessions)
    }

    /// More at once than a turn takes on.
    @Test(arguments: TLSPlace.allCases)
    func manyHandshakesAtOnceAllComeThrough(place: TLSPlace) throws {
        let world = try TLSWorld(place)
        let clients = try (0..<40).map { _ in try world.connect() }
        world.run(until: { clients.allSatisfy(\.isConnected) && world.acceptor.accepted.count == 40 })
        world.run(until: { world.acceptor.accepted.allSatisfy(\.isConnected) })
        for client in clients { client.connection?.close() }
        world.run(until: { clients.allSatisfy { $0.reason != nil } })
        world.end()
    }

    /// Workers share contexts, each with a loop and sessions of its own: for the thread sanitizer above all.
    @Test func contextsAreSharedByThreads() throws {
        let server = try TLSServerContext(certificates: [], default: TLSCertificate(Authorities.example.get()))
        let client = try TLSClientContext(
            TLSClientConfiguration(roots: .pem([Authorities.trusted.get().pem])))
        let echoed = Mutex(0)
        let threads = (0..<3).compactMap { number in
            WorkerThread.start(name: "tls-\(number)") {
                guard let count = try? Self.echoes(of: 20, server, client) else { return }
                echoed.withLock { $0 += count }
            }
        }
        for thread in threads { thread.join() }
        #expect(threads.count == 3)
        #expect(echoed.withLock { $0 } == 60)
    }

    /// How many of so many clients, one after another, get their word back on a loop of this thread.
    private static func echoes(of clients: Int, _ server: TLSServerContext, _ client: TLSClientContext) throws -> Int {
        let real = try RealLoop()
        let acceptor = Acceptor()
        acceptor.prepare = { probe in
            probe.hello = { server }
            probe.connection?.sniffsTLS = true
            probe.onReceived = { probe, bytes in
                probe.connection?.write(bytes)
                return bytes.count
            }
        }
        let listener = try real.loop.listen(on: ListenAddress(.loopback(port: 0)), handler: acceptor)
        let peer = TLSPeer(client, host: "a.example.com")
        var count = 0
        for _ in 0..<clients {
            let probe = Probe()
            probe.connection = real.loop.connect(
                to: listener.localAddress, lane: .production, tls: peer, handler: probe)
            probe.write("word")
            let deadline = real.loop.currentTime() + .seconds(20)
            while probe.text != "word", probe.reason == nil, real.loop.currentTime() < deadline {
                real.loop.turn(wait: true)
            }
            if probe.text == "word" { count += 1 }
            probe.connection?.close()
            real.loop.turn(wait: false)
        }
        listener.close()
        real.loop.closeEverything()
        return count
    }

    // MARK: Certificates

    private struct Refusal {
        let configuration: TLSClientConfiguration
        let host: String
        let words: String
        var issued: TestAuthority.Issued?
    }

    @Test(arguments: TLSPlace.allCases)
    func certificatesThatProveNothingAreRefused(place: TLSPlace) throws {
        let trusted = TLSClientConfiguration(roots: .pem([try Authorities.trusted.get().pem]))
        let other = TLSClientConfiguration(roots: .pem([try Authorities.other.get().pem]))
        let old = try Authorities.trusted.get().issue(["a.example.com"], notAfter: -200_000_000)
        let young = try Authorities.trusted.get().issue(["a.example.com"], notBefore: 3_600)
        let nameless = try Authorities.trusted.get().issue([])
        let refusals = [
            Refusal(configuration: trusted, host: "b.example.org", words: "hostname mismatch"),
            Refusal(configuration: trusted, host: "a.b.example.com", words: "hostname mismatch"),
            Refusal(configuration: trusted, host: "127.0.0.2", words: "IP address mismatch"),
            Refusal(configuration: other, host: "a.example.com", words: "unable to get local issuer certificate"),
            Refusal(
                configuration: .init(roots: .system), host: "a.example.com",
                words: "unable to get local issuer certificate"),
            Refusal(
                configuration: trusted, host: "a.example.com", words: "certificate has expired", issued: old),
            Refusal(
                configuration: trusted, host: "a.example.com", words: "certificate is not yet valid", issued: young),
            Refusal(configuration: trusted, host: "nobody", words: "hostname mismatch", issued: nameless),
        ]
        for refusal in refusals {
            let world = try TLSWorld(place, certificates: refusal.issued.map { [$0] } ?? [])
            let client = try world.connect(host: refusal.host, refusal.configuration)
            world.run(until: { client.reason != nil && world.last?.reason != nil })
            #expect(client.log == ["closed"])
            guard case .tls(let failure) = client.reason, case .untrusted = failure else {
                Issue.record("\(refusal.host) ended as \(String(describing: client.reason))")
                continue
            }
            #expect(failure.text.lowercased() == refusal.words.lowercased())
            guard case .tls(.refused) = world.last?.reason else {
                Issue.record("the server was told \(String(describing: world.last?.reason))")
                continue
            }
            world.end(client)
        }
    }

    @Test(arguments: TLSPlace.allCases)
    func namesAddressesAndTrustThatFit(place: TLSPlace) throws {
        let pem = try Authorities.trusted.get().pem
        let fits: [(String, TLSClientConfiguration)] = [
            ("a.example.com", .init(roots: .pem([pem]))), ("zzz.EXAMPLE.com.", .init(roots: .pem([pem]))),
            ("127.0.0.1", .init(roots: .pem([pem]))),
            ("elsewhere.test", .init(roots: .pem([pem]), serverName: "a.example.com")),
            ("elsewhere.test", .init(roots: .pem([]), insecureSkipVerify: true)),
            ("a.example.com", .init(roots: .pem(["no certificate", pem].filter { $0 == pem }))),
        ]
        for (host, configuration) in fits {
            let world = try TLSWorld(place)
            let client = try world.connect(host: host, configuration)
            world.run(until: { client.isConnected || client.reason != nil })
            #expect(client.reason == nil, "\(host)")
            world.end(client)
        }
    }

    @Test func theNameDecidesAboutTheCertificate() throws {
        let authority = try Authorities.trusted.get()
        let certificates = try [["a.example.com"], ["*.example.com"], ["a.example.com", "x.test"], ["*.*.test"]].map {
            try TLSCertificate(authority.issue($0))
        }
        let fallback = try TLSCertificate(selfSignedAs: "DEFAULT", name: "default.test")
        let context = try TLSServerContext(certificates: certificates, default: fallback)
        let expected = [
            ("a.example.com", 0), ("A.Example.COM.", 0), ("b.example.com", 1), ("x.test", 2), ("a.b.test", 3),
            ("a.b.example.com", -1), ("example.com", -1), ("", -1), ("*", -1), ("default.test", -1),
        ]
        for (name, index) in expected {
            let wanted = index < 0 ? fallback : certificates[index]
            #expect(context.certificate(for: name) === wanted, "\(name)")
        }
        #expect(fallback.facts.commonName == "DEFAULT")
        #expect(fallback.facts.names == ["default.test"])
        #expect(UInt64(certificates[2].facts.serial) != nil)
    }

    @Test func mistakesInConfigurationSayWhat() throws {
        let one = try Authorities.example.get()
        let two = try Authorities.trusted.get().issue(["b.test"])
        func failure(_ certificate: String, _ key: String) -> String {
            do {
                _ = try TLSCertificate(certificate: certificate, key: key)
                return ""
            } catch { return error.description }
        }
        #expect(failure("", one.key) == "failed to find any PEM data in certificate input")
        #expect(failure(one.certificate, "x").hasPrefix("failed to find a private key in key input"))
        #expect(failure(one.certificate, two.key).hasPrefix("private key does not match public key"))
        #expect(throws: TLSConfigurationError.self) {
            _ = try TLSClientContext(TLSClientConfiguration(roots: .pem(["nothing"])))
        }
    }
}
