internal import Synchronization

extension MetricRegistry {
    /// Reads the books as plain numbers, on the caller's thread and without asking the loops; costs about a scrape.
    package func readBooks() -> BooksReading {
        var books = state.withLock { $0.readBooks(layout: layout) }
        let resident = MetricCatalog.processResidentMemory.name.description
        for case (let family, .gauge(let bytes)) in ProcessMetrics.read() where family.name.description == resident {
            books.residentBytes = UInt64(bytes)
        }
        return books
    }
}

extension RegistryState {
    fileprivate func readBooks(layout: RequestLayout) -> BooksReading {
        var books = BooksReading(bounds: layout.bounds.values, ratioBounds: HistogramBounds.latencyRatio.values)
        books.lastReload = lastReload
        books.lastReloadWasGood = lastReloadWasGood
        books.reloads = reloads
        books.reloadFailures = reloadFailures
        readTraffic(layout, into: &books)
        readConnections(into: &books)
        readMirrors(into: &books)
        readSources(into: &books)
        return books
    }

    private func readTraffic(_ layout: RequestLayout, into books: inout BooksReading) {
        let bounds = layout.bounds.upper.count
        var traffic: [Int: BooksReading.Traffic] = [:]
        for log in logs.map(\.requests) {
            log.forEach { _, block, base in
                let identity = SeriesIdentity(word: block.load(base))
                guard identity.scopeNumber < scopes.count, scopes[identity.scopeNumber].kind != .router else { return }
                var requests: UInt64 = 0
                let sum = block.load(base + layout.sum)
                let status = Self.statusClass(of: identity)
                withTraffic(identity.scopeNumber, bounds, in: &traffic) { traffic in
                    for bucket in 0...bounds {
                        let count = block.load(base + 1 + bucket)
                        traffic.buckets[bucket] &+= count
                        requests &+= count
                    }
                    traffic.nanoseconds &+= sum
                    traffic.classes[Int(status.rawValue)] &+= requests
                }
            }
        }
        for (number, traffic) in traffic {
            switch scopes[number].kind {
            case .entryPoint: books.entryPoints[scopes[number].name] = traffic
            case .service: books.services[scopes[number].name] = traffic
            case .router, .connections: break
            }
        }
    }

    private func withTraffic(
        _ scope: Int, _ bounds: Int, in all: inout [Int: BooksReading.Traffic],
        _ body: (inout BooksReading.Traffic) -> Void
    ) {
        body(&all[scope, default: BooksReading.Traffic(bounds: bounds)])
    }

    /// The class of what a series counts; a gRPC code has the class of the HTTP status that means the same.
    private static func statusClass(of identity: SeriesIdentity) -> StatusClass {
        if identity.code >= 100 { return StatusClass(status: identity.code) }
        switch identity.protocolLabel {
        case .grpc, .grpcWeb:
            switch identity.code {
            case 0: return .successful
            // Unknown, deadline exceeded, unimplemented, internal, unavailable, data loss.
            case 2, 4, 12, 13, 14, 15: return .serverError
            default: return .clientError
            }
        // An upgrade that took place has no status of its own.
        case .http, .websocket, .sse: return .informational
        }
    }

    private func readConnections(into books: inout BooksReading) {
        var open = [UInt64](repeating: 0, count: scopes.count)
        for log in logs.map(\.connections) {
            log.forEach { _, block, base in
                let number = SeriesIdentity(word: block.load(base)).scopeNumber
                if number < open.count { open[number] &+= block.load(base + 1) }
            }
        }
        for (number, scope) in scopes.enumerated() where scope.kind == .entryPoint || scope.kind == .connections {
            books.openConnections[scope.name] = Double(Int64(bitPattern: open[number]))
        }
    }

    private func readMirrors(into books: inout BooksReading) {
        let names = mirrors.names
        var cells = [UInt64](repeating: 0, count: names.count * MirrorLayout.count)
        for log in logs.map(\.mirrors) {
            log.forEach { _, block, base in
                let number = SeriesIdentity(word: block.load(base)).scopeNumber
                guard number < names.count else { return }
                for cell in 0..<MirrorLayout.count {
                    // Acquiring, and outcomes first: an outcome is never seen without the decision before it.
                    cells[number * MirrorLayout.count + cell] &+= block.loadAcquiring(base + 1 + cell)
                }
            }
        }
        for (number, name) in names.enumerated() {
            // Offsets of the layout count from the identity, one before the first cell.
            let first = number * MirrorLayout.count - 1
            let part = { (start: Int, count: Int) in Array(cells[first + start..<first + start + count]) }
            var mirror = BooksReading.Mirror()
            mirror.compared = part(MirrorLayout.compared, mirror.compared.count)
            mirror.isCompared = mirrors.isCompared(number)
            mirror.outcomes = part(MirrorLayout.outcomes, mirror.outcomes.count)
            mirror.decisions = part(MirrorLayout.decisions, mirror.decisions.count)
            mirror.pairs = part(MirrorLayout.pairs, mirror.pairs.count)
            mirror.ratios = part(MirrorLayout.ratio, HistogramBounds.latencyRatio.count)
            books.mirrors[name] = mirror
        }
    }

    private func readSources(into books: inout BooksReading) {
        for source in sources.all {
            guard case .gauge(let read) = source.read else { continue }
            switch source.family.name.description {
            case MetricCatalog.copyBudget.name.description: books.copyBytes += read()
            case MetricCatalog.copyBudgetLimit.name.description: books.copyBytesLimit += read()
            case MetricCatalog.configuredRatio.name.description: add(read(), source.labels, \.askedShare, &books)
            case MetricCatalog.inFlight.name.description: add(read(), source.labels, \.inFlight, &books)
            case MetricCatalog.bufferedBytes.name.description: add(read(), source.labels, \.heldBytes, &books)
            default: break
            }
        }
    }

    /// The labels of a mirror's gauges: mirror, then service.
    private func add(
        _ value: Double, _ labels: [String], _ gauge: WritableKeyPath<BooksReading.Mirror, Double>,
        _ books: inout BooksReading
    ) {
        guard labels.count == 2 else { return }
        books.mirrors[BooksReading.MirrorName(service: labels[1], mirror: labels[0])]?[keyPath: gauge] += value
    }
}
