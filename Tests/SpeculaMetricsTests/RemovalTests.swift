import Testing

@testable import SpeculaMetrics

/// Series of what the configuration no longer names are shown once more, then gone, as in Traefik.
struct RemovalTests {
    private let registry: MetricRegistry
    private let shard: MetricShard

    init() {
        var options = MetricOptions()
        options.routers = true
        registry = MetricRegistry(options: options)
        shard = registry.makeShard()
    }

    private func put(_ routers: Set<String>, _ services: Set<String>, servers: [String: Set<String>] = [:]) {
        registry.setInForce(routers: routers, services: services, servers: servers)
    }

    private func routers() -> [String] { Samples(registry).series("traefik_router_requests_total") }

    @Test func whatLeftIsShownOnceMoreThenGone() {
        put(["a@file", "h@file"], ["p@file"])
        shard.record(registry.router("a@file", service: "p@file"))
        shard.record(registry.router("h@file", service: "p@file"))
        shard.record(registry.service("p@file"))
        #expect(routers().count == 2)
        put(["b@file"], ["q@file"])
        shard.record(registry.router("b@file", service: "q@file"))
        let first = Samples(registry)
        #expect(first.series("traefik_router_requests_total").count == 3)
        #expect(first.series("traefik_service_requests_total").count == 1)
        let second = Samples(registry)
        #expect(second.series("traefik_router_requests_total").count == 1)
        #expect(second.series("traefik_service_requests_total").isEmpty)
        #expect(second.values.keys.allSatisfy { !$0.contains("p@file") })
    }

    @Test func aNameThatIsBackBeforeTheScrapeCountsOn() {
        let service = registry.service("p@file")
        shard.record(service)
        put([], [])
        put([], ["p@file"])
        shard.record(service)
        #expect(Samples(registry).sum("traefik_service_requests_total") == 2)
        #expect(Samples(registry).sum("traefik_service_requests_total") == 2)
    }

    @Test func aNameThatIsBackLaterStartsAtZero() {
        let service = registry.service("p@file")
        for _ in 0..<5 { shard.record(service, milliseconds: 500) }
        put([], [])
        #expect(Samples(registry).sum("traefik_service_requests_total") == 5)
        put([], ["p@file"])
        #expect(Samples(registry).series("traefik_service_requests_total").isEmpty)
        shard.record(service, milliseconds: 50)
        for _ in 0..<2 {
            let samples = Samples(registry)
            #expect(samples.sum("traefik_service_requests_total") == 1)
            #expect(samples.sum("traefik_service_request_duration_seconds_sum") == 0.05)
            #expect(samples.sum("traefik_service_request_duration_seconds_count") == 1)
            #expect(samples.sum("traefik_service_responses_bytes_total") == 10)
        }
    }

    @Test func aRequestThatEndsAfterItsServiceLeftIsShownOnce() {
        let service = registry.service("p@file")
        shard.record(service)
        put([], [])
        _ = Samples(registry)
        shard.record(service)
        #expect(Samples(registry).sum("traefik_service_requests_total") == 1)
        #expect(Samples(registry).series("traefik_service_requests_total").isEmpty)
    }

    @Test func aRoutersSeriesLeaveWithItsService() {
        put(["a@file"], ["p@file", "q@file"])
        shard.record(registry.router("a@file", service: "p@file"))
        shard.record(registry.router("a@file", service: "q@file"))
        put(["a@file"], ["q@file"])
        #expect(routers().count == 2)
        #expect(
            routers() == [
                #"traefik_router_requests_total{code="200",method="GET",protocol="http",router="a@file",service="q@file"}"#
            ])
    }

    @Test func aScrapeOfSomeFamiliesTakesNothingAway() {
        shard.record(registry.service("p@file"))
        put([], [])
        #expect(Samples(registry, names: ["traefik_open_connections"]).values.isEmpty)
        #expect(Samples(registry).sum("traefik_service_requests_total") == 1)
        #expect(Samples(registry).series("traefik_service_requests_total").isEmpty)
    }

    @Test func entryPointsNeverLeave() {
        shard.record(registry.entryPoint("web"))
        put([], [])
        for _ in 0..<3 { #expect(Samples(registry).sum("traefik_entrypoint_requests_total") == 1) }
    }

    @Test func serversLeaveWithTheirURLs() {
        let urls = ["http://10.0.0.1", "http://10.0.0.2"]
        put([], ["p@file"], servers: ["p@file": Set(urls)])
        for url in urls { registry.setServerUp(service: "p@file", url: url, isUp: url == urls[0]) }
        #expect(Samples(registry).sum("traefik_service_server_up") == 1)
        put([], ["p@file"], servers: ["p@file": [urls[0]]])
        #expect(Samples(registry).series("traefik_service_server_up").count == 2)
        #expect(
            Samples(registry).series("traefik_service_server_up") == [
                #"traefik_service_server_up{service="p@file",url="http://10.0.0.1"}"#
            ])
    }

    @Test func aMirrorLeavesAndComesBackAtZero() {
        let mirror = registry.mirror(service: "p@file", mirror: "m@file")
        shard.decision(mirror, .sent)
        shard.outcome(mirror, .complete)
        shard.statusPair(mirror, primary: .successful, replica: .successful)
        put([], [])
        #expect(Samples(registry).sum("specula_mirror_decisions_total") == 1)
        #expect(Samples(registry).series("specula_mirror_decisions_total").isEmpty)
        put([], ["p@file"])
        let samples = Samples(registry)
        #expect(samples.series("specula_mirror_decisions_total").count == MirrorDecision.allCases.count)
        #expect(samples.sum("specula_mirror_decisions_total") == 0)
        #expect(samples.sum("specula_mirror_outcomes_total") == 0)
        #expect(samples.series("specula_mirror_status_pairs_total").isEmpty)
    }

    /// Else the outcomes of copies that were under way would outnumber what was sent, for good.
    @Test func copiesInFlightSurviveTheAbsenceOfTheirMirror() {
        let mirror = registry.mirror(service: "p@file", mirror: "m@file")
        for _ in 0..<3 { shard.decision(mirror, .sent) }
        shard.outcome(mirror, .complete)
        put([], [])
        _ = Samples(registry)
        put([], ["p@file"])
        shard.outcome(mirror, .timeout)
        shard.outcome(mirror, .complete)
        let samples = Samples(registry)
        #expect(samples.sum("specula_mirror_decisions_total", #"decision="sent""#) == 2)
        #expect(samples.sum("specula_mirror_outcomes_total") == 2)
    }

    @Test func oneMirrorOfAServiceMayLeaveAlone() {
        let (stays, leaves) = (
            registry.mirror(service: "p@file", mirror: "a@file"), registry.mirror(service: "p@file", mirror: "b@file")
        )
        shard.decision(stays, .sent)
        shard.decision(leaves, .sent)
        registry.setInForce(routers: [], services: ["p@file"], servers: [:], mirrors: [stays])
        #expect(Samples(registry).sum("specula_mirror_decisions_total") == 2)
        #expect(Samples(registry).sum("specula_mirror_decisions_total") == 1)
    }
}
