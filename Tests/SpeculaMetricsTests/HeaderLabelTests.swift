import Synchronization
import Testing

@testable import SpeculaMetrics

/// Labels that clients choose: on `*_requests_total` alone, and never more than so many.
struct HeaderLabelTests {
    private func options(limit: Int = 1000) -> MetricOptions {
        var options = MetricOptions()
        options.maxHeaderLabelSets = limit
        options.headerLabels = [
            HeaderLabel(label: "tenant", field: "X-Tenant"), HeaderLabel(label: "agent", field: "User-Agent"),
            HeaderLabel(label: "none", field: "X-None"),
        ]
        return options
    }

    private func record(_ shard: MetricShard, _ scope: Scope, _ values: [[UInt8]?]) {
        let set = shard.headerLabels { label, lend in
            if let value = values[label] { lend(value.span) }
        }
        shard.record(
            scope, code: 200, method: .get, protocol: .http, nanoseconds: 1, requestBytes: 0, responseBytes: 0,
            headers: set)
    }

    private func record(_ shard: MetricShard, _ scope: Scope, _ values: String?...) {
        record(shard, scope, values.map { $0.map { Array($0.utf8) } })
    }

    @Test func theyStandOnRequestsTotalAloneAndMissingOnesAreEmpty() {
        let registry = MetricRegistry(options: options())
        let shard = registry.makeShard()
        let web = registry.entryPoint("web")
        record(shard, web, "t1", "UA/1", nil)
        record(shard, web, nil, nil, nil)
        record(shard, web, "", "", nil)
        let samples = Samples(registry)
        #expect(
            samples.series("traefik_entrypoint_requests_total") == [
                #"traefik_entrypoint_requests_total{agent="",code="200",entrypoint="web",method="GET",none="",protocol="http",tenant=""}"#,
                #"traefik_entrypoint_requests_total{agent="UA/1",code="200",entrypoint="web",method="GET",none="",protocol="http",tenant="t1"}"#,
            ])
        #expect(samples.sum("traefik_entrypoint_requests_total", #"agent="""#) == 2)
        #expect(
            samples[
                #"traefik_entrypoint_request_duration_seconds_count{code="200",entrypoint="web",method="GET",protocol="http"}"#
            ] == 3)
    }

    @Test func setsBeyondTheLimitCountAsOtherAndAreReportedOnce() {
        let reports = Mutex(0)
        let registry = MetricRegistry(options: options(limit: 5)) { reports.withLock { $0 += 1 } }
        let shards = [registry.makeShard(), registry.makeShard()]
        let web = registry.entryPoint("web")
        for number in 0..<50 {
            for shard in shards { record(shard, web, "tenant-\(number)", nil, nil) }
        }
        let samples = Samples(registry)
        #expect(samples.series("traefik_entrypoint_requests_total").count == 6)
        #expect(samples.sum("traefik_entrypoint_requests_total") == 100)
        #expect(samples.sum("traefik_entrypoint_requests_total", #"tenant="other""#, #"agent="other""#) == 90)
        #expect(samples["specula_header_label_sets_folded_total"] == 90)
        #expect(reports.withLock { $0 } == 1)
    }

    @Test func aClientThatSaysOtherMakesNoSecondSeries() {
        let registry = MetricRegistry(options: options(limit: 2))
        let shard = registry.makeShard()
        let web = registry.entryPoint("web")
        record(shard, web, "other", "other", "other")
        for number in 0..<10 { record(shard, web, "\(number)", nil, nil) }
        let samples = Samples(registry)
        #expect(samples.series("traefik_entrypoint_requests_total").count == 2)
        #expect(samples.sum("traefik_entrypoint_requests_total", #"tenant="other""#) == 10)
    }

    @Test func whatIsNotUTF8IsRepairedIntoOneSeries() {
        let registry = MetricRegistry(options: options())
        let shard = registry.makeShard()
        let web = registry.entryPoint("web")
        for byte: UInt8 in 0x80...0xff { record(shard, web, [[0x61, byte], nil, nil]) }
        let samples = Samples(registry)
        #expect(samples.series("traefik_entrypoint_requests_total").count == 1)
        #expect(samples.sum("traefik_entrypoint_requests_total", "tenant=\"a\u{fffd}\"") == 128)
    }

    @Test func longValuesCountAsOther() {
        let registry = MetricRegistry(options: options())
        let shard = registry.makeShard()
        record(shard, registry.entryPoint("web"), [Array(repeating: 0x61, count: 257), nil, nil])
        record(shard, registry.entryPoint("web"), [Array(repeating: 0x61, count: 256), nil, nil])
        let samples = Samples(registry)
        #expect(samples.sum("traefik_entrypoint_requests_total", #"tenant="other""#) == 1)
        #expect(samples.sum("traefik_entrypoint_requests_total", #"tenant="aaa"#) == 1)
    }

    @Test func labelsThatWouldSpoilTheScrapeAreLeftOut() {
        var options = MetricOptions()
        let labels = ["code", "le", "", "1st", "two words", "__name__", "tenant", "tenant", "_ok9"]
        options.headerLabels = labels.map { HeaderLabel(label: $0, field: "X") }
        #expect(MetricRegistry(options: options).options.headerLabels.map(\.label) == ["tenant", "_ok9"])
    }
}
