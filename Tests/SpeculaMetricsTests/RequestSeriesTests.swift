import Testing

@testable import SpeculaMetrics

/// Requests as Traefik counts and shows them; the expectations follow its recorded behaviour.
struct RequestSeriesTests {
    private func registry(_ change: (inout MetricOptions) -> Void = { _ in }) -> MetricRegistry {
        var options = MetricOptions()
        options.routers = true
        change(&options)
        return MetricRegistry(options: options)
    }

    @Test func aRequestIsShownAtEntryPointRouterAndService() {
        let registry = registry()
        let shard = registry.makeShard()
        shard.record(registry.entryPoint("web"))
        shard.record(registry.router("a@file", service: "p@file"))
        shard.record(registry.service("p@file"))
        let samples = Samples(registry)
        let labels = [
            "entrypoint": #"{code="200",entrypoint="web",method="GET",protocol="http"}"#,
            "router": #"{code="200",method="GET",protocol="http",router="a@file",service="p@file"}"#,
            "service": #"{code="200",method="GET",protocol="http",service="p@file"}"#,
        ]
        for (kind, labels) in labels {
            #expect(samples["traefik_\(kind)_requests_total\(labels)"] == 1)
            #expect(samples["traefik_\(kind)_request_duration_seconds_count\(labels)"] == 1)
            #expect(samples["traefik_\(kind)_request_duration_seconds_sum\(labels)"] == 0.001)
            #expect(samples["traefik_\(kind)_requests_bytes_total\(labels)"] == 0)
            #expect(samples["traefik_\(kind)_responses_bytes_total\(labels)"] == 10)
        }
    }

    @Test func aFamilyReadsAsClientGolangWritesIt() {
        let registry = registry()
        let shard = registry.makeShard()
        let service = registry.service("b@file")
        shard.record(service, code: 404, milliseconds: 300)
        shard.record(service, code: 200, milliseconds: 301)
        shard.record(registry.service("a\"\\\n@file"), code: 200, method: .post, milliseconds: 6000)
        let text = Samples(registry).text(of: "traefik_service_request_duration_seconds")
        #expect(
            text == #"""
                # HELP traefik_service_request_duration_seconds Time that a server of a service took, to the last byte of its response.
                # TYPE traefik_service_request_duration_seconds histogram
                traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="b@file",le="0.1"} 0
                traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="b@file",le="0.3"} 0
                traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="b@file",le="1.2"} 1
                traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="b@file",le="5"} 1
                traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="b@file",le="+Inf"} 1
                traefik_service_request_duration_seconds_sum{code="200",method="GET",protocol="http",service="b@file"} 0.301
                traefik_service_request_duration_seconds_count{code="200",method="GET",protocol="http",service="b@file"} 1
                traefik_service_request_duration_seconds_bucket{code="200",method="POST",protocol="http",service="a\"\\\n@file",le="0.1"} 0
                traefik_service_request_duration_seconds_bucket{code="200",method="POST",protocol="http",service="a\"\\\n@file",le="0.3"} 0
                traefik_service_request_duration_seconds_bucket{code="200",method="POST",protocol="http",service="a\"\\\n@file",le="1.2"} 0
                traefik_service_request_duration_seconds_bucket{code="200",method="POST",protocol="http",service="a\"\\\n@file",le="5"} 0
                traefik_service_request_duration_seconds_bucket{code="200",method="POST",protocol="http",service="a\"\\\n@file",le="+Inf"} 1
                traefik_service_request_duration_seconds_sum{code="200",method="POST",protocol="http",service="a\"\\\n@file"} 6
                traefik_service_request_duration_seconds_count{code="200",method="POST",protocol="http",service="a\"\\\n@file"} 1
                traefik_service_request_duration_seconds_bucket{code="404",method="GET",protocol="http",service="b@file",le="0.1"} 0
                traefik_service_request_duration_seconds_bucket{code="404",method="GET",protocol="http",service="b@file",le="0.3"} 1
                traefik_service_request_duration_seconds_bucket{code="404",method="GET",protocol="http",service="b@file",le="1.2"} 1
                traefik_service_request_duration_seconds_bucket{code="404",method="GET",protocol="http",service="b@file",le="5"} 1
                traefik_service_request_duration_seconds_bucket{code="404",method="GET",protocol="http",service="b@file",le="+Inf"} 1
                traefik_service_request_duration_seconds_sum{code="404",method="GET",protocol="http",service="b@file"} 0.3
                traefik_service_request_duration_seconds_count{code="404",method="GET",protocol="http",service="b@file"} 1
                """#)
    }

    @Test(arguments: [
        (true, true, true), (false, false, false), (true, false, false), (false, true, false), (false, false, true),
    ])
    func eachSwitchTakesItsFamilyAwayButConnectionsStay(entryPoints: Bool, routers: Bool, services: Bool) {
        let registry = registry {
            $0.entryPoints = entryPoints
            $0.routers = routers
            $0.services = services
        }
        let shard = registry.makeShard()
        let web = registry.entryPoint("web")
        for scope in [web, registry.router("a@file", service: "p@file"), registry.service("p@file")] {
            shard.record(scope)
            shard.recordTLS(scope, version: .tls13, cipher: TLSCipherLabel(suite: 0x1301))
        }
        shard.openConnections(web, delta: 1)
        let samples = Samples(registry)
        for (kind, isOn) in [("entrypoint", entryPoints), ("router", routers), ("service", services)] {
            #expect(samples.series("traefik_\(kind)_requests_total").isEmpty != isOn)
            #expect(samples.series("traefik_\(kind)_requests_tls_total").isEmpty != isOn)
        }
        #expect(samples[#"traefik_open_connections{entrypoint="web",protocol="TCP"}"#] == 1)
    }

    @Test func seriesAreSortedByLabelValuesInTheOrderOfTheNames() {
        let registry = registry()
        let shard = registry.makeShard()
        for name in ["web", "admin", "Web2"] {
            let scope = registry.entryPoint(name)
            for code: UInt16 in [404, 2, 0, 200, 14, 101] {
                for method in MethodLabel.allCases { shard.record(scope, code: code, method: method) }
            }
        }
        let series = Samples(registry).series("traefik_entrypoint_requests_total")
        let values = series.map { line in
            line.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
        #expect(series.count == 3 * 6 * MethodLabel.allCases.count)
        for (one, two) in zip(values, values.dropFirst()) {
            #expect(one.lexicographicallyPrecedes(two) { $0.utf8.lexicographicallyPrecedes($1.utf8) }, "\(one) \(two)")
        }
    }

    @Test func aBoundBelongsToItsBucket() {
        let registry = registry { $0.buckets = [5, 0.3, 0.1, .nan, 0.3, -1, .infinity] }
        let shard = registry.makeShard()
        let service = registry.service("p@file")
        for nanoseconds: UInt64 in [
            0, 100_000_000, 100_000_001, 300_000_000, 300_000_001, 5_000_000_000, 5_000_000_001,
        ] {
            shard.record(
                service, code: 200, method: .get, protocol: .http, nanoseconds: nanoseconds, requestBytes: 0,
                responseBytes: 0)
        }
        let samples = Samples(registry)
        let bucket = { (bound: String) in
            samples[
                #"traefik_service_request_duration_seconds_bucket{code="200",method="GET",protocol="http",service="p@file",le="\#(bound)"}"#
            ]
        }
        #expect(bucket("0.1") == 2)
        #expect(bucket("0.3") == 4)
        #expect(bucket("5") == 6)
        #expect(bucket("+Inf") == 7)
        #expect(samples.series("traefik_service_request_duration_seconds_bucket").count == 4)
    }

    @Test func manyBucketsAreSearchedAsFewAre() {
        let bounds = (1...40).map { Double($0) / 10 }
        let many = HistogramBounds(bounds, unit: 1_000_000_000)
        let finder = BucketFinder(many)
        let few = BucketFinder(HistogramBounds(Array(bounds.prefix(16)), unit: 1_000_000_000))
        for nanoseconds in stride(from: UInt64(0), to: 5_000_000_000, by: 12_345_678) {
            let expected = bounds.firstIndex { Double(nanoseconds) / 1e9 <= $0 } ?? bounds.count
            #expect(finder.bucket(of: nanoseconds) == expected)
            #expect(few.bucket(of: nanoseconds) == min(expected, 16))
        }
    }

    @Test func theSameNameIsTheSameScope() {
        let registry = registry()
        #expect(registry.service("p@file") == registry.service("p@file"))
        #expect(registry.service("p@file") != registry.service("q@file"))
        #expect(registry.router("a@file", service: "p@file") != registry.router("a@file", service: "q@file"))
        #expect(
            registry.mirror(service: "p@file", mirror: "m@file") == registry.mirror(service: "p@file", mirror: "m@file")
        )
    }

    @Test func shardsAddUp() {
        let registry = registry()
        let service = registry.service("p@file")
        let web = registry.entryPoint("web")
        for shard in [registry.makeShard(), registry.makeShard(), registry.makeShard()] {
            for code: UInt16 in [200, 503] { shard.record(service, code: code, milliseconds: 100) }
            shard.openConnections(web, delta: 2)
            shard.openConnections(web, delta: -1)
        }
        let samples = Samples(registry)
        #expect(
            samples[#"traefik_service_requests_total{code="503",method="GET",protocol="http",service="p@file"}"#] == 3)
        #expect(samples.sum("traefik_service_request_duration_seconds_sum") == 0.6)
        #expect(samples[#"traefik_open_connections{entrypoint="web",protocol="TCP"}"#] == 3)
    }

    @Test func moreSeriesThanABlockHoldsAreAllKept() {
        let registry = registry()
        let shard = registry.makeShard()
        for number in 0..<2000 { for _ in 0...number % 3 { shard.record(registry.service("s\(number)@file")) } }
        let samples = Samples(registry)
        for number in 0..<2000 {
            let series =
                #"traefik_service_requests_total{code="200",method="GET",protocol="http",service="s\#(number)@file"}"#
            #expect(samples[series] == Double(number % 3 + 1))
        }
    }

    @Test func tlsAndRetriesAndOverheadAreShownOnFirstUse() {
        let registry = registry()
        let shard = registry.makeShard()
        let service = registry.service("p@file")
        #expect(Samples(registry).series("traefik_service_retries_total").isEmpty)
        shard.recordTLS(service, version: TLSVersionLabel(wire: 0x0304), cipher: TLSCipherLabel(suite: 0x1301))
        shard.recordTLS(service, version: TLSVersionLabel(wire: 0x0300), cipher: TLSCipherLabel(suite: 0xffff))
        shard.recordRetry(service)
        shard.overhead(service, nanoseconds: 40_000)
        shard.loopLag(nanoseconds: 1)
        let samples = Samples(registry)
        #expect(
            samples[
                #"traefik_service_requests_tls_total{service="p@file",tls_cipher="TLS_AES_128_GCM_SHA256",tls_version="1.3"}"#
            ] == 1)
        #expect(
            samples[#"traefik_service_requests_tls_total{service="p@file",tls_cipher="unknown",tls_version="unknown"}"#]
                == 1)
        #expect(samples[#"traefik_service_retries_total{service="p@file"}"#] == 1)
        #expect(samples[#"specula_proxy_overhead_seconds_bucket{service="p@file",le="5e-05"}"#] == 1)
        #expect(samples["specula_event_loop_lag_seconds_count"] == 1)
    }

    @Test func recordingNowhereDoesNothing() {
        let registry = registry { $0.services = false }
        let shard = registry.makeShard()
        shard.record(.none)
        shard.record(registry.service("p@file"))
        shard.openConnections(.none, delta: 1)
        shard.overhead(.none, nanoseconds: 1)
        #expect(Samples(registry).values.keys.allSatisfy { !$0.contains("p@file") })
    }
}
