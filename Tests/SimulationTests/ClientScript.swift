import SpeculaSimulation

/// What one simulated client does, drawn from the seed: its requests, and how it sends and leaves.
struct ClientScript: Sendable {
    enum Manner: String, CaseIterable, Sendable {
        /// One request after the other, each answer awaited.
        case keepsAlive
        /// All requests at once.
        case pipelines
        /// In pieces of a few bytes, or of a few hundred.
        case sendsSlowly
        /// Resets, or closes, in the middle of what it sends.
        case abortsRequest
        /// Leaves while the answer is awaited, or comes.
        case abortsResponse
        /// Finishes its side with its last request, or once the first byte of the answer is there.
        case halfCloses, halfClosesLater
        /// Stops reading for a while, or for good.
        case pausesReading, neverReads
        /// Waits for 100 before it sends its body.
        case expects
        /// Sends what is no request.
        case talksNonsense
        /// Connects and says nothing, or half a head.
        case idles, stopsInHead
        /// Waits after its answer, as many do.
        case lingers

        /// Those that a seed may draw.
        static let drawn = allCases.filter { $0 != .lingers }
    }

    var name: String
    var manner: Manner
    var startsAt: Duration
    var asks: [Ask]
    var steps: [PeerStep] { script }
    private var random: SimulatedRandom

    /// The client of this number in the run of a seed.
    init(seed: UInt64, number: Int, firstID: Int, isSmall: Bool) {
        var random = SimulatedRandom(seed: seed, part: "script", number: number)
        name = "client \(number)"
        manner = random.pick(Manner.drawn)
        startsAt = .microseconds(1 + random.below(random.pick([1_000, 300_000, 5_000_000])))
        asks = []
        for index in 0..<(1 + random.below(manner == .pipelines ? 6 : 4)) {
            asks.append(Self.drawAsk(firstID + index, &random, isSmall: isSmall, manner: manner))
        }
        self.random = random
    }

    /// One of many clients that ask for a little and stay a while: half of them early, half late.
    init(ofCrowd number: Int) {
        name = "crowd \(number)"
        manner = .lingers
        startsAt = .milliseconds(number % 2 == 0 ? 1 : 40 + number)
        asks = [Ask(id: 1_000 + number)]
        random = SimulatedRandom(seed: 0, part: name)
    }

    private static func drawAsk(
        _ id: Int, _ random: inout SimulatedRandom, isSmall: Bool, manner: Manner
    ) -> Ask {
        var ask = Ask(id: id)
        ask.answer = random.pick(random.chance(perMille: 500) ? [.length, .chunked, .drip] : Ask.Answer.allCases)
        ask.size = random.pick(isSmall ? [0, 1, 60] : [0, 1, 100, 1_024, 9_000, 70_000])
        let sizes = isSmall ? [0, 1, 50] : [0, 1, 500, 5_000, 40_000, 90_000]
        switch random.below(5) {
        case 0: (ask.method, ask.body) = ("POST", .length(random.pick(sizes)))
        case 1:
            ask.method = random.pick(["POST", "PUT", "GET"])
            ask.body = .chunked(random.pick(sizes), piece: random.pick(isSmall ? [7] : [1_000, 9_000]))
        case 2: ask.method = random.pick(["HEAD", "DELETE", "OPTIONS", "PATCH", "BREW"])
        default: break
        }
        if manner == .expects || random.chance(perMille: 20) {
            if ask.body == .none { (ask.method, ask.body) = ("POST", .length(random.pick(sizes))) }
            ask.expects = true
            if random.chance(perMille: 600) { ask.answer = .welcomes }
        }
        switch random.below(40) {
        case 0: ask.prefix = "/plain"
        case 1: ask.prefix = "/local"
        case 2: ask.host = "elsewhere.test"
        case 3: ask.fields = ["Connection: close"]
        case 4: ask.fields = ["Upgrade: websocket", "Connection: upgrade"]
        case 5: ask.fields = ["TE: trailers", "X-Long: \(String(repeating: "x", count: isSmall ? 20 : 6_000))"]
        case 6: ask.method = "CONNECT"
        default: break
        }
        return ask
    }

    // MARK: Steps

    private var script: [PeerStep] {
        var random = random
        switch manner {
        case .keepsAlive, .expects:
            return asks.flatMap { ask in sending(ask) + [answer(ask)] + rest(&random) } + [.close]
        case .pipelines:
            return [.send(asks.flatMap(\.bytes))] + asks.map(answer) + leaving(&random)
        case .sendsSlowly:
            let piece = random.pick([1, 3, 200])
            return asks.flatMap { ask in
                let bytes = ask.bytes
                let slow = Array(bytes.prefix(piece * 60))
                return [
                    PeerStep.sendSlowly(slow, pieceBytes: piece, every: .milliseconds(7)),
                    .send(Array(bytes.dropFirst(slow.count))), answer(ask),
                ]
            } + leaving(&random)
        case .abortsRequest:
            let bytes = asks.flatMap(\.bytes)
            let cut = random.below(min(bytes.count, random.pick([40, 200, 1_000_000])) + 1)
            return [.send(Array(bytes.prefix(cut))), .wait(.milliseconds(random.pick([0, 1, 30, 900])))]
                + leaving(&random)
        case .abortsResponse:
            return [.send(asks[0].bytes)]
                + random.pick([
                    [.wait(.milliseconds(random.pick([0, 1, 20, 800])))], [.receiveBytes(1 + random.below(900))],
                ])
                + [random.pick([true, false]) ? .reset : .close]
        case .halfCloses: return [.send(asks.flatMap(\.bytes)), .finish, .receiveEnd, .close]
        case .halfClosesLater:
            return [.send(asks[0].bytes), .receiveBytes(1), .wait(.milliseconds(random.below(40))), .finish]
                + [.receiveEnd, .close]
        case .pausesReading:
            return [.stopReading, .send(asks.flatMap(\.bytes)), .wait(.seconds(1 + random.below(4))), .startReading]
                + asks.map(answer) + leaving(&random)
        case .neverReads: return [.stopReading, .send(asks.flatMap(\.bytes)), .wait(.seconds(15)), .close]
        case .talksNonsense:
            let nonsense = [
                "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
                "POST /0/length/1 HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
                "POST /0/length/1 HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "\u{0}\u{1}",
                "GET /%zz HTTP/1.1\r\nHost: example.com\r\n\r\n",
            ]
            return [.send(random.pick(nonsense)), .receiveEnd, .close]
        case .lingers: return [.send(asks[0].bytes), answer(asks[0]), .wait(.milliseconds(500)), .close]
        case .idles: return [.wait(.seconds(random.pick([1, 12]))), .close]
        case .stopsInHead:
            return [.send(Array(asks[0].head.prefix(20))), .wait(.seconds(random.pick([1, 25])))] + leaving(&random)
        }
    }

    private func sending(_ ask: Ask) -> [PeerStep] {
        guard ask.expects, manner == .expects, ask.answer == .welcomes || ask.answer == .length else {
            return [.send(ask.bytes)]
        }
        return [.send(ask.head), .receive(until: "100 Continue\r\n\r\n"), .send(ask.framedBody)]
    }

    private func answer(_ ask: Ask) -> PeerStep {
        .receiveMessage(length: { Bytes.responseLength($0, toHead: ask.method == "HEAD") })
    }

    private func rest(_ random: inout SimulatedRandom) -> [PeerStep] {
        random.chance(perMille: 300) ? [.wait(.milliseconds(random.pick([1, 100, 6_000])))] : []
    }

    private func leaving(_ random: inout SimulatedRandom) -> [PeerStep] {
        random.pick([[.close], [.reset], [.finish, .receiveEnd, .close], [.wait(.seconds(4)), .close]])
    }
}
