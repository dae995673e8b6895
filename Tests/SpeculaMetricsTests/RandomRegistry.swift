@testable import SpeculaMetrics

/// Makes registries with everything in them that a format could stumble over.
enum RandomRegistry {
    private static let names = [
        "a@file", "with \"quotes\"@file", "back\\slash@file", "line\nfeed@file", "ümläut@file", "日本語@kubernetescrd",
        " @file",
        "a,b={}@file", "#@file", "emoji-🪞@file", "a b@file", "a!@file", "0@file",
    ]

    static func make(seed: UInt64) -> MetricRegistry {
        var random = SeededGenerator(seed: seed)
        var options = MetricOptions()
        options.routers = Bool.random(using: &random)
        options.entryPoints = Bool.random(using: &random)
        options.nativeHistograms = Bool.random(using: &random)
        options.openMetrics = true
        options.buckets = (0..<Int.random(in: 0...20, using: &random)).map { _ in
            Double(Int.random(in: 0...5000, using: &random)) / 1000
        }
        if Bool.random(using: &random) {
            options.headerLabels = [
                HeaderLabel(label: "agent", field: "User-Agent"), HeaderLabel(label: "zone", field: "X-Zone"),
            ]
            options.maxHeaderLabelSets = Int.random(in: 1...8, using: &random)
        }
        let registry = MetricRegistry(options: options)
        fill(registry, &random)
        return registry
    }

    private static func fill(_ registry: MetricRegistry, _ random: inout SeededGenerator) {
        let shards = (0..<Int.random(in: 1...3, using: &random)).map { _ in registry.makeShard() }
        var scopes = ["web", "admin"].map(registry.entryPoint)
        scopes += names.map(registry.service)
        scopes += names.map { registry.router($0, service: "p@file") }
        let mirrors = names.map { registry.mirror(service: $0, mirror: "mirror of \($0)") }
        for _ in 0..<Int.random(in: 100...3000, using: &random) {
            guard let shard = shards.randomElement(using: &random), let scope = scopes.randomElement(using: &random),
                let mirror = mirrors.randomElement(using: &random)
            else { return }
            let code = [0, 2, 14, 200, 204, 301, 404, 499, 503].randomElement(using: &random) ?? 200
            let value = Array((names.randomElement(using: &random) ?? "").utf8)
            let hasValue = Bool.random(using: &random)
            let headers =
                registry.options.headerLabels.isEmpty
                ? .none : shard.headerLabels { _, lend in if hasValue { lend(value.span) } }
            let trace = TraceExemplar(
                high: random.next(), low: random.next(),
                milliseconds: UInt64.random(in: 0...2_000_000_000_000, using: &random))
            shard.record(
                scope, code: UInt16(code), method: MethodLabel.allCases.randomElement(using: &random) ?? .get,
                protocol: ProtocolLabel.allCases.randomElement(using: &random) ?? .http,
                nanoseconds: random.next() >> UInt64.random(in: 20...60, using: &random),
                requestBytes: random.next() >> UInt64.random(in: 10...63, using: &random),
                responseBytes: random.next() >> UInt64.random(in: 10...63, using: &random), headers: headers,
                trace: Bool.random(using: &random) ? trace : nil)
            shard.recordTLS(
                scope, version: TLSVersionLabel.allCases.randomElement(using: &random) ?? .unknown,
                cipher: TLSCipherLabel(suite: 0x1301))
            shard.overhead(scope, nanoseconds: random.next() >> UInt64.random(in: 30...60, using: &random))
            shard.loopLag(nanoseconds: random.next() >> 40)
            shard.decision(mirror, MirrorDecision.allCases.randomElement(using: &random) ?? .sent)
            shard.outcome(mirror, MirrorOutcome.allCases.randomElement(using: &random) ?? .complete)
            shard.statusPair(
                mirror, primary: StatusClass.allCases.randomElement(using: &random) ?? .error,
                replica: StatusClass.allCases.randomElement(using: &random) ?? .error)
            shard.latencyRatio(mirror, Double.random(in: 0...20, using: &random))
        }
        for name in names {
            registry.setServerUp(service: name, url: "http://\(name)", isUp: Bool.random(using: &random))
            registry.addGauge(MetricCatalog.inFlight, labels: [name, "p@file"], owner: "test") { 3 }
        }
        registry.addCounter(MetricCatalog.acceptPauses, owner: "test") { 1 << 40 }
        registry.configurationApplied(at: 1_795_276_712.5)
        registry.setCertificates([
            CertificateExpiry(commonName: "*.example.com", serial: "1", alternativeNames: ["b", "a"], notAfter: 1.9e9)
        ])
    }
}
