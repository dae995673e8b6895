import SpeculaIO
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// How long, how often and how much: each limit of a client's connection, to the instant.
@Suite(.timeLimit(.minutes(5)))
struct ClientLimitTests {
    private static var answer: PeerStep { .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }) }
    private static let closes = "Connection: close\r\n"

    /// A gateway in front of one scripted primary, and what is left of it checked at the end.
    private static func with(
        _ adjust: @escaping (inout EntryPointSettings) -> Void, _ body: (SimulatedWorld, Harness) throws -> Void
    ) throws {
        let world = SimulatedWorld(seed: 41)
        let harness = try Harness(world: world, settings: adjust)
        harness.servePrimaries()
        try harness.install(Layout())
        try body(world, harness)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(30)), "something stays under way")
        harness.checkBooks()
        harness.stop()
        #expect(world.complaints == [])
    }

    private static func isNear(_ moment: Duration?, _ seconds: Double) -> Bool {
        guard let moment else { return false }
        return moment > .seconds(seconds - 0.1) && moment < .seconds(seconds + 0.1)
    }

    // MARK: Keep-alive

    @Test func anOldConnectionEndsWithItsNextAnswer() throws {
        try Self.with({ $0.keepAliveMaxTime = .seconds(5) }) { world, _ in
            let client = world.connect(
                to: Harness.front,
                [.send(Ask(id: 1).bytes), Self.answer, .wait(.seconds(4)), .send(Ask(id: 2).bytes), Self.answer]
                    + [.note("young"), .wait(.seconds(2)), .send(Ask(id: 3).bytes), Self.answer, .receiveEnd])
            #expect(world.run(until: { client.moment("young") != nil }, limit: .seconds(10)))
            #expect(!client.receivedText.contains(Self.closes))
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            #expect(client.receivedText.split(separator: Self.closes).count == 2)
            #expect(client.ending == .finished)
            client.disappear(byReset: false)
        }
    }

    @Test func aConnectionEndsAfterSoManyRequests() throws {
        try Self.with({ $0.keepAliveMaxRequests = 3 }) { world, harness in
            let client = world.connect(
                to: Harness.front, [.send((1...4).flatMap { Ask(id: $0).bytes }), .receiveEnd, .close])
            #expect(world.run(until: { client.isDone }, limit: .seconds(10)))
            let answers = client.receivedText.split(separator: "HTTP/1.1 200 OK")
            #expect(answers.map { $0.contains(Self.closes) } == [false, false, true])
            #expect(harness.routedRequests()["web@file"] == 3)
        }
    }

    // MARK: Time

    /// A byte now and then does not buy more of it.
    @Test(arguments: [(0, ""), (20, "HTTP/1.1 400 "), (90, "HTTP/1.1 499 ")])
    func aRequestHasItsTimeAsAWhole(sent: Int, answer: String) throws {
        try Self.with({ $0.readTimeout = .seconds(3) }) { world, _ in
            let ask = Ask(id: 1, method: "POST", body: .length(1_000))
            #expect(ask.head.count > 20 && ask.head.count < 90)
            let drips = ask.bytes.dropFirst(sent).prefix(10).map { [PeerStep.wait(.milliseconds(700)), .send([$0])] }
            let client = world.connect(
                to: Harness.front,
                [.send(Array(ask.bytes.prefix(sent)))] + (sent > 0 ? drips.flatMap { $0 } : [.receiveEnd]))
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            #expect(Self.isNear(client.moments.first { $0.name == "end" }?.time, 3))
            #expect(client.receivedText.hasPrefix(answer) && client.receivedText.isEmpty == answer.isEmpty)
            #expect(client.receivedText.contains(Self.closes) == !answer.isEmpty)
            client.disappear(byReset: false)
        }
    }

    @Test(arguments: [(20, 1.0, "HTTP/1.1 400 "), (90, 3.0, "HTTP/1.1 499 ")])
    func aHeadHasATimeOfItsOwn(sent: Int, end: Double, answer: String) throws {
        try Self.with({
            $0.headReadTimeout = .seconds(1)
            $0.readTimeout = .seconds(3)
        }) { world, _ in
            let ask = Ask(id: 1, method: "POST", body: .length(1_000))
            let client = world.connect(to: Harness.front, [.send(Array(ask.bytes.prefix(sent))), .receiveEnd])
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            #expect(Self.isNear(client.moment("end"), end))
            #expect(client.receivedText.hasPrefix(answer))
            client.disappear(byReset: false)
        }
    }

    @Test func anIdleConnectionEndsAndARequestMakesItYoung() throws {
        try Self.with({ $0.idleTimeout = .seconds(2) }) { world, _ in
            let client = world.connect(
                to: Harness.front,
                [.send(Ask(id: 1).bytes), Self.answer, .wait(.milliseconds(1_900)), .send(Ask(id: 2).bytes)]
                    + [Self.answer, .note("answered"), .receiveEnd])
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            let answered = try #require(client.moment("answered"))
            #expect(Self.isNear(try #require(client.moment("end")) - answered, 2))
            #expect(client.ending == .finished)
            client.disappear(byReset: false)
        }
    }

    @Test func anAnswerHasItsTime() throws {
        try Self.with({ $0.writeTimeout = .seconds(3) }) { world, harness in
            let client = world.connect(to: Harness.front, [.send(Ask(id: 1, answer: .mute).bytes), .receiveEnd])
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            #expect(Self.isNear(client.moment("end"), 3))
            #expect(client.received.isEmpty)
            client.disappear(byReset: false)
            #expect(harness.routedRequests()["web@file"] == 1)
        }
    }

    /// The idle time goes on while the client still takes its last answer.
    @Test func whoTakesItsAnswerSlowlyIsNotIdle() throws {
        try Self.with({ $0.idleTimeout = .seconds(2) }) { world, harness in
            let ask = Ask(id: 1, size: 200_000)
            var steps: [PeerStep] = [.send(ask.bytes)]
            for _ in 0..<20 { steps += [.stopReading, .wait(.milliseconds(1_500)), .startReading] }
            let client = world.connect(
                to: Harness.front, profile: LinkProfile(capacity: 16_000), steps + [Self.answer, .note("whole")])
            #expect(world.run(until: { client.moment("whole") != nil }, limit: .seconds(60)))
            harness.checkResponses(of: client, asks: [ask])
            #expect(client.received.count > 200_000)
            #expect(world.elapsed > .seconds(10))
            client.disappear(byReset: false)
        }
    }

    /// Nothing was taken for the idle time: looked at twice, since the first look does not know what was there before.
    @Test func whoTakesNothingOfItsAnswerIs() throws {
        try Self.with({ $0.idleTimeout = .seconds(2) }) { world, harness in
            let client = world.connect(
                to: Harness.front, profile: LinkProfile(capacity: 16_000),
                [.send(Ask(id: 1, size: 200_000).bytes), .stopReading])
            world.run(for: .milliseconds(3_800))
            #expect(harness.workers[0].openConnections == 1)
            world.run(for: .milliseconds(400))
            #expect(harness.workers[0].openConnections == 0)
            client.disappear(byReset: false)
        }
    }

    // MARK: Early answers

    /// The rest of a body that was answered early is read so far and no further.
    @Test func whatNobodyWantsIsNotReadForEver() throws {
        try Self.with({ _ in }) { world, _ in
            let ask = Ask(id: 1, method: "POST", answer: .early, body: .chunked(4 << 20, piece: 60_000))
            let client = world.connect(
                to: Harness.front, profile: LinkProfile(capacity: 16_000), [.send(ask.bytes), .receiveEnd])
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            #expect(Harness.status(client.received[...]) == 200)
            // The server had taken up to its high water, and the connection lingers for half a second.
            #expect(world.elapsed < .seconds(2))
            client.disappear(byReset: false)
        }
    }

    /// A client that still waits for its 100 will not send the body that would stand before its next request.
    @Test func anAnswerInsteadOfA100EndsTheConnection() throws {
        try Self.with({ _ in }) { world, _ in
            let ask = Ask(id: 1, method: "POST", answer: .early, body: .length(1_000), expects: true)
            let client = world.connect(
                to: Harness.front, [.send(ask.head), Self.answer, .note("answered"), .receiveEnd])
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(10)))
            #expect(Harness.status(client.received[...]) == 200)
            #expect(client.receivedText.contains(Self.closes))
            #expect(client.ending == .finished)
            #expect(world.elapsed < .seconds(1))
            client.disappear(byReset: false)
        }
    }

    // MARK: Clients that go

    /// Pipelined bytes wait, so that nothing is read: a reset is noticed all the same.
    @Test func aResetIsNoticedWhileNothingIsRead() throws {
        try Self.with({ _ in }) { world, harness in
            let client = world.connect(
                to: Harness.front,
                [
                    .send(Ask(id: 1, answer: .mute).bytes + Ask(id: 2).bytes), .wait(.milliseconds(100)), .reset,
                ])
            #expect(world.run(until: { client.isDone }, limit: .seconds(1)))
            #expect(world.run(until: { harness.isIdle }, limit: .milliseconds(500)), "nobody has noticed")
        }
    }

    /// A stop tells those whose answer has not begun that it is their last.
    @Test(arguments: [Ask.Answer.slow, .drip])
    func anAnswerDuringAStopIsTheLast(answer: Ask.Answer) throws {
        try Self.with({ _ in }) { world, harness in
            let ask = Ask(id: 1, answer: answer, size: 900)
            let client = world.connect(to: Harness.front, [.send(ask.bytes), Self.answer, .receiveEnd])
            world.run(for: .milliseconds(100))
            harness.beginStop()
            #expect(world.run(until: { client.ending != nil }, limit: .seconds(2)))
            harness.checkResponses(of: client, asks: [ask])
            #expect(client.receivedText.contains("x-id: 1") || client.receivedText.contains("X-Id: 1"))
            #expect(client.receivedText.contains(Self.closes) == (answer == .slow))
            #expect(client.ending == .finished)
            client.disappear(byReset: false)
        }
    }
}
