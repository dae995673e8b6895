internal import Synchronization

extension RegistryState {
    /// Reads all shards and everything else, as of now.
    ///
    /// Retiring means that this is a scrape of everything, after which series that left are gone.
    mutating func read(
        style: LabelStyle, layout: RequestLayout, headers: HeaderLabelTable, isRetiring: Bool, withExemplars: Bool
    ) -> Reading {
        let hasHeaders = !headers.labels.isEmpty
        let isInForce = scopes.map(\.isInForce)
        let inForce = { (identity: SeriesIdentity) in
            identity.scopeNumber >= isInForce.count || isInForce[identity.scopeNumber]
        }
        let isRetiringScopes = isRetiring && isInForce.contains(false)

        var requestValues = requests.read(logs.map(\.requests))
        requests.settle(&requestValues, isRetiring: isRetiringScopes, isInForce: inForce)
        label(\.requests, style) { state, identity, composer in
            state.composeRequest(identity, headers: nil, &composer)
        }
        var reading = Reading(
            style: style, layout: layout, hasHeaderLabels: hasHeaders,
            requests: Reading.RequestReading(
                labels: requests.labels(style), identities: requests.identities, values: requestValues,
                width: requests.width, orders: sortedRequests()),
            headerCounts: Reading.RequestReading(
                labels: LabelArena(style: style), identities: [], values: [], width: 1, orders: [[], [], []]))

        if hasHeaders {
            var values = headerCounts.read(logs.map(\.headerCounts))
            headerCounts.settle(&values, isRetiring: isRetiringScopes, isInForce: inForce)
            let sets = headers.sets()
            label(\.headerCounts, style) { state, identity, composer in
                let number = Int(identity.extra)
                let set = number < sets.count ? sets[number] : sets[0]
                state.composeRequest(identity, headers: (headers.labels, set), &composer)
            }
            var orders: [[Int]] = [[], [], []]
            for row in headerCounts.sortedRows() {
                let number = headerCounts.identities[row].scopeNumber
                if number < scopes.count, scopes[number].kind != .connections {
                    orders[Int(scopes[number].kind.rawValue)].append(row)
                }
            }
            reading.headerCounts = Reading.RequestReading(
                labels: headerCounts.labels(style), identities: headerCounts.identities, values: values, width: 1,
                orders: orders)
            let folded = headers.folded.load(ordering: .relaxed)
            if folded > 0 {
                reading.set(MetricCatalog.headerLabelsFolded, [Sample(labels: [], value: .counter(folded))])
            }
        }
        if withExemplars { readExemplars(into: &reading) }
        readRare(style, isRetiring: isRetiringScopes, isInForce: inForce, into: &reading)
        mirrors.read(logs.map(\.mirrors), style: style, isRetiring: isRetiring, into: &reading)
        readConnections(style, into: &reading)
        readSeldom(style, into: &reading)
        return reading
    }

    /// Labels rows that have none, in the style and as text, which they are sorted by.
    private mutating func label(
        _ rows: WritableKeyPath<RegistryState, RowSet>, _ style: LabelStyle,
        _ compose: (RegistryState, SeriesIdentity, inout LabelComposer) -> Void
    ) {
        let state = self
        self[keyPath: rows].label(.text) { compose(state, $0, &$1) }
        if style != .text { self[keyPath: rows].label(style) { compose(state, $0, &$1) } }
    }

    /// The labels of a request series, header labels among them.
    private func composeRequest(
        _ identity: SeriesIdentity, headers: (labels: [HeaderLabel], values: [String])?, _ composer: inout LabelComposer
    ) {
        guard identity.scopeNumber < scopes.count else { return }
        let scope = scopes[identity.scopeNumber]
        var pairs: [(String, String)] = [
            ("code", String(identity.code)), ("method", identity.method.text.description),
            ("protocol", identity.protocolLabel.text.description),
        ]
        switch scope.kind {
        case .entryPoint, .connections: pairs.append(("entrypoint", scope.name))
        case .router: pairs += [("router", scope.name), ("service", scope.service)]
        case .service: pairs.append(("service", scope.name))
        }
        if let headers { pairs += zip(headers.labels.map(\.label), headers.values) }
        pairs.sort { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
        for (name, value) in pairs { composer.add(name, value) }
    }

    /// The last exemplar of each bucket over all shards.
    private func readExemplars(into reading: inout Reading) {
        for log in logs.map(\.exemplars) {
            log.forEach { _, block, base in
                let identity = SeriesIdentity(word: block.load(base))
                guard let exemplar = ExemplarReading(block: block, base: base) else { return }
                if let other = reading.exemplars[identity], other.milliseconds > exemplar.milliseconds { return }
                reading.exemplars[identity] = exemplar
            }
        }
    }

    /// TLS requests, retries, overheads, loop lag.
    private mutating func readRare(
        _ style: LabelStyle, isRetiring: Bool, isInForce: (SeriesIdentity) -> Bool, into reading: inout Reading
    ) {
        var values = tls.read(logs.map(\.tls))
        tls.settle(&values, isRetiring: isRetiring, isInForce: isInForce)
        label(\.tls, style) { state, identity, composer in
            guard identity.scopeNumber < state.scopes.count else { return }
            let scope = state.scopes[identity.scopeNumber]
            switch scope.kind {
            case .entryPoint, .connections: composer.add("entrypoint", scope.name)
            case .router:
                composer.add("router", scope.name)
                composer.add("service", scope.service)
            case .service: composer.add("service", scope.name)
            }
            let version = TLSVersionLabel(rawValue: UInt8(truncatingIfNeeded: identity.detail >> 16 & 7)) ?? .unknown
            composer.add("tls_cipher", TLSCipherLabel(suite: UInt16(truncatingIfNeeded: identity.detail)).text)
            composer.add("tls_version", version.text)
        }
        for (kind, family) in MetricCatalog.tlsRequests.enumerated() {
            reading.set(family, samples(tls, values, style) { scopes[$0.scopeNumber].kind.rawValue == UInt8(kind) })
        }

        values = retries.read(logs.map(\.retries))
        retries.settle(&values, isRetiring: isRetiring, isInForce: isInForce)
        let addService = { (state: RegistryState, identity: SeriesIdentity, composer: inout LabelComposer) in
            guard identity.scopeNumber < state.scopes.count else { return }
            composer.add("service", state.scopes[identity.scopeNumber].name)
        }
        label(\.retries, style, addService)
        reading.set(MetricCatalog.serviceRetries, samples(retries, values, style) { _ in true })

        values = overheads.read(logs.map(\.overheads))
        overheads.settle(&values, isRetiring: isRetiring, isInForce: isInForce)
        label(\.overheads, style, addService)
        reading.set(MetricCatalog.proxyOverhead, histograms(overheads, values, .overhead, style))

        var lag = [UInt64](repeating: 0, count: HistogramBounds.loopLag.count + 1)
        for log in logs.map(\.loopLag) {
            log.forEach { _, block, base in
                for cell in lag.indices { lag[cell] &+= block.load(base + 1 + cell) }
            }
        }
        let sum = lag.removeLast()
        if !logs.isEmpty {
            reading.set(MetricCatalog.loopLag, [Sample(labels: [], value: .histogram(.loopLag, lag, sum: sum))])
        }
    }

    private func samples(
        _ rows: RowSet, _ values: [UInt64], _ style: LabelStyle, where isShown: (SeriesIdentity) -> Bool
    ) -> [Sample] {
        let arena = rows.labels(style)
        return rows.sortedRows().compactMap { row in
            guard values[row] != 0, rows.identities[row].scopeNumber < scopes.count, isShown(rows.identities[row])
            else {
                return nil
            }
            return Sample(labels: Array(arena.bytes[arena.range(of: row)]), value: .counter(values[row]))
        }
    }

    private func histograms(
        _ rows: RowSet, _ values: [UInt64], _ bounds: HistogramBounds, _ style: LabelStyle
    ) -> [Sample] {
        let arena = rows.labels(style)
        return rows.sortedRows().compactMap { row in
            let first = row * rows.width
            let buckets = Array(values[first..<first + bounds.count])
            guard buckets.contains(where: { $0 != 0 }) else { return nil }
            return Sample(
                labels: Array(arena.bytes[arena.range(of: row)]),
                value: .histogram(bounds, buckets, sum: values[first + bounds.count]))
        }
    }

    private func readConnections(_ style: LabelStyle, into reading: inout Reading) {
        var open = [UInt64](repeating: 0, count: scopes.count)
        for log in logs.map(\.connections) {
            log.forEach { _, block, base in
                let number = SeriesIdentity(word: block.load(base)).scopeNumber
                if number < open.count { open[number] &+= block.load(base + 1) }
            }
        }
        var list = SampleList(style: style)
        for number in entryPoints {
            let count = Int64(bitPattern: open[number])
            list.add([("entrypoint", scopes[number].name), ("protocol", "TCP")], .gauge(Double(count)))
        }
        reading.set(MetricCatalog.openConnections, list.sorted())
    }
}
