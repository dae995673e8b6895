/// The part of a scrape that no worker writes: configuration, servers, certificates, sources, the process.
extension RegistryState {
    mutating func readSeldom(_ style: LabelStyle, isRetiring: Bool, into reading: inout Reading) {
        single(MetricCatalog.configReloads, .counter(reloads), in: &reading)
        single(MetricCatalog.configLastReload, .gauge(lastReload), in: &reading)
        single(MetricCatalog.configReloadFailures, .counter(reloadFailures), in: &reading)
        single(MetricCatalog.configLastReloadSuccessful, .gauge(lastReloadWasGood ? 1 : 0), in: &reading)

        var list = SampleList(style: style)
        list.add(
            [
                ("revision", options.build.revision), ("swift_version", options.build.swiftVersion),
                ("version", options.build.version),
            ], .gauge(1))
        reading.set(MetricCatalog.buildInfo, list.sorted())

        list = SampleList(style: style)
        for (key, isUp) in servers { list.add([("service", key.service), ("url", key.url)], .gauge(isUp ? 1 : 0)) }
        reading.set(MetricCatalog.serverUp, list.sorted())
        if isRetiring {
            for key in leavingServers { servers[key] = nil }
            leavingServers = []
        }

        list = SampleList(style: style)
        for certificate in Set(certificates) {
            let names = certificate.alternativeNames.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            list.add(
                [
                    ("cn", certificate.commonName), ("sans", names.joined(separator: ",")),
                    ("serial", certificate.serial),
                ], .gauge(certificate.notAfter))
        }
        reading.set(MetricCatalog.certificates, list.sorted())

        readSources(style, into: &reading)
        for (family, value) in ProcessMetrics.read() { single(family, value, in: &reading) }
    }

    private func single(_ family: MetricFamily, _ value: Sample.Value, in reading: inout Reading) {
        reading.set(family, [Sample(labels: [], value: value)])
    }

    /// Sources with equal family and labels are added up.
    private func readSources(_ style: LabelStyle, into reading: inout Reading) {
        var families: [String: (family: MetricFamily, values: [[String]: Sample.Value])] = [:]
        for source in sources {
            let name = source.family.name.description
            var values = families[name]?.values ?? [:]
            switch (values[source.labels], source.read) {
            case (.gauge(let sum)?, .gauge(let read)): values[source.labels] = .gauge(sum + read())
            case (.counter(let sum)?, .counter(let read)): values[source.labels] = .counter(sum &+ read())
            case (_, .gauge(let read)): values[source.labels] = .gauge(read())
            case (_, .counter(let read)): values[source.labels] = .counter(read())
            }
            families[name] = (source.family, values)
        }
        for (family, values) in families.values {
            var list = SampleList(style: style)
            for (labels, value) in values {
                list.add(Array(zip(family.labels.map(\.description), labels)), value)
            }
            reading.set(family, list.sorted())
        }
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
