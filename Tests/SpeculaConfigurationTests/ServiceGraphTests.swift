import SpeculaRouting
import Testing

@testable import SpeculaConfiguration

private func compile(
    _ services: [String: ServiceConfiguration], routersTo names: [String]
) -> (Snapshot, RuntimeConfiguration, [Diagnostic]) {
    var settings = StaticConfiguration()
    settings.entryPoints["web"] = EntryPointConfiguration()
    var dynamic = DynamicConfiguration()
    dynamic.http.services = services
    for name in names {
        dynamic.http.routers[name] = RouterConfiguration()
        dynamic.http.routers[name]?.rule = "Path(`/\(name)`)"
        dynamic.http.routers[name]?.service = name
    }
    return ConfigurationCompiler.compile(
        static: settings, dynamic: ["file": dynamic], generation: 1, reportsUnused: true)
}

private func balancer() -> ServiceConfiguration {
    var service = ServiceConfiguration()
    var server = ServerConfiguration()
    server.url = "http://10.0.0.1"
    service.loadBalancer = LoadBalancerConfiguration()
    service.loadBalancer?.servers = [server]
    return service
}

private func weighted(_ names: [String]) -> ServiceConfiguration {
    var service = ServiceConfiguration()
    service.weighted = WeightedConfiguration()
    service.weighted?.services = names.map { name in
        var child = WeightedChild()
        child.name = name
        return child
    }
    return service
}

private func mirroring(_ primary: String, _ mirrors: [String]) -> ServiceConfiguration {
    var service = ServiceConfiguration()
    service.mirroring = MirroringConfiguration()
    service.mirroring?.service = primary
    service.mirroring?.mirrors = mirrors.map { name in
        var mirror = MirrorConfiguration()
        mirror.name = name
        mirror.percent = Percent(millionths: 1_000_000)
        return mirror
    }
    return service
}

@Test func sixtyFourServicesInsideEachOtherAreAllowedOneMoreIsNot() {
    var services = ["s0": balancer()]
    for level in 1...80 { services["s\(level)"] = weighted(["s\(level - 1)"]) }
    let (snapshot, runtime, _) = compile(services, routersTo: ["s63", "s64", "s80"])
    #expect(snapshot.routers.map(\.name) == ["s63@file"])
    #expect(runtime.services["s63@file"]?.status == .enabled)
    #expect(runtime.services["s64@file"]?.errors == ["services are nested deeper than 64"])
    #expect(runtime.routers["s80@file"]?.errors == ["services are nested deeper than 64"])
}

@Test func aChainOfFiveThousandServicesIsAnErrorAndNoOverflow() {
    var services = ["s0": balancer()]
    for level in 1...5_000 { services["s\(level)"] = mirroring("s\(level - 1)", ["s\(level - 1)"]) }
    let (snapshot, runtime, _) = compile(services, routersTo: ["s5000"])
    #expect(snapshot.routers.isEmpty)
    #expect(runtime.routers["s5000@file"]?.status == .disabled)
}

@Test func aRingOfFiveThousandServicesIsAnErrorAndNoOverflow() {
    var services: [String: ServiceConfiguration] = [:]
    for level in 0..<5_000 { services["s\(level)"] = weighted(["s\((level + 1) % 5_000)"]) }
    let (snapshot, runtime, _) = compile(services, routersTo: ["s7"])
    #expect(snapshot.routers.isEmpty)
    #expect(runtime.services["s7@file"]?.status == .disabled)
}

@Test func theSameServiceMayBePrimaryAndMirror() {
    let (snapshot, runtime, _) = compile(["p": balancer(), "m": mirroring("p", ["p", "p"])], routersTo: ["m"])
    #expect(snapshot.routers.count == 1)
    #expect(runtime.services["m@file"]?.status == .enabled)
}

@Test func aMirrorThatIsDisabledIsDroppedAndTheRouteLives() {
    var broken = ServiceConfiguration()
    broken.loadBalancer = LoadBalancerConfiguration()
    broken.loadBalancer?.strategy = "fastest"
    let services = ["p": balancer(), "b": broken, "m": mirroring("p", ["b", "gone"])]
    let (snapshot, runtime, diagnostics) = compile(services, routersTo: ["m"])
    #expect(snapshot.routers.map(\.name) == ["m@file"])
    #expect(runtime.routers["m@file"]?.status == .enabled)
    #expect(runtime.services["m@file"]?.status == .warning)
    #expect(runtime.services["b@file"]?.status == .disabled)
    #expect(diagnostics.count { !$0.isError && $0.message.contains("gets no copies") } == 2)
}

/// Whatever the graph: what is in the snapshot has its children before it, within 64 levels, and what is enabled has all it needs.
@Test(arguments: 0..<60)
func randomGraphsCompileToSoundSnapshots(seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    let count = 2 + Int(generator.next() % 40)
    func any() -> String { "s\(Int(generator.next() % UInt64(count + 1)))" }
    var services: [String: ServiceConfiguration] = [:]
    for number in 0..<count {
        services["s\(number)"] =
            switch generator.next() % 5 {
            case 0, 1: balancer()
            case 2: weighted([any(), any()])
            case 3: mirroring(any(), [any(), any()])
            default: mirroring(any(), [any()])
            }
    }
    let (snapshot, runtime, _) = compile(services, routersTo: (0..<count).map { "s\($0)" })
    for (position, service) in snapshot.services.enumerated() {
        for child in children(of: service.kind) { #expect(Int(child.value) < position, "seed \(seed)") }
        #expect(runtime.services[service.name]?.status != .disabled)
    }
    #expect(
        Set(snapshot.routers.map(\.name))
            == Set(runtime.services.filter { $0.value.status != .disabled && $0.key != "noop@internal" }.keys))
    #expect(
        Set(snapshot.routers.map(\.name)) == naivelyEnabled(services),
        "seed \(seed): a service lives if its graph below, mirrors apart, is there and ends")
}

private func children(of kind: ServiceKind) -> [ServiceIndex] {
    switch kind {
    case .loadBalancer, .local: []
    case .weighted(let plan), .highestRandomWeight(let plan): plan.children.map(\.service)
    case .mirroring(let plan): [plan.primary] + plan.mirrors.compactMap(\.service)
    case .failover(let plan): [plan.service, plan.fallback]
    }
}

/// Straight from the definition, by walking down.
private func naivelyEnabled(_ services: [String: ServiceConfiguration]) -> Set<String> {
    func lives(_ name: String, _ above: [String]) -> Bool {
        guard let service = services[name], !above.contains(name) else { return false }
        let needed = (service.weighted?.services.map(\.name) ?? []) + (service.mirroring.map { [$0.service] } ?? [])
        return needed.allSatisfy { lives($0, above + [name]) }
    }
    return Set(services.keys.filter { lives($0, []) }.map { "\($0)@file" })
}
