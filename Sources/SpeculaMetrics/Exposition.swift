/// A format that a reading can be written in: families one after another, each with its series.
protocol Exposition: ~Copyable {
    /// Names the family that follows; a family without series leaves no trace.
    mutating func begin(_ family: MetricFamily)
    mutating func counter(_ labels: Span<UInt8>, _ value: UInt64)
    mutating func gauge(_ labels: Span<UInt8>, _ value: Double)
    mutating func histogram(_ labels: Span<UInt8>, _ histogram: HistogramSeries)
    /// Ends the last family and the whole text.
    mutating func finish()
}

/// One series of a histogram, lent for a call.
struct HistogramSeries {
    let bounds: HistogramBounds
    /// Where the buckets stand, each with its own count, from `first` on.
    let buckets: [UInt64]
    let first: Int
    /// In the unit of the bounds.
    let sum: UInt64
    /// Where the buckets of the native histogram stand among the same values, if they are kept.
    var native: Int?
    /// The series, to find exemplars by.
    var identity: SeriesIdentity?
}

extension Reading {
    /// Writes all families, sorted by name.
    /// - Parameters:
    ///   - exposition: Where to.
    ///   - names: Only families with these names; nil: all.
    func write(to exposition: inout some Exposition & ~Copyable, names: Set<String>?) {
        for family in MetricCatalog.all {
            let name = family.name.description
            if let names, !names.contains(name) { continue }
            exposition.begin(family)
            if let samples = samples[name] {
                for sample in samples { write(sample, to: &exposition) }
            } else if let place = MetricCatalog.place(of: name) {
                writeRequests(place.family, kind: place.kind, to: &exposition)
            }
        }
        exposition.finish()
    }

    private func write(_ sample: Sample, to exposition: inout some Exposition & ~Copyable) {
        switch sample.value {
        case .counter(let value): exposition.counter(sample.labels.span, value)
        case .fraction(let value), .gauge(let value): exposition.gauge(sample.labels.span, value)
        case .histogram(let bounds, let buckets, let sum):
            let series = HistogramSeries(bounds: bounds, buckets: buckets, first: 0, sum: sum)
            exposition.histogram(sample.labels.span, series)
        }
    }

    private func writeRequests(
        _ family: MetricCatalog.RequestFamily, kind: Int, to exposition: inout some Exposition & ~Copyable
    ) {
        let reading = family == .requests && hasHeaderLabels ? headerCounts : requests
        let labels = reading.labels.bytes.span
        let (width, buckets, bounds) = (reading.width, layout.bounds.count, layout.bounds)
        let sum = layout.sum - 1
        let bytes = family == .requestBytes ? layout.requestBytes - 1 : layout.responseBytes - 1
        let native = layout.isNative ? layout.native - 1 : nil
        for row in reading.orders[kind] {
            let first = row * width
            let range = reading.labels.range(of: row)
            if width == 1 {
                if reading.values[first] > 0 { exposition.counter(labels.extracting(range), reading.values[first]) }
                continue
            }
            var total: UInt64 = 0
            for bucket in 0..<buckets { total &+= reading.values[first &+ bucket] }
            guard total > 0 else { continue }
            switch family {
            case .requests: exposition.counter(labels.extracting(range), total)
            case .requestBytes, .responseBytes:
                exposition.counter(labels.extracting(range), reading.values[first &+ bytes])
            case .durations:
                let series = HistogramSeries(
                    bounds: bounds, buckets: reading.values, first: first, sum: reading.values[first &+ sum],
                    native: native.map { first + $0 }, identity: reading.identities[row])
                exposition.histogram(labels.extracting(range), series)
            }
        }
    }
}

extension MetricCatalog {
    /// What a request series shows in a family.
    enum RequestFamily { case requests, durations, requestBytes, responseBytes }

    private static let places: [String: (family: RequestFamily, kind: Int)] = {
        var places: [String: (family: RequestFamily, kind: Int)] = [:]
        for kind in 0..<3 {
            places[requests[kind].name.description] = (.requests, kind)
            places[durations[kind].name.description] = (.durations, kind)
            places[requestBytes[kind].name.description] = (.requestBytes, kind)
            places[responseBytes[kind].name.description] = (.responseBytes, kind)
        }
        return places
    }()

    /// Whose requests a family shows, and what of them; nil for families of another sort.
    static func place(of name: String) -> (family: RequestFamily, kind: Int)? { places[name] }
}
