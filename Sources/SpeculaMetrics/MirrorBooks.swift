/// The mirrors of the process: their names, whether they are in force, and how their labels read.
///
/// Guarded by the registry's lock.
struct MirrorBooks {
    private struct Name: Hashable {
        let service: String
        let mirror: String
    }

    private struct Entry {
        let name: Name
        var isInForce = true
        /// The results of its comparisons are shown, even those that are zero.
        var isCompared = false
        /// It left, and was shown once more since.
        var isGone = false
        /// What it had counted when it left.
        var baseline: [UInt64]?
        /// Copies that were in flight when it left, which stay in its books.
        var carried: UInt64 = 0
        var text: Labels?
        var protobuf: Labels?
    }

    /// All labels of a mirror's fixed series, in the order of the sorted label values.
    private struct Labels {
        var decisions: [[UInt8]] = []
        var outcomes: [[UInt8]] = []
        var results: [[UInt8]] = []
        var pair: [UInt8] = []
    }

    private var entries: [Entry] = []
    private var numbers: [Name: Int] = [:]
    /// Mirrors sorted by the values of `mirror`, then `service`.
    private var order: [Int] = []

    static let decisions = MirrorDecision.allCases.sorted { $0.text.description < $1.text.description }
    static let outcomes = MirrorOutcome.allCases.sorted { $0.text.description < $1.text.description }
    static let results = ComparisonResult.allCases.sorted { $0.text.description < $1.text.description }

    /// By the number of the scope.
    var names: [BooksReading.MirrorName] {
        entries.map { BooksReading.MirrorName(service: $0.name.service, mirror: $0.name.mirror) }
    }

    mutating func scope(service: String, mirror: String) -> MirrorScope {
        let name = Name(service: service, mirror: mirror)
        if let number = numbers[name] { return MirrorScope(number: number) }
        let number = entries.count
        numbers[name] = number
        entries.append(Entry(name: name))
        order = []
        return MirrorScope(number: number)
    }

    mutating func setCompared(_ mirror: MirrorScope, _ isCompared: Bool) {
        entries[Int(mirror.number)].isCompared = isCompared
    }

    func isCompared(_ number: Int) -> Bool { entries[number].isCompared }

    mutating func setInForce(services: Set<String>, mirrors: Set<MirrorScope>?) {
        for index in entries.indices {
            let isNamed = mirrors?.contains(MirrorScope(number: index)) ?? true
            entries[index].isInForce = isNamed && services.contains(entries[index].name.service)
            if entries[index].isInForce { entries[index].isGone = false }
        }
    }

    /// Shows all mirrors that are in force, or leave with this scrape.
    mutating func read(_ logs: [SeriesLog], style: LabelStyle, isRetiring: Bool, into reading: inout Reading) {
        let width = MirrorLayout.count
        var values = [UInt64](repeating: 0, count: entries.count * width)
        for log in logs {
            log.forEach { _, block, base in
                let number = SeriesIdentity(word: block.load(base)).scopeNumber
                guard number < entries.count else { return }
                for cell in 0..<width {
                    // Acquiring, and outcomes first: an outcome is never seen without the decision before it.
                    values[number * width + cell] &+= block.loadAcquiring(base + 1 + cell)
                }
            }
        }
        if order.count != entries.count { sort() }
        for number in order {
            let cells = number * width..<(number + 1) * width
            let isLeaving = isRetiring && !entries[number].isInForce
            let counted = isLeaving ? Array(values[cells]) : []
            if let baseline = entries[number].baseline {
                for (cell, before) in zip(cells, baseline) { values[cell] &-= before }
            }
            if isLeaving { leave(number, counted) }
        }
        var shown: [(number: Int, values: ArraySlice<UInt64>)] = []
        for number in order {
            let cells = values[number * width..<(number + 1) * width]
            if entries[number].isInForce || !entries[number].isGone || isMoving(number, cells) {
                compose(number, style)
                shown.append((number, cells))
            }
            if isRetiring, !entries[number].isInForce { entries[number].isGone = true }
        }
        show(shown, style: style, in: &reading)
    }

    private static let sent = MirrorLayout.decisions - 1 + Int(MirrorDecision.sent.rawValue)

    /// Remembers what a mirror starts from when it comes back: nothing, but for copies still in flight, whose outcomes will come.
    private mutating func leave(_ number: Int, _ cells: [UInt64]) {
        var baseline = cells
        let ended = cells[MirrorLayout.outcomes - 1..<MirrorLayout.decisions - 1].reduce(0, &+)
        baseline[Self.sent] = ended
        entries[number].baseline = baseline
        entries[number].carried = cells[Self.sent] &- ended
    }

    /// Whether anything was counted since the mirror left.
    private func isMoving(_ number: Int, _ cells: ArraySlice<UInt64>) -> Bool {
        let sent = cells.startIndex + Self.sent
        return cells[sent] != entries[number].carried || cells.indices.contains { $0 != sent && cells[$0] != 0 }
    }

    private mutating func sort() {
        order = entries.indices.sorted { first, second in
            let (one, two) = (entries[first].name, entries[second].name)
            if one.mirror != two.mirror { return one.mirror.utf8.lexicographicallyPrecedes(two.mirror.utf8) }
            return one.service.utf8.lexicographicallyPrecedes(two.service.utf8)
        }
    }

    private mutating func compose(_ number: Int, _ style: LabelStyle) {
        guard labels(number, style) == nil else { return }
        let name = entries[number].name
        var labels = Labels()
        var composer = LabelComposer(style: style)
        for decision in Self.decisions {
            composer.reset()
            composer.add("decision", decision.text)
            composer.add("mirror", name.mirror)
            composer.add("service", name.service)
            labels.decisions.append(composer.bytes)
        }
        for outcome in Self.outcomes {
            composer.reset()
            composer.add("mirror", name.mirror)
            composer.add("outcome", outcome.text)
            composer.add("service", name.service)
            labels.outcomes.append(composer.bytes)
        }
        for result in Self.results {
            composer.reset()
            composer.add("mirror", name.mirror)
            composer.add("result", result.text)
            composer.add("service", name.service)
            labels.results.append(composer.bytes)
        }
        composer.reset()
        composer.add("mirror", name.mirror)
        composer.add("service", name.service)
        labels.pair = composer.bytes
        switch style {
        case .text: entries[number].text = labels
        case .protobuf: entries[number].protobuf = labels
        }
    }

    private func labels(_ number: Int, _ style: LabelStyle) -> Labels? {
        switch style {
        case .text: entries[number].text
        case .protobuf: entries[number].protobuf
        }
    }

    /// Lays the series of all families out in the order that their label names ask for.
    private func show(
        _ shown: [(number: Int, values: ArraySlice<UInt64>)], style: LabelStyle, in reading: inout Reading
    ) {
        var decisions: [Sample] = []
        var outcomes: [Sample] = []
        var compared: [Sample] = []
        var pairs: [Sample] = []
        var ratios: [Sample] = []
        decisions.reserveCapacity(shown.count * Self.decisions.count)
        outcomes.reserveCapacity(shown.count * Self.outcomes.count)
        for (place, decision) in Self.decisions.enumerated() {
            for (number, values) in shown {
                guard let labels = labels(number, style)?.decisions[place] else { continue }
                let cell = values.startIndex + MirrorLayout.decisions - 1 + Int(decision.rawValue)
                decisions.append(Sample(labels: labels, value: .counter(values[cell])))
            }
        }
        // The outcome stands between mirror and service, so mirrors of one name share a run of outcomes.
        var start = 0
        while start < shown.count {
            let mirror = entries[shown[start].number].name.mirror
            var end = start
            while end < shown.count, entries[shown[end].number].name.mirror == mirror { end += 1 }
            for (place, outcome) in Self.outcomes.enumerated() {
                for (number, values) in shown[start..<end] {
                    guard let labels = labels(number, style)?.outcomes[place] else { continue }
                    let cell = values.startIndex + MirrorLayout.outcomes - 1 + Int(outcome.rawValue)
                    outcomes.append(Sample(labels: labels, value: .counter(values[cell])))
                }
            }
            showResults(shown[start..<end], style: style, in: &compared)
            showPairs(shown[start..<end], style: style, in: &pairs)
            start = end
        }
        for (number, values) in shown {
            guard let labels = labels(number, style)?.pair else { continue }
            let first = values.startIndex + MirrorLayout.ratio - 1
            let buckets = Array(values[first..<first + HistogramBounds.latencyRatio.count])
            guard buckets.contains(where: { $0 != 0 }) else { continue }
            let sum = values[values.startIndex + MirrorLayout.ratioSum - 1]
            ratios.append(Sample(labels: labels, value: .histogram(.latencyRatio, buckets, sum: sum)))
        }
        reading.set(MetricCatalog.decisions, decisions)
        reading.set(MetricCatalog.outcomes, outcomes)
        reading.set(MetricCatalog.compared, compared)
        reading.set(MetricCatalog.statusPairs, pairs)
        reading.set(MetricCatalog.latencyRatio, ratios)
    }

    /// Results of the mirrors that are compared, or were.
    private func showResults(
        _ shown: ArraySlice<(number: Int, values: ArraySlice<UInt64>)>, style: LabelStyle, in compared: inout [Sample]
    ) {
        for (place, result) in Self.results.enumerated() {
            for (number, values) in shown {
                let first = values.startIndex + MirrorLayout.compared - 1
                let cells = values[first..<first + Self.results.count]
                guard entries[number].isCompared || cells.contains(where: { $0 != 0 }),
                    let labels = labels(number, style)?.results[place]
                else { continue }
                compared.append(Sample(labels: labels, value: .counter(values[first + Int(result.rawValue)])))
            }
        }
    }

    /// Pairs that were seen, by primary, then replica, then service.
    ///
    /// The classes are declared in the order of their texts.
    private func showPairs(
        _ shown: ArraySlice<(number: Int, values: ArraySlice<UInt64>)>, style: LabelStyle, in pairs: inout [Sample]
    ) {
        var composer = LabelComposer(style: style)
        let classes = StatusClass.allCases
        for primary in classes {
            for replica in classes {
                let pair = Int(primary.rawValue) * classes.count + Int(replica.rawValue)
                for (number, values) in shown {
                    let count = values[values.startIndex + MirrorLayout.pairs - 1 + pair]
                    guard count != 0 else { continue }
                    composer.reset()
                    composer.add("mirror", entries[number].name.mirror)
                    composer.add("primary", primary.text)
                    composer.add("replica", replica.text)
                    composer.add("service", entries[number].name.service)
                    pairs.append(Sample(labels: composer.bytes, value: .counter(count)))
                }
            }
        }
    }
}
