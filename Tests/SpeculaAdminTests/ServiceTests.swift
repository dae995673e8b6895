import SpeculaBytes
import SpeculaHTTP
import SpeculaMetrics
import Synchronization
import Testing

@testable import SpeculaAdmin

@Test(arguments: ["GET", "HEAD", "POST"])
func pingAnswersOKToAnyMethod(method: String) async {
    let response = await PingService(isTerminating: { false }).respond(to: LocalRequest(method: method, path: "/ping"))
    #expect(response.status == 200)
    #expect(response.body == Array("OK".utf8))
    #expect(response.fields.isEmpty)
}

@Test(arguments: [(503, "Service Unavailable"), (418, "I'm a teapot"), (599, "")])
func pingTellsThatTheGatewayStops(status: Int, text: String) async {
    let service = PingService(terminatingStatus: status, isTerminating: { true })
    let response = await service.respond(to: LocalRequest(path: "/ping"))
    #expect(response.status == status)
    #expect(response.body == Array(text.utf8))
}

@Test(arguments: [
    ("/", "GET", "/", 301, "/dashboard/"), ("/", "POST", "/", 308, "/dashboard/"),
    ("/", "GET", "/dashboard", 301, "/dashboard/"),
    ("/gate", "GET", "/gate", 301, "/gate/dashboard/"), ("/gate/", "HEAD", "/gate/", 301, "/gate/dashboard/"),
    ("/gate", "GET", "/gate/dashboard/", 200, nil), ("/", "GET", "/dashboard/", 200, nil),
    ("/", "HEAD", "/dashboard/", 200, nil),
    ("/", "POST", "/dashboard/", 405, nil), ("/", "GET", "/nowhere", 404, nil),
    ("/gate", "GET", "/dashboard/", 404, nil),
])
func dashboardStandsAtItsPath(basePath: String, method: String, path: String, status: Int, location: String?) async {
    let response = await DashboardService(basePath: basePath).respond(to: LocalRequest(method: method, path: path))
    #expect(response.status == status)
    #expect(response.fields.first { $0.name == "Location" }?.value == location)
}

@Test func dashboardIsOneDocumentThatFetchesNothingFromElsewhere() async {
    let response = await DashboardService(basePath: "/").respond(to: LocalRequest(path: "/dashboard/"))
    let page = String(decoding: response.body, as: UTF8.self)
    #expect(page.hasPrefix("<!doctype html>"))
    #expect(page.hasSuffix("</html>\n"))
    #expect(!page.contains(DashboardMarkup.styleMark) && !page.contains(DashboardMarkup.scriptMark))
    let addresses = page.split(separator: "http").dropFirst().filter { $0.hasPrefix("://") || $0.hasPrefix("s://") }
    #expect(addresses.allSatisfy { $0.hasPrefix("://www.w3.org/2000/svg") })
    #expect(!page.contains("innerHTML") && !page.contains("src="))
}

@Test(arguments: [("gzip", true), ("gzip;q=0", false), ("", false)])
func metricsAreCompressedForWhoAsks(coding: String, isGzipped: Bool) async {
    let service = MetricsService(registry: MetricRegistry(options: MetricOptions()))
    let fields = coding.isEmpty ? [] : [(name: "accept-encoding", value: coding)]
    let response = await service.respond(to: LocalRequest(path: "/metrics", fields: fields))
    #expect(response.status == 200)
    #expect(response.fields.contains { $0.name == "Content-Type" && $0.value.hasPrefix("text/plain; version=0.0.4") })
    #expect(response.fields.contains { $0.name == "Vary" && $0.value.hasSuffix("Accept-Encoding") })
    #expect(response.fields.contains { $0.name == "Content-Encoding" } == isGzipped)
    #expect((response.blocks.joined().prefix(2) == [0x1F, 0x8B]) == isGzipped)
}

@Test(arguments: ["application/json", "application/vnd.google.protobuf", "nonsense/*;q=0"])
func metricsAreNeverRefused(accept: String) async {
    let service = MetricsService(registry: MetricRegistry(options: MetricOptions()))
    let response = await service.respond(to: LocalRequest(path: "/metrics", fields: [("Accept", accept)]))
    #expect(response.status == 200)
}

@Test(.timeLimit(.minutes(5))) func scrapersOfOneMomentShareOneAnswer() async {
    let registry = MetricRegistry(options: MetricOptions())
    let made = Atomic(0)
    let isHeld = Atomic(true)
    let scrapes = SharedScrapes { request in
        made.wrappingAdd(1, ordering: .relaxed)
        // The first one takes until all others have come; no clock is asked.
        while isHeld.load(ordering: .acquiring) {}
        return registry.scrape(request)
    }
    await withTaskGroup(of: Int.self) { group in
        let plain = ScrapeRequest(acceptEncoding: ["gzip"])
        group.addTask { await scrapes.answer(plain).blocks.joined().count }
        while made.load(ordering: .acquiring) == 0 { await Task.yield() }
        for _ in 0..<20 { group.addTask { await scrapes.answer(plain).blocks.joined().count } }
        group.addTask { 0 }
        // Whoever comes to the actor now finds the first one under way.
        for _ in 0..<100 { await Task.yield() }
        isHeld.store(false, ordering: .releasing)
        await group.waitForAll()
    }
    #expect(made.load(ordering: .relaxed) < 21)
    _ = await scrapes.answer(ScrapeRequest())
    #expect(made.load(ordering: .relaxed) >= 2)
}

@Test func metricsShowTheFamiliesAskedFor() async {
    let service = MetricsService(registry: MetricRegistry(options: MetricOptions()))
    let query = "name[]=traefik_config_reloads_total&name[]=no_such"
    let response = await service.respond(to: LocalRequest(path: "/metrics", query: query))
    let samples = String(decoding: response.blocks.joined(), as: UTF8.self).split(separator: "\n").filter {
        !$0.hasPrefix("#")
    }
    #expect(samples == ["traefik_config_reloads_total 0"])
}
