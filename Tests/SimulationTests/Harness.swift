import SpeculaHTTP
import SpeculaIO
import SpeculaLogging
import SpeculaMetrics
import SpeculaMirroring
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import SpeculaTracing

/// One mirror of the simulated gateway's mirroring service.
struct MirrorSpec: Sendable {
    var kind: MirrorKind
    var ratioMillionths: Int32 = 1_000_000
    var timeout: Duration = .seconds(8)
    var maxInFlight = 1_024
    var methods: [String] = []
    var options = MirrorOptions()
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
    /// The operators' entry point, where there is one: it leads to the same routes.
    static let operators = SocketAddress(ipv4: 0x7f00_0001, port: 8_081)
    static func primary(_ number: Int) -> SocketAddress { SocketAddress(ipv4: 0x0a00_0001 + UInt32(number), port: 80) }
    static func mirror(_ number: Int) -> SocketAddress { SocketAddress(ipv4: 0x0a00_0101 + UInt32(number), port: 80) }

    let world: SimulatedWorld
    let shared: GatewayShared
    /// What the access log wrote; nil: it is off.
    let log: LogLines?
    private(set) var workers: [Worker] = []
    /// Every mirror that some installed layout had.
    private(set) var mirrorLabels: Set<String> = []
    /// Millionths of the copies that are compared, by mirror.
    private(set) var comparedShares: [String: Int32] = [:]
    private var generation: UInt64 = 0
    /// What puts TLS on for clients and takes it off for servers, where everything goes over TLS.
    private(set) var veil: Veil?
    private let servesOperators: Bool
    private var idleWorkers = 0
    private var isStopping = false

    init(
        world: SimulatedWorld, workers count: Int = 1, budgetBytes: Int = 64 << 20, listensLate: Bool = false,
        log: LogLines? = nil, veil: Veil? = nil, tracing: SpanOptions? = nil, limits: LoopLimits = LoopLimits(),
        servesOperators: Bool = false, settings adjust: (inout EntryPointSettings) -> Void = { _ in }
    ) throws {
        self.world = world
        self.veil = veil
        self.servesOperators = servesOperators
        self.log = log
        var lines = AccessLogOptions()
        lines.format = .json
        lines.addsMirrors = true
        var options = MetricOptions()
        options.routers = true
        shared = GatewayShared(
            registry: MetricRegistry(options: options), budget: MirrorBudget(limit: budgetBytes),
            recordsInternals: false, hostName: "gateway",
            localServices: { name, request, reply in
                reply(LocalResponse(status: 200, body: Array("\(name) \(request.path)".utf8)))
            }, jsonReader: { $0.run() }, log: .silent,
            accessLog: log.map { AccessLogShared(options: lines, queue: $0, zone: { _ in 0 }) }, tracing: tracing,
            ownPorts: [Self.front.port])
        var settings = EntryPointSettings(name: "web", address: ListenAddress(Self.front))
        adjust(&settings)
        for index in 0..<count {
            let loop = world.makeLoop(limits: limits, name: "worker")
            let worker = Worker(loop: loop, shared: shared, workers: count, probes: index == 0)
            workers.append(worker)
            let options = ListenOptions(isShared: count > 1, probesFirst: false)
            if servesOperators {
                let own = EntryPointSettings(name: "traefik", address: ListenAddress(Self.operators))
                _ = try worker.listen(own, on: own.address, options: options)
            }
            if index == 0 || !listensLate {
                _ = try worker.listen(settings, on: settings.address, options: options)
            } else {
                world.after(.milliseconds(20)) { [settings] in
                    if (try? worker.listen(settings, on: settings.address, options: options)) == nil {
                        world.complain("the second worker cannot listen")
                    }
                }
            }
        }
        try veil?.raise(in: world)
    }

    /// Where clients connect to.
    var entrance: SocketAddress { veil == nil ? Self.front : Veil.front }
    private var serverPort: UInt16 { veil == nil ? 80 : Veil.port }

    // MARK: Configuration

    /// Puts a layout in force on every worker at this moment.
    func install(_ layout: Layout) throws {
        let plan = GatewayPlan(snapshot: try snapshot(layout), shared: shared)
        for worker in workers { worker.install(plan) }
        shared.inForce(plan)
    }

    /// Puts services of a test's own in force; the last of them takes the requests to `example.com`.
    func install(_ services: [ServicePlan]) throws {
        let plan = GatewayPlan(
            snapshot: try snapshot(
                services, [("web@file", "Host(`example.com`)", services.count - 1)],
                TransportPlan(name: "default@internal", idleConnectionTimeout: .seconds(5))), shared: shared)
        for worker in workers { worker.install(plan) }
        shared.inForce(plan)
    }

    private func snapshot(_ layout: Layout) throws -> Snapshot {
        var services = [
            balancer("primary@file", (0..<layout.primaries).map { (Self.primary($0).host, serverPort) }),
            balancer("plain@file", [(Self.primary(0).host, serverPort)]),
            ServicePlan(name: "local@internal", kind: .local("local@internal")),
        ]
        var mirrors: [MirrorPlan] = []
        for (number, spec) in layout.mirrors.enumerated() {
            let name = "mirror\(number)@file"
            let isAbsent = spec.kind == .none
            if !isAbsent { services.append(balancer(name, [(spec.kind.host(number), serverPort)])) }
            mirrors.append(plan(spec, name, isAbsent ? nil : ServiceIndex(services.count - 1)))
            mirrorLabels.insert(name)
            comparedShares[name] = spec.options.comparison?.ratioMillionths
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
        return try snapshot(services, rules, layout.transport)
    }

    private func snapshot(
        _ services: [ServicePlan], _ rules: [(name: String, rule: String, service: Int)],
        _ transport: TransportPlan
    ) throws -> Snapshot {
        generation += 1
        let entries = try rules.enumerated().map { index, rule in
            RouteEntry(
                rule: try Rule(parsing: rule.rule), priority: 10 + index, order: index, router: RouterIndex(index))
        }
        let routers = rules.map { RouterPlan(name: $0.name, service: ServiceIndex($0.service), isInternal: false) }
        var tables = veil == nil ? ["web": RouteTable(entries)] : [:]
        if servesOperators { tables["traefik"] = RouteTable(entries) }
        return Snapshot(
            generation: generation, routers: routers, services: services,
            transports: [veil?.applied(to: transport) ?? transport], tables: tables,
            secureTables: veil == nil ? [:] : ["web": RouteTable(entries)],
            operatorEntryPoints: servesOperators ? ["traefik"] : [], tls: veil?.plan ?? TLSPlan())
    }

    private func plan(_ spec: MirrorSpec, _ name: String, _ service: ServiceIndex?) -> MirrorPlan {
        MirrorPlan(
            name: name, service: service, ratioMillionths: spec.ratioMillionths, methods: spec.methods,
            timeout: spec.timeout, maxInFlight: spec.maxInFlight, maxResponseBytes: 64 << 10,
            options: spec.options)
    }

    func balancer(_ name: String, _ servers: [(host: String, port: UInt16)]) -> ServicePlan {
        let plans = servers.map { server in
            ServerPlan(
                url: "http://\(server.host):\(server.port)", isTLS: veil != nil, host: server.host, port: server.port,
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
        for worker in workers {
            worker.whenIdle { [self] in idleWorkers += 1 }
            worker.drain()
        }
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
        veil?.lift()
        world.settle()
        world.checkNothingLeft()
    }
}
