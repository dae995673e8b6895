import SpeculaIO
import Testing

@Suite(.timeLimit(.minutes(5)))
struct ListenerTests {
    @Test(arguments: [":0", "0.0.0.0:0", "[::]:0"])
    func unspecifiedAddressTakesBothFamilies(text: String) throws {
        let loop = try RealLoop()
        let acceptor = Acceptor()
        let address = try #require(ListenAddress(parsing: text))
        let listener = try loop.loop.listen(on: address, handler: acceptor)
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

    @Test func handedOverConnectionsWorkOnTheOtherLoop() throws {
        let first = try RealLoop()
        let second = try RealLoop()
        let balance = AcceptBalance(capacity: 2)
        first.loop.join(balance)
        second.loop.join(balance)
        let acceptor = Acceptor()
        let other = Acceptor()
        other.prepare = { probe in
            probe.onReceived = { probe, bytes in
                probe.connection?.write(bytes)
                return bytes.count
            }
        }
        let shared = ListenOptions(isShared: true, probesFirst: false)
        let listener = try first.loop.listen(on: ListenAddress(.loopback(port: 0)), options: shared, handler: acceptor)
        let clients = (0..<20).map { _ in Probe() }
        for client in clients {
            client.connection = first.loop.connect(to: listener.localAddress, lane: .production, handler: client)
        }
        first.run(until: { acceptor.accepted.count == 20 })
        let sibling = try second.loop.listen(
            on: ListenAddress(listener.localAddress), options: shared, handler: other)
        // Whoever the kernel gives it to, the second loop has it in the end.
        let late = Probe()
        late.connection = first.loop.connect(to: listener.localAddress, lane: .production, handler: late)
        late.onConnected = { $0.write("ping") }
        for _ in 0..<500 where late.text != "ping" {
            first.settle()
            second.settle()
        }
        #expect(late.text == "ping")
        #expect(other.accepted.count == 1 && acceptor.accepted.count == 20)
        for probe in clients + acceptor.accepted + [late] { probe.connection?.close() }
        for probe in other.accepted { probe.connection?.close() }
        listener.close()
        sibling.close()
        first.run(until: { first.loop.statistics.openConnections == 0 })
        first.expectNothingLeft()
        second.expectNothingLeft()
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
