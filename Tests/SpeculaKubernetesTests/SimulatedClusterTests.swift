import KubernetesStandIn
import SpeculaClient
import SpeculaConfiguration
import SpeculaHTTP
import SpeculaIO
import SpeculaSimulation
import Testing

@testable import SpeculaKubernetes

/// Follows a kind as `KindFollower` does, without tasks: on a network and a clock that do not exist.
private final class SimulatedFollower: TimerTarget {
    private(set) var machine = KindWatch()
    private let resource = ClusterResource("", "v1", "services", "Service")
    private let client: ClientLoop
    private let loop: EventLoop
    private let endpoint: ClientEndpoint
    private var ticket: UInt64 = 0
    var isStopped = false

    init(client: ClientLoop, loop: EventLoop, endpoint: ClientEndpoint) {
        self.client = client
        self.loop = loop
        self.endpoint = endpoint
    }

    func start() { perform(machine.start()) }

    func timerFired(_ id: TimerID, tag: Int) { perform(machine.rested()) }

    private func perform(_ order: KindWatch.Order) {
        guard !isStopped else { return }
        switch order {
        case .list(let version):
            send("?resourceVersion=\(version)", Collector { [self] head, body, failure in listed(head, body, failure) })
        case .watch(let version):
            let decoder = WatchDecoder(resource)
            send(
                "?watch=true&allowWatchBookmarks=true&resourceVersion=\(version)&timeoutSeconds=200",
                Watcher(decoder, owner: self))
        case .rest(let length): _ = loop.schedule(after: length, for: self, tag: 0)
        case .none: break
        }
    }

    private func send(_ query: String, _ observer: any ClientObserver) {
        ticket += 1
        var request = ClientRequest(.get, endpoint, "\(resource.path(in: nil))\(query)")
        request.limits.connect = .seconds(5)
        request.limits.head = .seconds(10)
        request.limits.idle = ClusterAPI.silence
        client.start(request, ticket: ticket, observer: observer)
    }

    private func listed(_ head: ClientResponseHead?, _ body: [UInt8], _ failure: ClientFailure?) {
        guard failure == nil, head?.status == 200, let list = try? JSONParser.parse(body),
            case .array(let elements) = list["items"], case .string(let version) = list["metadata"]?["resourceVersion"]
        else { return perform(machine.failed()) }
        let items = elements.compactMap { KubernetesObject($0, of: resource) }
        perform(machine.listed(items, resourceVersion: version).order)
    }

    /// An event of the watch under way; false when it is to be ended.
    fileprivate func take(_ event: WatchDecoder.Event) -> KindWatch.Order? {
        switch event {
        case .put(let object): _ = machine.changed(object, isDeleted: false)
        case .deleted(let object): _ = machine.changed(object, isDeleted: true)
        case .bookmark(let version): machine.bookmarked(resourceVersion: version)
        case .failed(.expired): return machine.expired()
        case .failed(.malformed): return machine.distrusted()
        case .failed: return machine.failed()
        }
        return nil
    }

    fileprivate func ended(_ head: ClientResponseHead?, _ failure: ClientFailure?, order: KindWatch.Order?) {
        if let order { return perform(order) }
        if head?.status == 410 { return perform(machine.expired()) }
        switch failure {
        case nil where head?.status == 200, .idleTimedOut: perform(machine.closed(sawNothing: false))
        default: perform(machine.failed())
        }
    }

    /// Keeps a whole answer.
    private final class Collector: ClientObserver {
        private var head: ClientResponseHead?
        private var bytes: [UInt8] = []
        private let done: (ClientResponseHead?, [UInt8], ClientFailure?) -> Void

        init(_ done: @escaping (ClientResponseHead?, [UInt8], ClientFailure?) -> Void) { self.done = done }

        func head(_ head: ClientResponseHead) { self.head = head }

        func body(_ piece: Span<UInt8>) -> Bool {
            for index in piece.indices { bytes.append(piece[index]) }
            return true
        }

        func ended(_ failure: ClientFailure?) { done(head, bytes, failure) }
    }

    /// Reads a watch.
    private final class Watcher: ClientObserver {
        private var head: ClientResponseHead?
        private var decoder: WatchDecoder
        private let owner: SimulatedFollower
        private let ticket: UInt64
        private var order: KindWatch.Order?

        init(_ decoder: WatchDecoder, owner: SimulatedFollower) {
            self.decoder = decoder
            self.owner = owner
            ticket = owner.ticket + 1
        }

        func head(_ head: ClientResponseHead) { self.head = head }

        func body(_ piece: Span<UInt8>) -> Bool {
            guard head?.status == 200, order == nil else { return true }
            var bytes: [UInt8] = []
            for index in piece.indices { bytes.append(piece[index]) }
            for event in decoder.take(bytes) where order == nil {
                order = owner.take(event)
            }
            if order != nil { owner.client.cancel(ticket) }
            return true
        }

        func ended(_ failure: ClientFailure?) { owner.ended(head, failure, order: order) }
    }
}

@Suite struct SimulatedClusterTests {
    /// Connections break, stall, split and vanish at any byte: what is known in the end is what the server has.
    @Test(arguments: SimulationSeeds.chosen(default: 40))
    func brokenNetworksEndWithWhatTheServerHas(seed: UInt64) throws {
        let world = SimulatedWorld(seed: seed)
        world.drawRates()
        let serverLoop = world.makeLoop(name: "server")
        let loop = world.makeLoop(name: "client")
        let server = StandInServer(loop: serverLoop, seed: seed)
        let address = SocketAddress(ipv4: 0x0a00_0001, port: 6_443)
        try server.listen(on: address)
        server.faults.chunkBytes = [0, 1, 30][Int(seed % 3)]
        let client = ClientLoop(loop: loop)
        let follower = SimulatedFollower(
            client: client, loop: loop, endpoint: try #require(ClientEndpoint("http://10.0.0.1:6443")))
        follower.start()
        var random = SimulatedRandom(seed: seed)
        for _ in 0..<80 {
            let name = "s\(random.below(6))"
            if random.below(3) == 0 {
                server.delete("services", name)
            } else {
                server.apply(StandIn.objects(Manifests.service(name)))
            }
            switch random.below(12) {
            case 0: server.compact()
            case 1: server.endWatches(truncated: true)
            case 2: server.endWatches()
            case 3: server.bookmark()
            case 4: server.faults.isMute = true
            case 5: server.faults.isMute = false
            case 6: server.dropConnections(byReset: true)
            default: break
            }
            world.run(for: .milliseconds(random.below(20_000)))
        }
        world.rates = .none
        server.faults = StandInFaults()
        func versions() -> Set<String> { Set(follower.machine.objects.values.map(\.resourceVersion)) }
        func wanted() -> Set<String> {
            Set(
                server.store.objects(of: "services").compactMap {
                    if case .string(let version) = $0["metadata"]?["resourceVersion"] { version } else { nil }
                })
        }
        let isSame = world.run(until: { versions() == wanted() }, limit: .seconds(900))
        #expect(isSame, "seed \(seed): \(versions().sorted()) \(wanted().sorted())")
        follower.isStopped = true
        client.stop()
        server.goAway()
        world.settle()
        world.checkNothingLeft()
        #expect(world.complaints == [], "seed \(seed)")
    }
}
