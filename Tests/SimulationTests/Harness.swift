import SpeculaHTTP
import SpeculaIO
import SpeculaLogging
import SpeculaMetrics
import SpeculaMirroring
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation

/// One mirror of the simulated gateway's mirroring service.
struct MirrorSpec: Sendable {
    var kind: MirrorKind
    var ratioMillionths: Int32 = 1_000_000
    var timeout: Duration = .seconds(8)
    var maxInFlight = 1_024
    var methods: [String] = []
}

/// What a configuration of the simulated gateway says.
struct Layout: Sendable {
    /// How many of the two primaries take turns.
    var primaries = 1
    var mirrors: [MirrorSpec] = []
    var mirrorsBody = true
    var maxBodySize: Int64 = -1
    /// The last mirror stands behind a mirroring service of its own, whose primary is the mirror before it.
    var isNested = false
    var transport = TransportPlan(name: "default@internal")
}

/// The whole data plane on simulated loops: one to three workers, their configuration, and what is checked of them.
final class Harness {
    static let front = SocketAddress(ipv4: 0x7f00_0001, port: 8_080)
    static func primary(_ number: Int) -> SocketAddress { SocketAddress(ipv4: 0x0a00_0001 + UInt32(number), port: 80) }
    static func mirror(_ number: Int) -> SocketAddress { SocketAddress(ipv4: 0x0a00_0101 + UInt32(number), port: 80) }

    let world: SimulatedWorld
    let shared: GatewayShared
    private(set) var workers: [Worker] = []
    /// Every mirror that some installed layout had.
    private(set) var mirrorLabels: Set<String> = []
    private var generation: UInt64 = 0
    private var idleWorkers = 0
    private var isStopping = false

    init(
        world: SimulatedWorld, workers count: Int = 1, budgetBytes: Int = 64 << 20,
        settings adjust: (inout EntryPointSettings) -> Void = { _ in }
    ) throws {
        self.world = world
        var options = MetricOptions()
        options.routers = true
        shared = GatewayShared(
            registry: MetricRegistry(options: options), budget: MirrorBudget(limit: budgetBytes),
            recordsInternals: false, hostName: "gateway",
            localServices: { name, request, reply in
                reply(LocalResponse(status: 200, body: Array("\(name) \(request.path)".utf8)))
            }, log: .silent)
        var settings = EntryPointSettings(name: "web", address: ListenAddress(Self.front))
        adjust(&settings)
        for index in 0..<count {
            let loop = world.makeLoop(name: "worker")
            let worker = Worker(loop: loop, shared: shared, workers: count, probes: index == 0)
            _ = try worker.listen(
                settings, on: settings.address, options: ListenOptions(isShared: count > 1, probesFirst: false))
            workers.append(worker)
        }
    }

    // MARK: Configuration

    /// Puts a layout in force on every worker at this moment.
    func install(_ layout: Layout) throws {
        let plan = GatewayPlan(snapshot: try snapshot(layout), shared: shared)
        for worker in workers { worker.install(plan) }
        shared.inForce(plan)
    }

    private func snapshot(_ layout: Layout) throws -> Snapshot {
        generation += 1
        var services = [
            balancer("primary@file", (0..<layout.primaries).map { (Self.primary($0).host, 80) }),
            balancer("plain@file", [(Self.primary(0).host, 80)]),
            ServicePlan(name: "local@internal", kind: .local("local@internal")),
        ]
        var mirrors: [MirrorPlan] = []
        for (number, spec) in layout.mirrors.enumerated() {
            let name = "mirror\(number)@file"
            let isAbsent = spec.kind == .none
            if !isAbsent { services.append(balancer(name, [(spec.kind.host(number), 80)])) }
            mirrors.append(plan(spec, name, isAbsent ? nil : ServiceIndex(services.count - 1)))
            mirrorLabels.insert(name)
        }
        if layout.isNested, mirrors.count >= 2, let last = mirrors.popLast(), let before = mirrors.last?.service {
            services.append(
                ServicePlan(
                    name: "inner@file",
                    kind: .mirroring(
                        MirroringPlan(
                            primary: before, mirrors: [last], mirrorsBody: layout.mirrorsBody,
                            maxBodySize: layout.maxBodySize, propagatesHealth: false))))
            mirrors[mirrors.count - 1] = plan(
                layout.mirrors[mirrors.count - 1], mirrors[mirrors.count - 1].name, ServiceIndex(services.count - 1))
        }
        services.append(
            ServicePlan(
                name: "web@file",
                kind: .mirroring(
                    MirroringPlan(
                        primary: ServiceIndex(0), mirrors: mirrors, mirrorsBody: layout.mirrorsBody,
                        maxBodySize: layout.maxBodySize, propagatesHealth: false))))
        let rules = [
            ("web@file", "Host(`example.com`)", services.count - 1), ("plain@file", "PathPrefix(`/plain`)", 1),
            ("local@file", "PathPrefix(`/local`)", 2),
        ]
        let entries = try rules.enumerated().map { index, rule in
            RouteEntry(
                rule: try Rule(parsing: rule.1), priority: 10 + index, order: index, router: RouterIndex(index))
        }
        let routers = rules.map { RouterPlan(name: $0.0, service: ServiceIndex($0.2), isInternal: false) }
        return Snapshot(
            generation: generation, routers: routers, services: services, transports: [layout.transport],
            tables: ["web": RouteTable(entries)])
    }

    private func plan(_ spec: MirrorSpec, _ name: String, _ service: ServiceIndex?) -> MirrorPlan {
        MirrorPlan(
            name: name, service: service, ratioMillionths: spec.ratioMillionths, methods: spec.methods,
            timeout: spec.timeout, maxInFlight: spec.maxInFlight, maxResponseBytes: 64 << 10)
    }

    private func balancer(_ name: String, _ servers: [(host: String, port: UInt16)]) -> ServicePlan {
        let plans = servers.map { server in
            ServerPlan(
                url: "http://\(server.host):\(server.port)", isTLS: false, host: server.host, port: server.port,
                authority: "\(server.host):\(server.port)", pathPrefix: "", weight: 1, isFenced: false,
                stickyValue: "")
        }
        return ServicePlan(
            name: name,
            kind: .loadBalancer(
                LoadBalancerPlan(
                    servers: plans, strategy: .wrr, passHostHeader: true, flushInterval: nil,
                    transport: TransportIndex(0), sticky: nil, healthCheck: nil, passiveHealthCheck: nil)))
    }

    // MARK: Peers

    func servePrimaries(profile: LinkProfile? = nil) {
        for number in 0..<2 { world.serve(at: Self.primary(number), profile: profile) { _ in Primary.script } }
    }

    var isIdle: Bool { workers.allSatisfy(\.isIdle) }

    // MARK: The end

    /// No more connections; what is under way goes on.
    func beginStop() {
        guard !isStopping else { return }
        isStopping = true
        for worker in workers { worker.drain { [self] in idleWorkers += 1 } }
    }

    /// Stops the gateway as a TERM signal does: what is under way ends, then everything must be given back.
    func stop(grace: Duration = .seconds(60)) {
        beginStop()
        if !world.run(until: { idleWorkers == workers.count }, limit: grace) {
            for worker in workers { worker.cut() }
            if !world.run(until: { idleWorkers == workers.count }, limit: .seconds(5)) {
                world.complain("the gateway does not become idle after it was cut")
            }
        }
        for server in world.allServers { for peer in server.peers { peer.disappear(byReset: false) } }
        world.settle()
        world.checkNothingLeft()
    }
}
