internal import Synchronization

/// The formats that metrics are shown in.
package enum ExpositionFormat: Sendable, Hashable {
    /// Prometheus text 0.0.4.
    case text004

    /// What goes into `Content-Type`.
    package var contentType: String {
        switch self {
        case .text004: "text/plain; version=0.0.4; charset=utf-8"
        }
    }
}

extension MetricRegistry {
    /// Reads all shards and writes them out, on the caller's thread and without asking the loops.
    ///
    /// Several scrapes may run at once: reading the cells takes the registry's lock for a moment, writing does not.
    /// - Parameters:
    ///   - isGzipped: The answer is compressed.
    ///   - level: zlib's; 1 is fast.
    ///   - names: Only families with these names; nil: all, and then series that left are gone afterwards.
    package func render(
        format: ExpositionFormat = .text004, isGzipped: Bool = false, level: Int = 1, names: Set<String>? = nil
    ) -> [UInt8] {
        let reading = state.withLock {
            $0.read(style: .text, layout: layout, headers: headers, isRetiring: names == nil, withExemplars: false)
        }
        if isGzipped, let gzip = GzipStream(level: Int32(min(max(level, 1), 9))) {
            write(reading, format, names) { gzip.append($0) }
            if let bytes = gzip.finish() { return bytes }
        }
        var bytes: [UInt8] = []
        write(reading, format, names) { unsafe $0.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) } }
        return bytes
    }

    private func write(
        _ reading: Reading, _ format: ExpositionFormat, _ names: Set<String>?, drain: @escaping (Span<UInt8>) -> Void
    ) {
        let output = OutputBlock(drain: drain)
        switch format {
        case .text004:
            var exposition = TextExposition(output: output)
            reading.write(to: &exposition, names: names)
        }
        output.flush()
    }
}
