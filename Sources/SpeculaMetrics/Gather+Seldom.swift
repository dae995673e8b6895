internal import Synchronization

/// The part of a scrape that no worker writes: configuration, certificates, what runs.
extension RegistryState {
    func readSeldom(_ style: LabelStyle, into reading: inout Reading) {
        reading.set(MetricCatalog.configReloads, [Sample(labels: [], value: .counter(reloads))])
        reading.set(MetricCatalog.configLastReload, [Sample(labels: [], value: .gauge(lastReload))])
        reading.set(MetricCatalog.configReloadFailures, [Sample(labels: [], value: .counter(reloadFailures))])
        let wasGood = Sample(labels: [], value: .gauge(lastReloadWasGood ? 1 : 0))
        reading.set(MetricCatalog.configLastReloadSuccessful, [wasGood])

        var build = SampleList(style: style)
        let labels = [
            ("revision", options.build.revision), ("swift_version", options.build.swiftVersion),
            ("version", options.build.version),
        ]
        build.add(labels, .gauge(1))
        reading.set(MetricCatalog.buildInfo, build.sorted())

        var expiries = SampleList(style: style)
        for certificate in Set(certificates) {
            let names = certificate.alternativeNames.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let labels = [
                ("cn", certificate.commonName), ("sans", names.joined(separator: ",")), ("serial", certificate.serial),
            ]
            expiries.add(labels, .gauge(certificate.notAfter))
        }
        reading.set(MetricCatalog.certificates, expiries.sorted())
    }
}

extension MetricRegistry {
    /// Reads everything there is to show: the registry under its lock, then what others keep, without it.
    func read(style: LabelStyle, isRetiring: Bool, withExemplars: Bool) -> Reading {
        var (reading, sources) = state.withLock {
            let reading = $0.read(
                style: style, layout: layout, headers: headers, isRetiring: isRetiring, withExemplars: withExemplars)
            return (reading, $0.sources.all)
        }
        reading.add(sources)
        var up = SampleList(style: style)
        for server in servers.withLock({ $0.read(isRetiring: isRetiring) }) {
            up.add([("service", server.service), ("url", server.url)], .gauge(server.isUp ? 1 : 0))
        }
        reading.set(MetricCatalog.serverUp, up.sorted())
        for (family, value) in ProcessMetrics.read() { reading.set(family, [Sample(labels: [], value: value)]) }
        return reading
    }
}

/// Collects the series of a small family and sorts them by their label values.
struct SampleList {
    private var composer: LabelComposer
    private var items: [(key: [UInt8], sample: Sample)] = []

    init(style: LabelStyle) { composer = LabelComposer(style: style) }

    /// Label names must be sorted.
    mutating func add(_ labels: [(String, String)], _ value: Sample.Value) {
        composer.reset()
        for (name, text) in labels { composer.add(name, text) }
        items.append((composer.sortKey, Sample(labels: composer.bytes, value: value)))
    }

    func sorted() -> [Sample] {
        items.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.sample)
    }
}
