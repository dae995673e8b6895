import SpeculaHTTP
import SpeculaIO
import SpeculaSimulation
import Testing

@testable import SpeculaClient

/// What a request's observer heard.
final class Heard: ClientObserver {
    var head: ClientResponseHead?
    var body: [UInt8] = []
    var ends: [ClientFailure?] = []
    var holdsAfter = Int.max

    func head(_ head: ClientResponseHead) { self.head = head }

    func body(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices { body.append(bytes[index]) }
        return body.count < holdsAfter
    }

    func ended(_ failure: ClientFailure?) { ends.append(failure) }

    var text: String { String(decoding: body, as: UTF8.self) }
}

@Suite struct ClientSimulationTests {
    private let world: SimulatedWorld
    private let client: ClientLoop
    private let loop: EventLoop
    private let address = SocketAddress(ipv4: 0x0a00_0001, port: 80)
    private let endpoint: ClientEndpoint

    init() throws {
        world = SimulatedWorld(seed: 3)
        loop = world.makeLoop()
        client = ClientLoop(loop: loop)
        endpoint = try #require(ClientEndpoint("http://10.0.0.1"))
    }

    private func start(_ ticket: UInt64 = 1, _ change: (inout ClientRequest) -> Void = { _ in }) -> Heard {
        var request = ClientRequest(.get, endpoint, "/")
        change(&request)
        let heard = Heard()
        client.start(request, ticket: ticket, observer: heard)
        return heard
    }

    private func finish() {
        client.stop()
        world.settle()
        world.checkNothingLeft(sourceOf: [loop])
        #expect(world.complaints == [])
        #expect(client.underWay == 0)
    }

    @Test func wholeResponsesComeOverOneConnection() {
        let server = world.serve(.healthy(response: HTTPPeer.response(fields: ["X-A: b"], body: "hello")), at: address)
        for ticket in 1...3 as ClosedRange<UInt64> {
            let heard = start(ticket)
            #expect(world.run(until: { !heard.ends.isEmpty }))
            #expect(heard.ends == [nil])
            #expect(heard.head?.status == 200)
            #expect(heard.head?.firstValue(of: "x-a") == "b")
            #expect(heard.text == "hello")
        }
        #expect(server.peers.count == 1)
        finish()
    }

    @Test func connectionThatWasClosedMeanwhileIsReplaced() {
        world.serve(.closesAfterEach(response: HTTPPeer.response(body: "x")), at: address)
        for ticket in 1...2 as ClosedRange<UInt64> {
            let heard = start(ticket)
            #expect(world.run(until: { !heard.ends.isEmpty }))
            #expect(heard.ends == [nil])
        }
        finish()
    }

    @Test func serverThatNeverAnswersTimesOut() {
        world.serve(.silent, at: address)
        let heard = start { $0.limits.head = .seconds(3) }
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.ends == [.headTimedOut])
        #expect(world.elapsed < .seconds(4))
        finish()
    }

    @Test func nobodyThereIsRefused() {
        let heard = start()
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.ends == [.upstream(.refused)])
        finish()
    }

    @Test func addressThatSwallowsEverythingTimesOut() {
        world.makeBlackhole(at: address)
        let heard = start { $0.limits.connect = .seconds(2) }
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.ends == [.upstream(.connectTimedOut)])
        finish()
    }

    /// The other end vanished without a word: no byte, no end.
    @Test func halfOpenStreamIsFoundOut() {
        let head = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".utf8)
        world.serve(at: address) { _ in [.receive(until: "\r\n\r\n"), .send(head)] }
        let heard = start { $0.limits.idle = .seconds(30) }
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.text == "hello")
        #expect(heard.ends == [.idleTimedOut])
        #expect(world.elapsed >= .seconds(30) && world.elapsed < .seconds(62))
        finish()
    }

    @Test func streamThatKeepsTalkingStays() {
        let head = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        world.serve(.endless(head: head, piece: Array("1\r\nx\r\n".utf8), every: .seconds(20)), at: address)
        let heard = start { $0.limits.idle = .seconds(30) }
        world.run(for: .seconds(300))
        #expect(heard.ends.isEmpty)
        #expect(heard.body.count > 10)
        client.cancel(1)
        #expect(heard.ends == [.cancelled])
        finish()
    }

    @Test func readerThatIsBehindMakesTheServerWaitAndNothingTimesOut() {
        let body = String(repeating: "x", count: 3_000_000)
        world.serve(.healthy(response: HTTPPeer.response(body: body)), at: address)
        let heard = Heard()
        heard.holdsAfter = 1_000
        var request = ClientRequest(.get, endpoint, "/")
        request.limits.idle = .seconds(5)
        client.start(request, ticket: 1, observer: heard)
        world.run(for: .seconds(60))
        #expect(heard.body.count < 1_000_000)
        #expect(heard.ends.isEmpty)
        heard.holdsAfter = .max
        client.resume(1)
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.body.count == body.utf8.count)
        finish()
    }

    @Test func responseCutInTheMiddleIsAFailure() {
        let response = HTTPPeer.response(body: "hello world")
        world.serve(.finishesAfter(response.count - 3, of: response), at: address)
        let heard = start()
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.text == "hello wo")
        #expect(heard.ends == [.upstream(.closedEarly)])
        finish()
    }

    @Test func wholeLimitHoldsForATrickle() {
        world.serve(.trickle(response: HTTPPeer.response(body: "hello"), every: .seconds(1)), at: address)
        let heard = start { $0.limits.whole = .seconds(20) }
        #expect(world.run(until: { !heard.ends.isEmpty }))
        #expect(heard.ends == [.timedOut])
        finish()
    }

    /// Every kind of server, every kind of fault: each request ends exactly once, nothing is left over.
    @Test(arguments: SimulationSeeds.chosen(default: 40))
    func everyRequestEndsOnce(seed: UInt64) throws {
        let world = SimulatedWorld(seed: seed)
        world.drawRates()
        let loop = world.makeLoop()
        let client = ClientLoop(loop: loop)
        var random = SimulatedRandom(seed: seed)
        let response = HTTPPeer.response(body: String(repeating: "y", count: random.below(20_000)))
        let kinds: [HTTPServerKind] = [
            .healthy(response: response), .slow(response: response, delay: .seconds(2)), .silent, .neverReads,
            .resetsAfter(random.below(200), of: response), .finishesAfter(random.below(200), of: response),
            .early(response: response), .answersUnasked(response), .garbage(Array("nonsense\r\n\r\n".utf8)),
            .interimStorm(count: 20, response: response), .closesAfterEach(response: response), .resetsAtOnce,
            .endless(
                head: Array("HTTP/1.1 200 OK\r\n\r\n".utf8), piece: Array("z".utf8), every: .milliseconds(200)),
        ]
        for (number, kind) in kinds.enumerated() {
            world.serve(kind, at: SocketAddress(ipv4: 0x0a00_0001 + UInt32(number), port: 80))
        }
        var heard: [Heard] = []
        for ticket in 0..<40 {
            let endpoint = try #require(ClientEndpoint("http://10.0.0.\(1 + random.below(kinds.count + 1))"))
            var request = ClientRequest(random.below(3) == 0 ? .post : .get, endpoint, "/")
            if request.method == .post { request.body = [UInt8](repeating: 7, count: random.below(100_000)) }
            request.limits.connect = .seconds(5)
            request.limits.head = .seconds(5)
            request.limits.idle = .seconds(5)
            request.limits.whole = .seconds(30)
            let one = Heard()
            if random.below(4) == 0 { one.holdsAfter = 5_000 }
            heard.append(one)
            client.start(request, ticket: UInt64(ticket), observer: one)
            if random.below(10) == 0 { client.cancel(UInt64(random.below(ticket + 1))) }
            world.run(for: .milliseconds(random.below(500)))
            client.resume(UInt64(random.below(ticket + 1)))
        }
        let ended = world.run(until: { heard.allSatisfy { !$0.ends.isEmpty } }, limit: .seconds(7_200))
        #expect(ended, "seed \(seed)")
        client.stop()
        world.settle()
        world.checkNothingLeft(sourceOf: [loop])
        #expect(world.complaints == [], "seed \(seed)")
        #expect(heard.allSatisfy { $0.ends.count == 1 }, "seed \(seed)")
        #expect(client.underWay == 0)
    }
}
