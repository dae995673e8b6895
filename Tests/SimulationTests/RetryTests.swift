import SpeculaIO
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import Testing

/// What happens to a request when the server's connection, used before, is gone or falls silent.
@Suite(.timeLimit(.minutes(5)))
struct RetryTests {
    /// What the server does with the second request on its first connection.
    enum Manner: String, CaseIterable, Sendable {
        case finishes, resets, halfAHead, interimOnly

        var steps: [PeerStep] {
            switch self {
            case .finishes: [.close]
            case .resets: [.reset]
            case .halfAHead: [.send("HTTP/1.1 20"), .wait(.milliseconds(5)), .close]
            case .interimOnly: [.send("HTTP/1.1 103 Early Hints\r\n\r\n"), .wait(.milliseconds(5)), .close]
            }
        }

        /// Not a byte of an answer came.
        var mayRetry: Bool { self == .finishes || self == .resets }
    }

    private static var answer: PeerStep { .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }) }

    /// A request goes out twice only when it is safe, has no body, and not a byte of an answer has come.
    @Test(arguments: Manner.allCases, ["GET", "OPTIONS", "POST", "DELETE", "PUT with a body", "GET with a body"])
    func nothingElseIsEverSentTwice(manner: Manner, kind: String) throws {
        let world = SimulatedWorld(seed: 31)
        let harness = try Harness(world: world)
        let hasBody = kind.hasSuffix("body")
        let first = Ask(id: 1)
        let second = Ask(
            id: 2, method: String(kind.prefix { $0 != " " }), size: 40, body: hasBody ? .length(30) : .none)
        let request = PeerStep.receiveMessage(length: HTTPPeer.messageLength)
        world.serve(at: Harness.primary(0)) { connection in
            connection == 0
                ? [request, .send(Primary.response(for: first)), request] + manner.steps : Primary.script
        }
        try harness.install(Layout())
        let client = world.connect(
            to: Harness.front,
            [.send(first.bytes), Self.answer, .wait(.milliseconds(10)), .send(second.bytes), Self.answer, .close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(10)), "the client waits")
        let isSafe = kind == "GET" || kind == "OPTIONS"
        let isRetried = isSafe && manner.mayRetry
        let statuses = client.receivedText.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
        #expect(statuses.first == "200")
        #expect(statuses.last == (isRetried ? "200" : "502"))
        let primary = try #require(world.allServers.first { $0.address == Harness.primary(0) })
        let seen = primary.peers.map { Self.count("/2/length/", in: $0.received) }
        #expect(seen == (isRetried ? [1, 1] : [1]))
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(10)), "something stays under way")
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A `103`, or the `100` that a client waits for, used to be the end of the server's time for its head.
    @Test(arguments: [true, false])
    func interimHeadsAreNoAnswer(expects: Bool) throws {
        let world = SimulatedWorld(seed: 32)
        let harness = try Harness(world: world)
        let ask = Ask(id: 1, method: "POST", body: .length(100), expects: expects)
        world.serve(at: Harness.primary(0)) { _ in
            expects
                ? [
                    .receiveMessage(length: { Bytes.headEnd($0) == nil ? nil : 0 }),
                    .send("HTTP/1.1 100 Continue\r\n\r\n"), .receiveEnd,
                ]
                : [
                    .receiveMessage(length: HTTPPeer.messageLength), .send("HTTP/1.1 103 Early Hints\r\n\r\n"),
                    .receiveEnd,
                ]
        }
        var layout = Layout()
        layout.transport = TransportPlan(name: "default@internal", responseHeaderTimeout: .seconds(2))
        try harness.install(layout)
        let client = world.connect(
            to: Harness.front,
            (expects ? [.send(ask.head), .receive(until: "\r\n\r\n"), .send(ask.framedBody)] : [.send(ask.bytes)])
                + [Self.answer, .note("answered"), .receiveEnd])
        #expect(world.run(until: { client.moment("answered") != nil }, limit: .seconds(10)), "the client waits")
        #expect(client.receivedText.contains("HTTP/1.1 504 "))
        let answered = try #require(client.moment("answered"))
        #expect(answered > .milliseconds(1_900) && answered < .milliseconds(2_500))
        client.disappear(byReset: false)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(10)), "something stays under way")
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    private static func count(_ text: String, in bytes: [UInt8]) -> Int {
        String(decoding: bytes, as: UTF8.self).split(separator: text, omittingEmptySubsequences: false).count - 1
    }
}
