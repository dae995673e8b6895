package import SpeculaBytes

/// The formats that metrics are shown in.
package enum ExpositionFormat: Sendable, Hashable, CaseIterable {
    /// Prometheus text 0.0.4.
    case text004
    /// OpenMetrics 1.0.0.
    case openMetrics100
    /// The same text for those who know only the draft.
    case openMetrics001
    /// Prometheus's protobuf, families with their length in front.
    case protobuf

    /// What goes into `Content-Type`.
    package var contentType: String {
        switch self {
        case .text004: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics100: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .openMetrics001: "application/openmetrics-text; version=0.0.1; charset=utf-8"
        case .protobuf:
            "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
        }
    }
}

/// What a scraper asked for.
package struct ScrapeRequest: Sendable {
    /// The lines of `Accept`.
    package var accept: [String]
    /// The lines of `Accept-Encoding`.
    package var acceptEncoding: [String]
    /// The query without its question mark; `name[]=` picks families.
    package var query: String

    package init(accept: [String] = [], acceptEncoding: [String] = [], query: String = "") {
        self.accept = accept
        self.acceptEncoding = acceptEncoding
        self.query = query
    }
}

/// An answer to a scraper, status 200.
package struct ScrapeResponse: Sendable {
    package let format: ExpositionFormat
    package let isGzipped: Bool
    /// The body, one after another.
    package let blocks: [ByteBlock]

    /// The fields of the response, but for its length.
    package var fields: [(name: String, value: String)] {
        var fields = [("Content-Type", format.contentType), ("Vary", "Accept, Accept-Encoding")]
        if isGzipped { fields.append(("Content-Encoding", "gzip")) }
        return fields
    }
}

extension MetricRegistry {
    /// Answers a scrape, on the caller's thread.
    /// - `giveWay`: Called after each 128 KiB of text, compressed 0.2 ms of work, so that others may have the core.
    package func scrape(_ request: ScrapeRequest, giveWay: @escaping () -> Void = {}) -> ScrapeResponse {
        let format = Negotiation.format(
            accept: request.accept, openMetrics: options.openMetrics, protobuf: true)
        let isGzipped = Negotiation.isGzipped(acceptEncoding: request.acceptEncoding)
        let names = NameFilter.names(in: request.query)
        return ScrapeResponse(
            format: format, isGzipped: isGzipped,
            blocks: blocks(format: format, isGzipped: isGzipped, names: names, giveWay: giveWay))
    }

    /// Reads all shards and writes them out, on the caller's thread and without asking the loops.
    ///
    /// Several scrapes may run at once: reading the cells takes the registry's lock for a moment, writing does not. The text is
    /// written once, into blocks that are sent as they are and used again by later scrapes.
    /// - Parameters:
    ///   - format: How it is written.
    ///   - isGzipped: The answer is compressed, block by block as it is written.
    ///   - level: zlib's; 1 is fast.
    ///   - names: Only families with these names; nil: all, and then series that left are gone afterwards.
    ///   - giveWay: Called after every second block of text.
    /// - Returns: The whole answer.
    package func blocks(
        format: ExpositionFormat = .text004, isGzipped: Bool = false, level: Int = 1, names: Set<String>? = nil,
        giveWay: @escaping () -> Void = {}
    ) -> [ByteBlock] {
        var written = 0
        func wrote() {
            written += 1
            if written.isMultiple(of: 2) { giveWay() }
        }
        if isGzipped, let gzip = GzipStream(level: Int32(min(max(level, 1), 9)), shelf: shelf) {
            render(format: format, names: names) {
                gzip.append($0)
                wrote()
            }
            if let blocks = gzip.finish() { return blocks }
        }
        var blocks: [ByteBlock] = []
        let output = OutputBlock(shelf: shelf) {
            blocks.append($0)
            wrote()
        }
        write(format: format, names: names, to: output)
        return blocks
    }

    /// The same in one piece.
    package func render(
        format: ExpositionFormat = .text004, isGzipped: Bool = false, level: Int = 1, names: Set<String>? = nil
    ) -> [UInt8] {
        blocks(format: format, isGzipped: isGzipped, level: level, names: names).joined()
    }

    /// Writes an exposition out in blocks of 64 KiB, so that the memory for it does not grow with its length.
    package func render(
        format: ExpositionFormat = .text004, names: Set<String>? = nil, drain: @escaping (Span<UInt8>) -> Void
    ) {
        write(format: format, names: names, to: OutputBlock(drain: drain))
    }

    private func write(format: ExpositionFormat, names: Set<String>?, to output: consuming OutputBlock) {
        let reading = read(
            style: format == .protobuf ? .protobuf : .text, isRetiring: names == nil, withExemplars: format != .text004)
        switch format {
        case .text004:
            var exposition = TextExposition(output: output)
            reading.write(to: &exposition, names: names)
        case .openMetrics100, .openMetrics001:
            var exposition = TextExposition(output: output, isOpenMetrics: true, exemplars: reading.exemplars)
            reading.write(to: &exposition, names: names)
        case .protobuf:
            var exposition = ProtobufExposition(output: output, exemplars: reading.exemplars)
            reading.write(to: &exposition, names: names)
        }
    }
}
