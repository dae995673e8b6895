import Testing

@testable import SpeculaMetrics

/// The books of mirrors: present from the start, and their laws hold at every scrape.
struct BooksTests {
    @Test func aConfiguredMirrorShowsAllDecisionsAndOutcomesAtZero() {
        let registry = MetricRegistry(options: MetricOptions())
        _ = registry.makeShard()
        _ = registry.mirror(service: "api@file", mirror: "staging@file")
        let samples = Samples(registry)
        for decision in MirrorDecision.allCases {
            #expect(
                samples[
                    #"specula_mirror_decisions_total{decision="\#(decision.text)",mirror="staging@file",service="api@file"}"#
                ] == 0)
        }
        for outcome in MirrorOutcome.allCases {
            #expect(
                samples[
                    #"specula_mirror_outcomes_total{mirror="staging@file",outcome="\#(outcome.text)",service="api@file"}"#
                ] == 0)
        }
        #expect(samples.series("specula_mirror_status_pairs_total").isEmpty)
        #expect(samples.series("specula_mirror_latency_ratio_count").isEmpty)
    }

    @Test func resultsAreShownOfMirrorsThatAreComparedOrWere() {
        let registry = MetricRegistry(options: MetricOptions())
        let shard = registry.makeShard()
        let mirrors = ["b@file", "a@file", "c@file"].map { registry.mirror(service: "api@file", mirror: $0) }
        #expect(Samples(registry).series("specula_mirror_compared_total").isEmpty)
        registry.setCompared(mirrors[0], true)
        registry.setCompared(mirrors[1], true)
        let results = ComparisonResult.allCases
        for result in results { for _ in 0...result.rawValue { shard.compared(mirrors[1], result) } }
        let samples = Samples(registry)
        func count(_ mirror: String, _ result: ComparisonResult) -> Double? {
            samples[#"specula_mirror_compared_total{mirror="\#(mirror)",result="\#(result.text)",service="api@file"}"#]
        }
        for result in results {
            #expect(count("a@file", result) == Double(result.rawValue + 1))
            #expect(count("b@file", result) == 0)
            #expect(count("c@file", result) == nil)
        }
        registry.setCompared(mirrors[1], false)
        registry.setCompared(mirrors[0], false)
        #expect(Samples(registry).series("specula_mirror_compared_total").count == results.count)
        let books = registry.readBooks().mirrors[BooksReading.MirrorName(service: "api@file", mirror: "a@file")]
        #expect(books?.compared == results.map { UInt64($0.rawValue) + 1 })
    }

    @Test func everyDecisionAndOutcomeAndPairHasItsOwnSeries() {
        let registry = MetricRegistry(options: MetricOptions())
        let shards = [registry.makeShard(), registry.makeShard()]
        let mirrors = ["b@file", "a@file"].map { registry.mirror(service: "api@file", mirror: $0) }
        for (weight, shard) in shards.enumerated() {
            for mirror in mirrors {
                for _ in 0...weight {
                    for decision in MirrorDecision.allCases {
                        for _ in 0...decision.rawValue { shard.decision(mirror, decision) }
                    }
                    for outcome in MirrorOutcome.allCases {
                        for _ in 0...outcome.rawValue { shard.outcome(mirror, outcome) }
                    }
                    for primary in StatusClass.allCases {
                        for replica in StatusClass.allCases {
                            for _ in 0...(primary.rawValue * 7 + replica.rawValue) {
                                shard.statusPair(mirror, primary: primary, replica: replica)
                            }
                        }
                    }
                }
            }
        }
        let samples = Samples(registry)
        for mirror in ["a@file", "b@file"] {
            for decision in MirrorDecision.allCases {
                #expect(
                    samples[
                        #"specula_mirror_decisions_total{decision="\#(decision.text)",mirror="\#(mirror)",service="api@file"}"#
                    ]
                        == Double(decision.rawValue + 1) * 3)
            }
            for outcome in MirrorOutcome.allCases {
                #expect(
                    samples[
                        #"specula_mirror_outcomes_total{mirror="\#(mirror)",outcome="\#(outcome.text)",service="api@file"}"#
                    ]
                        == Double(outcome.rawValue + 1) * 3)
            }
            for primary in StatusClass.allCases {
                for replica in StatusClass.allCases {
                    let series =
                        #"specula_mirror_status_pairs_total{mirror="\#(mirror)",primary="\#(primary.text)",replica="\#(replica.text)",service="api@file"}"#
                    #expect(samples[series] == Double(primary.rawValue * 7 + replica.rawValue + 1) * 3)
                }
            }
        }
        for name in [
            "specula_mirror_decisions_total", "specula_mirror_outcomes_total", "specula_mirror_status_pairs_total",
        ] {
            let values = samples.series(name).map { line in
                line.split(separator: "\"").enumerated().filter { $0.offset % 2 == 1 }.map { Array($0.element.utf8) }
            }
            for (one, two) in zip(values, values.dropFirst()) {
                #expect(
                    one.lexicographicallyPrecedes(two) { $0.lexicographicallyPrecedes($1) }, "\(name) is not sorted")
            }
        }
    }

    @Test func latencyRatiosAddUpAndNonsenseIsLeftOut() {
        let registry = MetricRegistry(options: MetricOptions())
        let shard = registry.makeShard()
        let mirror = registry.mirror(service: "api@file", mirror: "m@file")
        for ratio in [0.5, 1, 1.25, 1e12, .nan, .infinity, -1] { shard.latencyRatio(mirror, ratio) }
        let samples = Samples(registry)
        let bucket = { (bound: String) in
            samples[#"specula_mirror_latency_ratio_bucket{mirror="m@file",service="api@file",le="\#(bound)"}"#]
        }
        #expect(bucket("0.5") == 1)
        #expect(bucket("1") == 2)
        #expect(bucket("1.25") == 3)
        #expect(bucket("+Inf") == 4)
    }

    @Test func oneMirrorInTwoServicesKeepsTwoBooks() {
        let registry = MetricRegistry(options: MetricOptions())
        let shard = registry.makeShard()
        let (one, two) = (
            registry.mirror(service: "a@file", mirror: "m@file"), registry.mirror(service: "b@file", mirror: "m@file")
        )
        shard.decision(one, .sent)
        shard.decision(two, .method)
        let samples = Samples(registry)
        #expect(samples.sum("specula_mirror_decisions_total", #"service="a@file""#, #"decision="sent""#) == 1)
        #expect(samples.sum("specula_mirror_decisions_total", #"service="b@file""#, #"decision="sent""#) == 0)
        #expect(samples.sum("specula_mirror_decisions_total", #"service="b@file""#) == 1)
    }
}
