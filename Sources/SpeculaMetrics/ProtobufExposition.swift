internal import SpeculaWire

/// Writes a reading as Prometheus's protobuf: one `MetricFamily` after another, each with its length in front.
///
/// The only format with native histograms. A family is held until it is whole, because its length comes first.
/// (prometheus/client_model, `metrics.proto`)
struct ProtobufExposition: ~Copyable {
    private var output: OutputBlock
    private let exemplars: [SeriesIdentity: ExemplarReading]
    private var family: MetricFamily?
    private var metrics = ProtobufWriter()

    init(output: consuming OutputBlock, exemplars: [SeriesIdentity: ExemplarReading]) {
        self.output = output
        self.exemplars = exemplars
    }
}

extension ProtobufExposition: Exposition {
    mutating func begin(_ family: MetricFamily) {
        endFamily()
        self.family = family
    }

    mutating func counter(_ labels: Span<UInt8>, _ value: UInt64) { append(labels, field: 3, number: Double(value)) }

    mutating func gauge(_ labels: Span<UInt8>, _ value: Double) {
        // Counters of fractions come this way, too.
        append(labels, field: family?.kind == .counter ? 3 : 2, number: value)
    }

    mutating func histogram(_ labels: Span<UInt8>, _ histogram: HistogramSeries) {
        var content = ProtobufWriter()
        var total: UInt64 = 0
        var buckets = ProtobufWriter()
        for bucket in 0..<histogram.bounds.count {
            total &+= histogram.buckets[histogram.first + bucket]
            let exemplar = exemplar(of: histogram, bucket: bucket)
            let isLast = bucket == histogram.bounds.count - 1
            // The bucket without a bound goes without saying, but for its exemplar.
            guard !isLast || exemplar != nil else { continue }
            var message = ProtobufWriter()
            message.unsigned(1, total)
            message.double(2, isLast ? .infinity : histogram.bounds.values[bucket])
            if let exemplar { message.message(3, exemplar) }
            buckets.message(3, message)
        }
        content.unsigned(1, total)
        content.double(2, Double(histogram.sum) / Double(histogram.bounds.unit))
        content.raw(buckets.bytes)
        if let native = histogram.native {
            appendNative(histogram.buckets[native..<native + NativeBuckets.count], &content)
        }
        append(labels, field: 7, content)
    }

    mutating func finish() {
        endFamily()
        output.flush()
    }

    /// Schema, bucket for zero, then spans of buckets that are not empty and the differences between their counts.
    private func appendNative(_ cells: ArraySlice<UInt64>, _ content: inout ProtobufWriter) {
        content.signed(5, Int64(NativeBuckets.schema))
        content.double(6, NativeBuckets.zeroThreshold)
        content.unsigned(7, cells[cells.startIndex])
        var spans = ProtobufWriter()
        var deltas = ProtobufWriter()
        var last: Int64 = 0
        // Where the next span's gap is counted from: 0, then the end of the span before.
        var end = 0
        var place = 1
        while place < cells.count {
            guard cells[cells.startIndex + place] > 0 else {
                place += 1
                continue
            }
            let start = place
            while place < cells.count, cells[cells.startIndex + place] > 0 {
                let count = Int64(bitPattern: cells[cells.startIndex + place])
                deltas.zigzag(count - last)
                last = count
                place += 1
            }
            let index = NativeBuckets.firstIndex + start - 1
            var span = ProtobufWriter()
            span.signed(1, Int64(index - end))
            span.unsigned(2, UInt64(place - start))
            spans.message(12, span)
            end = index + place - start
        }
        content.raw(spans.bytes)
        if !deltas.bytes.isEmpty { content.string(13, deltas.bytes) }
    }

    private func exemplar(of histogram: HistogramSeries, bucket: Int) -> ProtobufWriter? {
        guard !exemplars.isEmpty, let identity = histogram.identity,
            let exemplar = exemplars[identity.with(extra: UInt16(bucket))]
        else { return nil }
        var label = ProtobufWriter()
        label.string(1, "trace_id".utf8)
        label.string(2, exemplar.traceID.utf8)
        var message = ProtobufWriter()
        message.message(1, label)
        message.double(2, Double(exemplar.nanoseconds) / 1e9)
        if exemplar.milliseconds > 0 {
            var time = ProtobufWriter()
            time.unsigned(1, exemplar.milliseconds / 1000)
            time.unsigned(2, exemplar.milliseconds % 1000 * 1_000_000)
            message.message(3, time)
        }
        return message
    }

    private mutating func append(_ labels: Span<UInt8>, field: UInt64, number: Double) {
        var content = ProtobufWriter()
        content.double(1, number)
        append(labels, field: field, content)
    }

    private mutating func append(_ labels: Span<UInt8>, field: UInt64, _ content: ProtobufWriter) {
        var metric = ProtobufWriter()
        for index in labels.indices { metric.byte(labels[index]) }
        metric.message(field, content)
        metrics.message(4, metric)
    }

    private mutating func endFamily() {
        guard let family, !metrics.bytes.isEmpty else { return }
        var head = ProtobufWriter()
        head.string(1, family.name.description.utf8)
        head.string(2, family.help.description.utf8)
        switch family.kind {
        case .counter: head.unsigned(3, 0)
        case .gauge: head.unsigned(3, 1)
        case .histogram: head.unsigned(3, 4)
        }
        var tail = ProtobufWriter()
        if family.unit.utf8CodeUnitCount > 0 { tail.string(5, family.unit.description.utf8) }
        var length = ProtobufWriter()
        length.varint(UInt64(head.bytes.count + metrics.bytes.count + tail.bytes.count))
        for part in [length.bytes, head.bytes, metrics.bytes, tail.bytes] { output.append(part.span) }
        metrics.reset()
    }
}
