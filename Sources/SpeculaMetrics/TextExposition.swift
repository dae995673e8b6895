/// Writes a reading as text: format 0.0.4, shaped as client_golang does, or OpenMetrics 1.0.
///
/// OpenMetrics differs in few things: counters' families have no `_total`, whole numbers have a fraction, units are named,
/// buckets may show a trace, and the end is marked.
struct TextExposition: ~Copyable {
    private var output: OutputBlock
    private let isOpenMetrics: Bool
    private let exemplars: [SeriesIdentity: ExemplarReading]
    private var family = MetricCatalog.buildInfo
    private var isAnnounced = false

    init(
        output: consuming OutputBlock, isOpenMetrics: Bool = false,
        exemplars: [SeriesIdentity: ExemplarReading] = [:]
    ) {
        self.output = output
        self.isOpenMetrics = isOpenMetrics
        self.exemplars = exemplars
    }
}

extension TextExposition: Exposition {
    mutating func begin(_ family: MetricFamily) {
        self.family = family
        isAnnounced = false
    }

    mutating func counter(_ labels: Span<UInt8>, _ value: UInt64) {
        startLine("", labels)
        NumberText.append(value, to: &output)
        // From a million on the exponent tells a float.
        if isOpenMetrics, value < 1_000_000 { output.append(".0") }
        output.append(UInt8(ascii: "\n"))
    }

    mutating func gauge(_ labels: Span<UInt8>, _ value: Double) {
        startLine("", labels)
        if isOpenMetrics {
            let text = NumberText.openMetrics(NumberText.text(value))
            output.append(text.utf8.span)
        } else {
            NumberText.append(value, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
    }

    mutating func histogram(_ labels: Span<UInt8>, _ histogram: HistogramSeries) {
        announce()
        let endings = isOpenMetrics ? histogram.bounds.openMetricsEndings : histogram.bounds.endings
        let endingBytes = endings.bytes.span
        var total: UInt64 = 0
        for bucket in 0..<histogram.bounds.count {
            total &+= histogram.buckets[histogram.first &+ bucket]
            output.append(family.name)
            output.append("_bucket{")
            output.append(labels)
            if !labels.isEmpty { output.append(UInt8(ascii: ",")) }
            output.append(endingBytes.extracting(endings.range(of: bucket)))
            appendCount(total)
            if isOpenMetrics { appendExemplar(of: histogram, bucket: bucket) }
            output.append(UInt8(ascii: "\n"))
        }
        startLine("_sum", labels)
        if isOpenMetrics {
            let sum = NumberText.text(Double(histogram.sum) / Double(histogram.bounds.unit))
            let text = NumberText.openMetrics(sum)
            output.append(text.utf8.span)
        } else {
            NumberText.append(histogram.sum, places: histogram.bounds.places, unit: histogram.bounds.unit, to: &output)
        }
        output.append(UInt8(ascii: "\n"))
        startLine("_count", labels)
        appendCount(total)
        output.append(UInt8(ascii: "\n"))
    }

    mutating func finish() {
        if isOpenMetrics { output.append("# EOF\n") }
        output.flush()
    }

    /// OpenMetrics wants counts to be whole.
    private mutating func appendCount(_ count: UInt64) {
        if isOpenMetrics {
            NumberText.appendDigits(count, to: &output)
        } else {
            NumberText.append(count, to: &output)
        }
    }

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

    /// The last sampled trace of a bucket, its value and its time in seconds. (OpenMetrics 1.0, exemplars)
    private mutating func appendExemplar(of histogram: HistogramSeries, bucket: Int) {
        guard !exemplars.isEmpty, let identity = histogram.identity,
            let exemplar = exemplars[identity.with(extra: UInt16(bucket))]
        else { return }
        output.append(" # {trace_id=\"")
        appendHex(exemplar.high)
        appendHex(exemplar.low)
        output.append("\"} ")
        NumberText.append(exemplar.nanoseconds, places: 9, unit: 1_000_000_000, to: &output)
        if exemplar.milliseconds > 0 {
            output.append(UInt8(ascii: " "))
            NumberText.appendDigits(exemplar.milliseconds / 1000, to: &output)
            output.append(UInt8(ascii: "."))
            let rest = exemplar.milliseconds % 1000
            if rest < 100 { output.append(UInt8(ascii: "0")) }
            if rest < 10 { output.append(UInt8(ascii: "0")) }
            NumberText.appendDigits(rest, to: &output)
        }
    }

    private mutating func appendHex(_ word: UInt64) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
            output.append(digit < 10 ? digit + 48 : digit + 87)
        }
    }

    private mutating func announce() {
        guard !isAnnounced else { return }
        isAnnounced = true
        if isOpenMetrics {
            announceLine("TYPE", family.kind.text)
            if family.unit.utf8CodeUnitCount > 0 { announceLine("UNIT", family.unit) }
            announceLine("HELP", family.help)
        } else {
            announceLine("HELP", family.help)
            announceLine("TYPE", family.kind.text)
        }
    }

    private mutating func announceLine(_ word: StaticString, _ text: StaticString) {
        output.append("# ")
        output.append(word)
        output.append(UInt8(ascii: " "))
        if isOpenMetrics, family.kind == .counter {
            let name = family.name.description.dropLast("_total".count)
            output.append(String(name).utf8.span)
        } else {
            output.append(family.name)
        }
        output.append(UInt8(ascii: " "))
        output.append(text)
        output.append(UInt8(ascii: "\n"))
    }
}
