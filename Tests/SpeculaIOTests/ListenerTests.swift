import SpeculaIO
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ListenerTests {
    @Test func unspecifiedAddressTakesBothFamilies() throws {
        let loop = try RealLoop()
        let acceptor = Acceptor()
        let listener = try loop.loop.listen(on: ListenAddress(port: 0), handler: acceptor)
        let port = listener.localAddress.port
        #expect(port != 0)
        let probe = Probe()
        probe.connection = loop.loop.connect(to: .loopback(port: port), lane: .production, handler: probe)
        loop.run(until: { acceptor.accepted.count == 1 && probe.isConnected })
        let client = try #require(acceptor.accepted.first?.connection)
        #expect(client.peer.host == "127.0.0.1")
        #expect(client.peer.port == probe.connection?.localAddress()?.port)
        let six = Probe()
        let loopback = try #require(SocketAddress(host: "::1", port: port))
        six.connection = loop.loop.connect(to: loopback, lane: .production, handler: six)
        loop.run(until: { six.isConnected || six.reason != nil })
        // A machine without IPv6 has nothing to show here.
        if six.isConnected {
            loop.run(until: { acceptor.accepted.count == 2 })
            #expect(acceptor.accepted.last?.connection?.peer.host == "::1")
        }
    }

    @Test func secondGatewayIsRefusedAlthoughWorkersShare() throws {
        let loop = try RealLoop()
        let acceptor = Acceptor()
        let shared = ListenOptions(isShared: true)
        let first = try loop.loop.listen(on: ListenAddress(.loopback(port: 0)), options: shared, handler: acceptor)
        let address = ListenAddress(first.localAddress)
        let second = try loop.loop.listen(
            on: address, options: ListenOptions(isShared: true, probesFirst: false), handler: acceptor)
        #expect(second.localAddress == first.localAddress)
        let other = try RealLoop()
        let error = #expect(throws: ListenError.self) {
            _ = try other.loop.listen(on: address, options: shared, handler: acceptor)
        }
        #expect(error?.kind == .inUse)
        #expect(error?.description.contains("address already in use") == true)
        first.close()
        second.close()
        loop.expectNothingLeft()
        let third = try other.loop.listen(on: address, options: shared, handler: acceptor)
        third.close()
        other.expectNothingLeft()
    }

    @Test func foreignAddressIsToldApart() throws {
        let loop = try RealLoop()
        let error = #expect(throws: ListenError.self) {
            _ = try loop.loop.listen(
                on: ListenAddress(SocketAddress(ipv4: 0xc000_0201, port: 0)), handler: Acceptor())
        }
        #expect(error?.kind == .notAvailable)
    }

    @Test func manyConnectionsAreAcceptedInTurns() throws {
        var limits = LoopLimits()
        limits.acceptsPerTurn = 2
        let loop = try RealLoop(limits: limits)
        let acceptor = Acceptor()
        let listener = try loop.loop.listen(on: ListenAddress(.loopback(port: 0)), handler: acceptor)
        let clients = (0..<25).map { _ in Probe() }
        for client in clients {
            client.connection = loop.loop.connect(to: listener.localAddress, lane: .production, handler: client)
        }
        loop.run(until: { acceptor.accepted.count == 25 })
        #expect(loop.loop.statistics.accepted == 25)
        for probe in clients + acceptor.accepted { probe.connection?.close() }
        listener.close()
        loop.run(until: { loop.loop.statistics.openConnections == 0 })
        loop.expectNothingLeft()
    }

    @Test func connectionWithoutHandlerIsClosed() throws {
        final class Careless: ListenerHandler {
            func accepted(_ connection: Connection, on listener: Listener) {}
        }
        let loop = try RealLoop()
        let listener = try loop.loop.listen(on: ListenAddress(.loopback(port: 0)), handler: Careless())
        let client = Probe()
        client.connection = loop.loop.connect(to: listener.localAddress, lane: .production, handler: client)
        loop.run(until: { client.log.contains("finished") || client.reason != nil })
        client.connection?.close()
        listener.close()
        loop.run(until: { client.reason != nil })
        loop.expectNothingLeft()
    }
}
