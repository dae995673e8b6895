import SpeculaHTTP
import SpeculaMetrics
import Testing

@testable import SpeculaAdmin
@testable import SpeculaConfiguration

/// A gateway with a mirroring service of two mirrors, one of which is missing, over a weighted primary.
private func reading() -> AdminReading {
    var runtime = RuntimeConfiguration()
    func add(_ name: String, usedBy: [String] = [], _ set: (inout ServiceConfiguration) -> Void) {
        var configuration = ServiceConfiguration()
        set(&configuration)
        runtime.services[name] = RuntimeService(name: name, configuration: configuration, usedBy: usedBy)
    }
    func loadBalancer(_ url: String) -> LoadBalancerConfiguration {
        var configuration = LoadBalancerConfiguration()
        var server = ServerConfiguration()
        server.url = url
        configuration.servers = [server]
        return configuration
    }
    add("shop@file", usedBy: ["web@file"]) {
        var mirroring = MirroringConfiguration()
        mirroring.service = "split"
        mirroring.mirrors = [("new", 125_000), ("gone", 1_000_000)].map { name, millionths in
            var mirror = MirrorConfiguration()
            mirror.name = name
            mirror.percent = Percent(millionths: millionths)
            return mirror
        }
        $0.mirroring = mirroring
    }
    add("split@file") {
        var weighted = WeightedConfiguration()
        weighted.services = ["a", "b"].map {
            var child = WeightedChild()
            child.name = $0
            return child
        }
        $0.weighted = weighted
    }
    for name in ["a", "b", "new"] { add("\(name)@file") { $0.loadBalancer = loadBalancer("http://\(name):80") } }
    var settings = StaticConfiguration()
    settings.entryPoints["web"] = EntryPointConfiguration()
    return AdminReading(
        settings: settings, runtime: runtime, generation: 7, serverIsUp: ["new@file": ["http://new:80": false]],
        process: .init(version: "1.2.3", startDate: "2026-11-21T15:33:17Z", startTime: 100, now: 160.5, workers: 2))
}

/// A worker's shard that has counted a few requests of it.
private func registry() -> MetricRegistry {
    let registry = MetricRegistry(options: MetricOptions())
    let shard = registry.makeShard()
    let entryPoint = registry.entryPoint("web")
    let scopes = ["a@file", "b@file", "new@file"].map { registry.service($0) }
    let mirror = registry.mirror(service: "shop@file", mirror: "new@file")
    for (scope, code, milliseconds) in [
        (entryPoint, 200, 20), (entryPoint, 404, 20), (scopes[0], 200, 5), (scopes[1], 503, 400), (scopes[2], 200, 5),
    ] {
        shard.record(
            scope, code: UInt16(code), method: .get, protocol: .http, nanoseconds: UInt64(milliseconds) * 1_000_000,
            requestBytes: 0, responseBytes: 10)
    }
    shard.decision(mirror, .sent)
    shard.decision(mirror, .notSampled)
    shard.outcome(mirror, .complete)
    shard.statusPair(mirror, primary: .successful, replica: .serverError)
    shard.latencyRatio(mirror, 1.3)
    registry.setCompared(mirror, true)
    shard.compared(mirror, .bodyMismatch)
    registry.configurationApplied(at: 150)
    return registry
}

private func overview() async throws -> JSONValue {
    let registry = registry()
    let reading = reading()
    let service = APIService(basePath: "/", registry: registry) { reading }
    let response = await service.respond(to: LocalRequest(path: "/api/specula/overview"))
    #expect(response.status == 200)
    #expect(response.fields.contains { $0.name == "Cache-Control" && $0.value == "no-store" })
    return try JSONParser.parse(response.body)
}

@Test func overviewCountsMirrorsByDecisionAndOutcome() async throws {
    guard case .array(let sets) = try await overview()["mirrorings"] else { throw Missing() }
    let shop = try #require(sets.first)
    #expect(shop["name"] == "shop@file")
    #expect(shop["primary"] == "split@file")
    #expect(shop["routers"] == ["web@file"])
    guard case .array(let mirrors) = shop["mirrors"], mirrors.count == 2 else { throw Missing() }
    #expect(mirrors[0]["name"] == "new@file")
    #expect(mirrors[0]["asked"] == .number(0.125))
    #expect(mirrors[0]["decisions"]?["sent"] == 1)
    #expect(mirrors[0]["decisions"]?["not_sampled"] == 1)
    #expect(mirrors[0]["decisions"]?["shutdown"] == 0)
    #expect(mirrors[0]["outcomes"]?["complete"] == 1)
    #expect(mirrors[0]["pairs"] == ["2xx 5xx": 1])
    #expect(mirrors[0]["compared"]?["body_mismatch"] == 1)
    #expect(mirrors[0]["compared"]?["match"] == 0)
    #expect(mirrors[1]["compared"] == .null)
    #expect(mirrors[1]["name"] == "gone@file")
    #expect(mirrors[1]["decisions"]?["sent"] == 0)
}

@Test func overviewSumsTheLoadBalancersBehindAService() async throws {
    let services = try #require(try await overview()["services"])
    #expect(services["split@file"]?["classes"] == ["2xx": 1, "5xx": 1])
    #expect(services["split@file"]?["buckets"] == [1, 0, 1, 0, 0])
    #expect(services["split@file"]?["seconds"] == .number(0.405))
    #expect(services["shop@file"]?["classes"] == ["2xx": 1, "5xx": 1])
    #expect(services["new@file"]?["servers"] == [["url": "http://new:80", "isUp": false]])
}

@Test func overviewTellsGenerationAndProblems() async throws {
    let overview = try await overview()
    #expect(overview["configuration"]?["generation"] == 7)
    #expect(overview["configuration"]?["lastReload"] == 150)
    #expect(overview["configuration"]?["lastReloadSuccessful"] == true)
    #expect(overview["entryPoints"] == [["name": "web", "openConnections": 0, "classes": ["2xx": 1, "4xx": 1]]])
    guard case .array(let problems) = overview["problems"], problems.count == 1 else { throw Missing() }
    #expect(problems[0]["kind"] == "mirror")
    #expect(problems[0]["name"] == "gone@file of shop@file")
}

@Test func refusedConfigurationIsAProblem() {
    var reading = reading()
    reading.reloadErrors = ["dynamic.yml:3:5 http.routes: unknown key"]
    let overview = DashboardOverview(reading: reading, books: registry().readBooks()).value
    #expect(overview["configuration"]?["lastReloadSuccessful"] == false)
    guard case .array(let problems) = overview["problems"] else { return }
    #expect(problems.first?["errors"] == ["dynamic.yml:3:5 http.routes: unknown key"])
}

@Test func serviceThatNamesItselfIsSummedOnce() {
    var reading = reading()
    reading.runtime.services["split@file"]?.configuration?.weighted?.services[1].name = "split"
    let traffic = ServiceLeaves(runtime: reading.runtime).traffic(of: "split@file", in: registry().readBooks())
    #expect(traffic.buckets.reduce(0, +) == 1)
}

/// A thousand cards of figures, four hundred and fifty times, used to be too much for any browser.
@Test(arguments: ["", "service-07", "SERVICE-0999@FILE", "replica-5@file", "route-12@file", "nowhere"])
func mirroringServicesBeyondFiftyAreFoundBySearch(search: String) async throws {
    var reading = reading()
    for number in 1...1_000 {
        let digits = String(10_000 + number).dropFirst()
        var mirror = MirrorConfiguration()
        mirror.name = "replica-\(number)"
        var mirroring = MirroringConfiguration()
        mirroring.service = "a"
        mirroring.mirrors = [mirror]
        var configuration = ServiceConfiguration()
        configuration.mirroring = mirroring
        let name = "service-\(digits)@file"
        reading.runtime.services[name] = RuntimeService(
            name: name, configuration: configuration, usedBy: ["route-\(number)@file"])
    }
    let (registry, fixed) = (registry(), reading)
    let mirror = registry.mirror(service: "service-1000@file", mirror: "replica-1000@file")
    let shard = registry.makeShard()
    for _ in 0..<5 { shard.decision(mirror, .sent) }
    let service = APIService(basePath: "/", registry: registry) { fixed }
    let response = await service.respond(
        to: LocalRequest(path: "/api/specula/overview", query: "search=\(search)"))
    let overview = try JSONParser.parse(response.body)
    guard case .array(let sets) = overview["mirrorings"] else { throw Missing() }
    let (found, first): (Int64, JSONValue?) =
        switch search {
        case "service-07": (100, "service-0700@file")
        case "SERVICE-0999@FILE": (1, "service-0999@file")
        case "replica-5@file": (1, "service-0005@file")
        case "route-12@file": (1, "service-0012@file")
        case "nowhere": (0, nil)
        default: (1_001, "service-0001@file")
        }
    #expect(sets.count == min(Int(found), 50))
    #expect(sets.first?["name"] == first)
    #expect(overview["mirroringServices"] == ["total": 1_001, "found": .integer(found)])
    #expect(overview["copies"]?["sent"] == 6, "of all, also of those that are not shown")
    guard case .object(let services) = overview["services"] else { throw Missing() }
    #expect(services.count <= 250, "each names two services at most besides the 200 that are listed")
}

/// Services and routers behind the first two hundred could not be found from the page.
@Test(
    arguments: [
        ("", 1_005, 200, 1_000, "far-0001@file"), ("far-0777", 1, 1, 1, "far-0777@file"),
        ("FAR-07", 100, 100, 100, "far-0700@file"), ("mirroring", 1, 1, 0, nil),
        ("/away-0999", 0, 0, 1, "far-0999@file"),
        ("nowhere", 0, 0, 0, nil),
    ] as [(String, Int, Int, Int, String?)])
func servicesAndRoutersBeyondTwoHundredAreFoundByFilter(
    filter: String, found: Int, shown: Int, routers: Int, first: String?
) async throws {
    var reading = reading()
    for number in 1...1_000 {
        let name = "far-\(String(10_000 + number).dropFirst())@file"
        var configuration = ServiceConfiguration()
        configuration.loadBalancer = LoadBalancerConfiguration()
        reading.runtime.services[name] = RuntimeService(name: name, configuration: configuration)
        var router = RouterConfiguration()
        router.rule = "Path(`/away-\(String(10_000 + number).dropFirst())`)"
        reading.runtime.routers[name] = RuntimeRouter(name: name, configuration: router, using: [])
    }
    let (registry, fixed) = (registry(), reading)
    let service = APIService(basePath: "/", registry: registry) { fixed }
    let response = await service.respond(
        to: LocalRequest(path: "/api/specula/overview", query: "filter=\(filter)"))
    let overview = try JSONParser.parse(response.body)
    #expect(overview["listed"]?["services"] == ["total": 1_005, "found": .integer(Int64(found))])
    #expect(overview["listed"]?["routers"] == ["total": 1_000, "found": .integer(Int64(routers))])
    guard case .object(let services) = overview["services"], case .array(let rows) = overview["routers"] else {
        throw Missing()
    }
    let named: Set = ["split@file", "new@file", "gone@file"]
    #expect(
        services.count { !named.contains($0.name) } == (filter.isEmpty ? 200 : shown), "what mirrors name comes on top")
    #expect(rows.count == min(routers, 200))
    #expect(rows.first?["name"] == first.map { .string($0) })
}

private struct Missing: Error {}
