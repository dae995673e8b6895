import Synchronization
import Testing

@testable import SpeculaMetrics

/// Workers write while scrapes read: nothing is lost, and no scrape sees an impossible state.
struct ConcurrencyTests {
    private final class Done: Sendable {
        let workers = Atomic<Int>(0)
    }

    @Test(.timeLimit(.minutes(5)))
    func scrapesSeeOnlyWhatMayBe() async {
        let registry = MetricRegistry(options: MetricOptions())
        let workers = 3
        let rounds = 8_000
        let done = Done()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    let shard = registry.makeShard()
                    let web = registry.entryPoint("web")
                    let mirror = registry.mirror(service: "p@file", mirror: "m@file")
                    for round in 0..<rounds {
                        let service = registry.service("s\(round % 500)@file")
                        shard.openConnections(web, delta: 1)
                        let trace = TraceExemplar(high: UInt64(round), low: UInt64(round), milliseconds: UInt64(round))
                        shard.record(
                            service, code: UInt16(200 + round % 3), method: .get, protocol: .http,
                            nanoseconds: UInt64(round) * 100_000, requestBytes: 1, responseBytes: 3, trace: trace)
                        shard.decision(mirror, .sent)
                        shard.outcome(mirror, worker == 0 ? .complete : .timeout)
                        shard.openConnections(web, delta: -1)
                    }
                    done.workers.wrappingAdd(1, ordering: .releasing)
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    var last: [String: Double] = [:]
                    while done.workers.load(ordering: .acquiring) < workers {
                        let samples = Samples(registry)
                        expectLaws(samples)
                        // Counters never go back.
                        for (series, value) in last where series.contains("_total") {
                            #expect((samples[series] ?? -1) >= value, "\(series)")
                        }
                        last = samples.values
                        for (_, exemplar) in registry.exemplars() { #expect(exemplar.high == exemplar.low) }
                    }
                }
            }
        }
        let samples = Samples(registry)
        expectLaws(samples)
        #expect(samples.sum("traefik_service_requests_total") == Double(workers * rounds))
        #expect(samples.sum("traefik_service_requests_bytes_total") == Double(workers * rounds))
        #expect(samples.sum("traefik_service_responses_bytes_total") == Double(workers * rounds * 3))
        #expect(samples.sum("specula_mirror_decisions_total") == Double(workers * rounds))
        #expect(samples.sum("specula_mirror_outcomes_total") == Double(workers * rounds))
        #expect(samples.sum("traefik_open_connections") == 0)
    }

    /// No outcome without its decision; counts are the sums of buckets.
    private func expectLaws(_ samples: Samples) {
        #expect(
            samples.sum("specula_mirror_outcomes_total")
                <= samples.sum("specula_mirror_decisions_total", #"decision="sent""#))
        for (series, count) in samples.values where series.hasPrefix("traefik_service_request_duration_seconds_count") {
            let labels = series.dropFirst("traefik_service_request_duration_seconds_count".count).dropLast()
            let infinite = "traefik_service_request_duration_seconds_bucket\(labels),le=\"+Inf\"}"
            #expect(samples[infinite] == count)
            #expect(samples["traefik_service_requests_total\(labels)}"] == count)
        }
    }
}

extension MetricRegistry {
    /// All exemplars, as a scrape in OpenMetrics would show them.
    func exemplars() -> [SeriesIdentity: ExemplarReading] {
        state.withLock {
            $0.read(style: .text, layout: layout, headers: headers, isRetiring: false, withExemplars: true).exemplars
        }
    }
}
