import SpeculaHTTP
import SpeculaIO
import Testing

@testable import SpeculaClient

/// The async face, on real sockets.
@Suite(.timeLimit(.minutes(5))) struct ClientTests {
    /// Answers each request with its own head; `/slow…` never ends; `/big` is 4 MiB.
    private final class Echo: ListenerHandler, ConnectionHandler {
        func accepted(_ connection: Connection, on listener: Listener) { connection.handler = self }

        func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
            let text = String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
            if text.hasPrefix("GET /slow") {
                connection.write(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n".utf8).span)
            } else if text.hasPrefix("GET /mute") {
                return bytes.count
            } else {
                let body = text.hasPrefix("GET /big") ? String(repeating: "b", count: 4 << 20) : text
                connection.write(
                    Array("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8).span)
            }
            return bytes.count
        }

        func peerFinished(_ connection: Connection) { connection.close() }
        func closed(_ connection: Connection, reason: CloseReason) {}
    }

    private func withServer(_ body: (Client, ClientEndpoint) async throws -> Void) async throws {
        let (started, ready) = AsyncStream<(LoopRemote, UInt16)>.makeStream()
        let thread = WorkerThread.start(name: "echo") {
            guard let network = try? LinuxNetwork(resolver: Resolver()) else { return }
            let loop = EventLoop(network: network)
            guard let address = SocketAddress(host: "127.0.0.1", port: 0),
                let listener = try? loop.listen(on: ListenAddress(address), options: ListenOptions(), handler: Echo())
            else { return }
            ready.yield((loop.remote, listener.localAddress.port))
            loop.run()
        }
        var server: (LoopRemote, UInt16)?
        for await one in started {
            server = one
            break
        }
        let (remote, port) = try #require(server)
        let client = try #require(await Client.start(name: "client") { try LinuxNetwork(resolver: Resolver()) })
        try await body(client, try #require(ClientEndpoint("http://localhost:\(port)")))
        await client.stop()
        remote.post { $0.stop() }
        thread?.join()
    }

    @Test func manyTasksSendAtOnce() async throws {
        try await withServer { client, endpoint in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        let request = ClientRequest(.post, endpoint, "/\(number)", body: Array("body".utf8))
                        let response = try await client.send(request)
                        #expect(response.body.starts(with: Array("POST /\(number) HTTP/1.1\r\n".utf8)))
                        return response.status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 50))
        }
    }

    @Test func bodyBeyondItsLimitIsRefused() async throws {
        try await withServer { client, endpoint in
            var request = ClientRequest(.get, endpoint, "/big")
            let whole = try await client.send(request)
            #expect(whole.body.count == 4 << 20)
            request.limits.bodyBytes = 1 << 20
            await #expect(throws: ClientFailure.tooLarge(limit: 1 << 20)) { try await client.send(request) }
        }
    }

    @Test func streamIsReadWhileItComesAndCutByItsReader() async throws {
        try await withServer { client, endpoint in
            let stream = try await client.open(ClientRequest(.get, endpoint, "/slow"))
            #expect(stream.head.status == 200)
            let piece = try await stream.next()
            #expect(piece == Array("a".utf8))
            stream.cancel()
            await #expect(throws: ClientFailure.cancelled) { try await stream.next() }
        }
    }

    @Test(arguments: ["/mute", "/slow"])
    func cancelledTaskEnds(_ target: String) async throws {
        try await withServer { client, endpoint in
            let task = Task { try await client.send(ClientRequest(.get, endpoint, target)) }
            task.cancel()
            await #expect(throws: ClientFailure.cancelled) { try await task.value }
        }
    }

    @Test func stoppedClientSaysSo() async throws {
        try await withServer { client, endpoint in
            let task = Task { try await client.send(ClientRequest(.get, endpoint, "/mute")) }
            await client.stop()
            await #expect(throws: ClientFailure.stopped) { try await task.value }
            await #expect(throws: ClientFailure.stopped) {
                try await client.send(ClientRequest(.get, endpoint, "/"))
            }
        }
    }
}
