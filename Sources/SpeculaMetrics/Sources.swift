/// Numbers that others keep and a scrape shows: gauges and counters, each with an owner who may take them away.
struct Sources {
    private var byOwner: [String: [Source]] = [:]

    /// All sources, in no order.
    var all: [Source] { byOwner.values.flatMap { $0 } }

    mutating func add(_ source: Source, owner: String) { byOwner[owner, default: []].append(source) }

    mutating func remove(owner: String) { byOwner[owner] = nil }
}

/// A number that someone else keeps.
struct Source: Sendable {
    enum Read: Sendable {
        case gauge(@Sendable () -> Double)
        case counter(@Sendable () -> UInt64)
    }

    let family: MetricFamily
    /// Values of the family's labels, in its order.
    let labels: [String]
    let read: Read
    private let text: [UInt8]
    let sortKey: [UInt8]

    init(family: MetricFamily, labels: [String], read: Read) {
        self.family = family
        self.labels = labels
        self.read = read
        let composer = Self.compose(family, labels, .text)
        text = composer.bytes
        sortKey = composer.sortKey
    }

    func labels(_ style: LabelStyle) -> [UInt8] {
        style == .text ? text : Self.compose(family, labels, style).bytes
    }

    private static func compose(_ family: MetricFamily, _ labels: [String], _ style: LabelStyle) -> LabelComposer {
        var composer = LabelComposer(style: style)
        for (name, value) in zip(family.labels, labels) { composer.add(name, value) }
        return composer
    }
}

extension Reading {
    /// Asks all sources; those with equal family and labels are added up.
    mutating func add(_ sources: [Source]) {
        var families: [String: [Source]] = [:]
        for source in sources { families[source.family.name.description, default: []].append(source) }
        for sources in families.values {
            var series: [Sample] = []
            var last: [UInt8]?
            for source in sources.sorted(by: { $0.sortKey.lexicographicallyPrecedes($1.sortKey) }) {
                let value: Sample.Value
                switch source.read {
                case .gauge(let read): value = .gauge(read())
                case .counter(let read): value = .counter(read())
                }
                if source.sortKey == last, let previous = series.popLast() {
                    series.append(Sample(labels: previous.labels, value: previous.value.adding(value)))
                } else {
                    series.append(Sample(labels: source.labels(style), value: value))
                }
                last = source.sortKey
            }
            if let family = sources.first?.family { set(family, series) }
        }
    }
}

extension Sample.Value {
    /// The sum of two of a kind; a counter and a gauge do not add up.
    fileprivate func adding(_ other: Sample.Value) -> Sample.Value {
        switch (self, other) {
        case (.gauge(let one), .gauge(let two)): .gauge(one + two)
        case (.counter(let one), .counter(let two)): .counter(one &+ two)
        default: self
        }
    }
}
