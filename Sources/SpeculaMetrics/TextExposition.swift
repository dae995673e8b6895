/// Writes a reading in the text format 0.0.4, shaped as client_golang does: families by name, series by label values.
struct TextExposition {
    private let output: OutputBlock
    private var family = MetricCatalog.buildInfo
    private var isAnnounced = false
    private var line: [UInt8] = []

    init(output: OutputBlock) { self.output = output }
}

extension TextExposition: Exposition {
    mutating func begin(_ family: MetricFamily) {
        self.family = family
        isAnnounced = false
    }

    mutating func counter(_ labels: Span<UInt8>, _ value: UInt64) {
        startLine("", labels)
        NumberText.append(value, to: output)
        output.append(UInt8(ascii: "\n"))
    }

    mutating func gauge(_ labels: Span<UInt8>, _ value: Double) {
        startLine("", labels)
        NumberText.append(value, to: output)
        output.append(UInt8(ascii: "\n"))
    }

    mutating func histogram(_ labels: Span<UInt8>, _ histogram: HistogramSeries) {
        announce()
        // All bucket lines begin alike.
        line.removeAll(keepingCapacity: true)
        line.append(contentsOf: family.name.description.utf8)
        line.append(contentsOf: "_bucket{".utf8)
        for index in labels.indices { line.append(labels[index]) }
        if !labels.isEmpty { line.append(UInt8(ascii: ",")) }
        let endings = histogram.bounds.endings
        var total: UInt64 = 0
        for bucket in 0..<histogram.bounds.count {
            total &+= histogram.buckets[histogram.first + bucket]
            output.append(line.span)
            let ending = endings[bucket]
            output.append(ending.span)
            NumberText.append(total, to: output)
            output.append(UInt8(ascii: "\n"))
        }
        startLine("_sum", labels)
        NumberText.append(histogram.sum, places: histogram.bounds.places, unit: histogram.bounds.unit, to: output)
        output.append(UInt8(ascii: "\n"))
        startLine("_count", labels)
        NumberText.append(total, to: output)
        output.append(UInt8(ascii: "\n"))
    }

    mutating func finish() {}

    private mutating func startLine(_ suffix: StaticString, _ labels: Span<UInt8>) {
        announce()
        output.append(family.name)
        output.append(suffix)
        if !labels.isEmpty {
            output.append(UInt8(ascii: "{"))
            output.append(labels)
            output.append(UInt8(ascii: "}"))
        }
        output.append(UInt8(ascii: " "))
    }

    private mutating func announce() {
        guard !isAnnounced else { return }
        isAnnounced = true
        output.append("# HELP ")
        output.append(family.name)
        output.append(UInt8(ascii: " "))
        output.append(family.help)
        output.append("\n# TYPE ")
        output.append(family.name)
        output.append(UInt8(ascii: " "))
        output.append(family.kind.text)
        output.append(UInt8(ascii: "\n"))
    }
}
