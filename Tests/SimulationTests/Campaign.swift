import SpeculaIO
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import SpeculaTracing

/// One run of a campaign, all of it drawn from its seed: workers, clients, mirrors, faults, reloads, the end.
struct Run {
    /// What the clients saw.
    struct Seen: Equatable {
        struct Client: Equatable {
            let name: String
            let received: [UInt8]
            let arrivals: [PeerArrival]
            let ending: PeerEnd?
        }

        let clients: [Client]
    }

    let seed: UInt64
    /// Work takes no time and nothing is shared that mirrors use up: what the clients see can be compared to the instant.
    let isComparable: Bool
    /// Every request has spans.
    let isTraced: Bool
    let workers: Int
    let scripts: [ClientScript]
    let layouts: [(at: Duration, layout: Layout)]
    let rates: FaultRates
    let budgetBytes: Int
    /// Descriptors are scarce in this span.
    let scarcity: (at: Duration, span: Duration, descriptors: Int)?
    /// The operators' entry point with its reserve, and when they come; nil: there is none.
    let operators: Operators?

    struct Operators {
        let reserve: Int
        let probes: [Duration]
        /// Nothing else goes wrong, so that every probe must be answered while descriptors are scarce.
        let isQuiet: Bool
    }
    /// The monotonic clock goes ahead, the wall clock either way.
    let clockJumps: [(at: Duration, by: Duration, wall: Duration)]
    let stopsAt: Duration?
    let profiles: [LinkProfile]
    /// Clients that come before the second worker listens, so that later ones are handed over to it.
    let hasCrowd: Bool

    init(seed: UInt64) {
        var random = SimulatedRandom(seed: seed, part: "run")
        self.seed = seed
        isComparable = seed % 4 != 0
        isTraced = seed % 3 != 1
        workers = 1 + random.below(3)
        var rates = FaultRates.drawn(from: &random)
        if rates.tinyLink > 0 { rates.stall = min(rates.stall, 5) }
        // Jumps come at set times, so that two runs of one seed have them alike.
        rates.clockJump = 0
        let isSmall = rates.tinyLink > 0
        let operators = isComparable ? nil : Self.drawOperators(seed)
        if operators?.isQuiet == true {
            (rates.exhaustion, rates.stall, rates.reset, rates.tinyLink) = (0, 0, 0, 0)
        }
        self.operators = operators
        self.rates = rates
        budgetBytes = random.pick([64 << 20, 64 << 20, 100_000, 2_000_000])
        let drawn = (0..<(2 + random.below(9))).map { number in
            ClientScript(seed: seed, number: number, firstID: number * 10 + 1, isSmall: isSmall)
        }
        let isComparable = isComparable
        var others = SimulatedRandom(seed: seed, part: "others")
        let profiles = drawn.map { _ in
            var profile = LinkProfile.drawn(from: &random, rates: rates)
            // Whether bytes are received into a chunk may only show above 16 KiB at once.
            if isComparable { profile.capacity = min(profile.capacity, 16_000) }
            if others.chance(perMille: 50) { profile.resetAfterBytesToLoop = others.below(others.pick([100, 5_000])) }
            if others.chance(perMille: 50) {
                profile.resetAfterBytesFromLoop = others.below(others.pick([100, 5_000]))
            }
            return profile
        }
        hasCrowd = !isComparable && workers > 1 && others.chance(perMille: 200)
        let crowd = hasCrowd ? (0..<40).map { ClientScript(ofCrowd: $0) } : []
        scripts = drawn + crowd
        self.profiles = profiles + crowd.map { _ in LinkProfile() }
        var options = SimulatedRandom(seed: seed, part: "options")
        layouts = Self.drawLayouts(&random, &options)
        var jumps: [(at: Duration, by: Duration, wall: Duration)] = []
        var wall = SimulatedRandom(seed: seed, part: "wall")
        if random.chance(perMille: 200), operators?.isQuiet != true {
            for _ in 0..<(1 + random.below(3)) {
                jumps.append(
                    (
                        .milliseconds(random.below(9_000)),
                        .milliseconds(random.pick([1, 50, 1_000, 60_000, 3_600_000])),
                        .seconds(wall.below(8_000) - 4_000)
                    ))
            }
        }
        clockJumps = jumps
        scarcity =
            !isComparable && (random.chance(perMille: 300) || operators != nil)
            ? (.milliseconds(random.below(400)), .milliseconds(200 + random.below(4_000)), 1 + random.below(12)) : nil
        let mayStop = random.chance(perMille: 200)
        stopsAt = mayStop && operators?.isQuiet != true ? .milliseconds(random.below(8_000)) : nil
    }

    private static func drawOperators(_ seed: UInt64) -> Operators? {
        var random = SimulatedRandom(seed: seed, part: "operators")
        guard random.chance(perMille: 400) else { return nil }
        return Operators(
            reserve: 1 + random.below(3),
            probes: (0..<(2 + random.below(8))).map { .milliseconds(50 + $0 * 500 + random.below(100)) },
            isQuiet: random.chance(perMille: 500))
    }

    private static func drawLayouts(
        _ random: inout SimulatedRandom, _ options: inout SimulatedRandom
    ) -> [(at: Duration, layout: Layout)] {
        var layout = Layout()
        layout.mirrors = (0..<(1 + random.below(3))).map { _ in
            var spec = MirrorSpec(kind: random.pick(MirrorKind.allCases))
            spec.timeout = .milliseconds(random.pick([8_000, 8_000, 900]))
            spec.options = drawOptions(&options)
            return spec
        }
        layout.isNested = layout.mirrors.count > 1 && random.chance(perMille: 250)
        vary(&layout, &random)
        var layouts: [(at: Duration, layout: Layout)] = [(.zero, layout)]
        while random.chance(perMille: 350), layouts.count < 5 {
            vary(&layout, &random)
            layouts.append((.milliseconds(1 + random.below(6_000)), layout))
        }
        return layouts
    }

    /// What a mirror has beside Traefik's keys; the same over all reloads of a run, so that what was counted can be told.
    private static func drawOptions(_ random: inout SimulatedRandom) -> MirrorOptions {
        var options = MirrorOptions()
        let fields = [Array("x-extra".utf8), Array("user-agent".utf8)]
        options.sampleKey = random.pick([.counter, .counter, .header(random.pick(fields)), .clientIP])
        if random.chance(perMille: 250) {
            options.rate = MirrorRatePlan(average: random.pick([1, 5, 1_000]), burst: random.pick([1, 3]))
        }
        if random.chance(perMille: 300) {
            options.removedFields = random.pick([["Cookie", "Authorization"], ["X-Forwarded-For", "User-Agent"]])
        }
        if random.chance(perMille: 300) { options.setFields = [("X-Mirrored", "1")] }
        guard random.chance(perMille: 600) else { return options }
        var plan = MirrorComparisonPlan()
        plan.status = random.chance(perMille: 500)
        plan.fields = random.pick([[], [Array("x-id".utf8)], [Array("content-type".utf8), Array("set-cookie".utf8)]])
        plan.body = random.pick([.none, .length, .exact, .json])
        plan.ratioMillionths = random.pick([1_000_000, 1_000_000, 333_333])
        plan.maxBodyBytes = random.pick([50, 64 << 10])
        options.comparison = plan
        return options
    }

    private static func vary(_ layout: inout Layout, _ random: inout SimulatedRandom) {
        layout.primaries = 1 + random.below(2)
        layout.mirrorsBody = random.chance(perMille: 850)
        layout.maxBodySize = random.pick([-1, -1, 0, 600, 50_000])
        for index in layout.mirrors.indices {
            layout.mirrors[index].ratioMillionths = random.pick([1_000_000, 1_000_000, 500_000, 125_000, 0])
            layout.mirrors[index].maxInFlight = random.pick([1_024, 1_024, 1])
            layout.mirrors[index].methods = random.pick([[], [], ["GET", "HEAD"]])
        }
        layout.transport = TransportPlan(
            name: "default@internal", dialTimeout: .seconds(random.pick([1, 30])),
            responseHeaderTimeout: random.pick([.zero, .seconds(2)]),
            idleConnectionTimeout: .seconds(random.pick([2, 90])),
            maxIdleConnectionsPerHost: random.pick([200, 2, 0]))
    }

    /// What the gateway's clients are allowed, drawn too.
    private func adjust(_ settings: inout EntryPointSettings) {
        var random = SimulatedRandom(seed: seed, part: "settings")
        settings.readTimeout = .seconds(random.pick([60, 3]))
        settings.writeTimeout = random.pick([.zero, .zero, .seconds(3)])
        settings.idleTimeout = .seconds(random.pick([180, 2]))
        settings.keepAliveMaxRequests = random.pick([0, 0, 2])
    }

    // MARK: Playing

    /// - `isMirrored`: Otherwise the same with no mirror at all.
    /// - `veil`: Clients and servers speak TLS through it.
    func play(
        isMirrored: Bool, veil: Veil? = nil, trace: ((String) -> Void)? = nil
    ) throws -> (world: SimulatedWorld, seen: Seen) {
        let world = SimulatedWorld(seed: seed)
        world.trace = trace
        world.rates = rates
        if isComparable { world.turnNanoseconds = 0 }
        let operators = veil == nil ? operators : nil
        var limits = LoopLimits()
        if let operators { limits.reservedDescriptors = operators.reserve }
        let harness = try Harness(
            world: world, workers: workers, budgetBytes: budgetBytes, listensLate: hasCrowd,
            log: seed % 3 == 0 ? nil : LogLines(seed: seed), veil: veil,
            tracing: isTraced ? SpanOptions(capacityBytes: 16 << 20) : nil, limits: limits,
            servesOperators: operators != nil, settings: adjust)
        harness.servePrimaries()
        if isMirrored {
            for (number, spec) in layouts[0].layout.mirrors.enumerated() { spec.kind.place(in: world, number: number) }
        }
        let layouts = layouts.map { entry in
            var layout = entry.layout
            if !isMirrored { layout.mirrors = [] }
            return (at: entry.at, layout: layout)
        }
        try harness.install(layouts[0].layout)
        for entry in layouts.dropFirst() {
            world.after(entry.at) { if (try? harness.install(entry.layout)) == nil { world.complain("no reload") } }
        }
        let clients = plan(world, harness)
        let probers = plan(operators, world)
        world.run(
            until: { clients.allSatisfy { $0?.isDone ?? false } && probers.allSatisfy { $0?.isDone ?? false } },
            limit: .seconds(40))
        let seen = look(clients)
        if let operators { check(probers, operators, world) }
        for prober in probers { prober?.disappear(byReset: false) }
        finish(world, harness, clients.compactMap { $0 })
        return (world, seen)
    }

    private func plan(_ world: SimulatedWorld, _ harness: Harness) -> ClientList {
        let clients = ClientList(count: scripts.count)
        for (index, script) in scripts.enumerated() {
            world.after(script.startsAt) {
                clients.peers[index] = world.connect(
                    to: harness.entrance, profile: profiles[index], name: script.name, script.steps)
            }
        }
        for jump in clockJumps {
            world.after(jump.at) {
                world.jumpClock(by: jump.by)
                world.setWallClock(ahead: jump.wall)
            }
        }
        if let scarcity, harness.veil == nil {
            world.after(scarcity.at) { [operators] in
                // A reserve is there before others have taken the rest.
                if operators == nil {
                    world.limitDescriptors(to: scarcity.descriptors)
                } else {
                    world.leaveDescriptors(scarcity.descriptors - 1)
                }
            }
            world.after(scarcity.at + scarcity.span) { world.limitDescriptors(to: 100_000) }
        }
        if let stopsAt { world.after(stopsAt) { harness.beginStop() } }
        return clients
    }

    private func plan(_ operators: Operators?, _ world: SimulatedWorld) -> ClientList {
        let probers = ClientList(count: operators?.probes.count ?? 0)
        for (number, moment) in (operators?.probes ?? []).enumerated() {
            world.after(moment) {
                probers.peers[number] = world.connect(
                    to: Harness.operators, name: "prober \(number)",
                    [
                        .send("GET /local/ping HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n"),
                        .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .note("answered"), .close,
                    ])
            }
        }
        return probers
    }

    /// Whatever clients hold, who comes for metrics or ping is answered, and soon.
    private func check(_ probers: ClientList, _ operators: Operators, _ world: SimulatedWorld) {
        for (prober, moment) in zip(probers, operators.probes) {
            guard let prober else { continue }
            let status = Harness.status(prober.received[...])
            if !prober.received.isEmpty, status != 200 { world.complain("\(prober.name) got \(status)") }
            guard operators.isQuiet else { continue }
            guard let answered = prober.moment("answered") else {
                world.complain("\(prober.name) was not answered")
                continue
            }
            if answered - moment > .seconds(1) { world.complain("\(prober.name) waited for \(answered - moment)") }
        }
    }

    private func look(_ clients: ClientList) -> Seen {
        Seen(
            clients: clients.peers.compactMap { peer in
                peer.map {
                    Seen.Client(
                        name: $0.name, received: $0.received, arrivals: $0.arrivals, ending: $0.ending)
                }
            })
    }

    private static func isPrimary(_ server: SimulatedServer) -> Bool {
        server.address == Harness.primary(0) || server.address == Harness.primary(1)
    }

    private func finish(_ world: SimulatedWorld, _ harness: Harness, _ clients: [SimulatedPeer]) {
        for (number, client) in clients.enumerated() { client.disappear(byReset: number % 2 == 0) }
        // Faults end here: what is left must come to its end by itself.
        world.rates = .none
        world.run(for: .seconds(10))
        // A client that pipelined and closed cannot be told from one that waits: a mute primary has the last word, on every
        // connection on which it is asked once more.
        for _ in 0..<12 where !harness.isIdle {
            for server in world.allServers where Self.isPrimary(server) {
                for peer in server.peers { peer.disappear(byReset: false) }
            }
            world.run(for: .seconds(1))
        }
        if !world.run(until: { harness.isIdle }, limit: .seconds(60)) { world.complain("something stays under way") }
        world.run(for: .seconds(2))
        harness.checkIdle()
        harness.checkBooks()
        harness.checkSpans()
        harness.checkLines()
        let asks = Dictionary(uniqueKeysWithValues: scripts.flatMap(\.asks).map { ($0.id, $0) })
        for server in world.allServers {
            let isMirror = !Self.isPrimary(server)
            harness.checkReceived(
                by: server, asks: asks, isMirror: isMirror,
                withBody: !isMirror || layouts.allSatisfy(\.layout.mirrorsBody))
        }
        for (client, script) in zip(clients, scripts) where client.name == script.name {
            harness.checkResponses(of: client, asks: script.asks)
        }
        harness.stop()
    }
}

/// The clients of a run, as they come.
private final class ClientList: Sequence {
    var peers: [SimulatedPeer?]

    init(count: Int) { peers = Array(repeating: nil, count: count) }

    func makeIterator() -> IndexingIterator<[SimulatedPeer?]> { peers.makeIterator() }
}
