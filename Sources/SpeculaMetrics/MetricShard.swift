/// One worker's books: written by its thread alone, read by scrapes at any time.
///
/// Recording into a series that exists takes some ten nanoseconds and allocates nothing; the first record of a series makes its cells.
/// Not for other threads: one shard per worker, from `MetricRegistry.makeShard()`.
package final class MetricShard {
    private let layout: RequestLayout
    private let buckets: BucketFinder
    private let isNative: Bool
    private let hasHeaderLabels: Bool
    private let requestIndex = SeriesIndex()
    private var requests: SeriesAppender
    private let headerIndex = SeriesIndex()
    private var headerCounts: SeriesAppender
    private let exemplarIndex = SeriesIndex()
    private var exemplars: SeriesAppender
    private let rareIndex = SeriesIndex()
    private var tls: SeriesAppender
    private var retries: SeriesAppender
    private var connections: [Cells?] = []
    private var connectionLog: SeriesAppender
    private var overheads: [Cells?] = []
    private var overheadLog: SeriesAppender
    private var lag: Cells?
    private var lagLog: SeriesAppender
    var mirrors: [Cells?] = []
    var mirrorLog: SeriesAppender
    var headerCache: HeaderLabelCache

    init(logs: ShardLogs, layout: RequestLayout, headers: HeaderLabelTable) {
        self.layout = layout
        buckets = BucketFinder(layout.bounds)
        isNative = layout.isNative
        hasHeaderLabels = !headers.labels.isEmpty
        headerCache = HeaderLabelCache(table: headers)
        requests = SeriesAppender(log: logs.requests)
        headerCounts = SeriesAppender(log: logs.headerCounts)
        exemplars = SeriesAppender(log: logs.exemplars)
        tls = SeriesAppender(log: logs.tls)
        retries = SeriesAppender(log: logs.retries)
        connectionLog = SeriesAppender(log: logs.connections)
        overheadLog = SeriesAppender(log: logs.overheads)
        lagLog = SeriesAppender(log: logs.loopLag)
        mirrorLog = SeriesAppender(log: logs.mirrors)
    }

    deinit {
        requestIndex.deallocate()
        headerIndex.deallocate()
        exemplarIndex.deallocate()
        rareIndex.deallocate()
    }

    /// Counts a request that is complete, with its duration and body bytes.
    /// - Parameters:
    ///   - scope: Whose request it was; `.none` counts nothing.
    ///   - code: The HTTP status; the gRPC status for gRPC; 0 for a connection that was upgraded.
    ///   - method: Its method, folded.
    ///   - label: What kind of exchange it was.
    ///   - nanoseconds: From the head of the request to the last byte of the response.
    ///   - requestBytes: Bytes of the request's body that were read.
    ///   - responseBytes: Bytes of the response's body that were written.
    ///   - headers: What `headerLabels` gave for this request.
    ///   - trace: The trace to show as the bucket's exemplar, if it is sampled.
    package func record(
        _ scope: Scope, code: UInt16, method: MethodLabel, protocol label: ProtocolLabel, nanoseconds: UInt64,
        requestBytes: UInt64, responseBytes: UInt64, headers: HeaderLabelSet = .none, trace: TraceExemplar? = nil
    ) {
        guard !scope.isNone else { return }
        let identity = SeriesIdentity(scope, code: code, method: method, protocol: label)
        guard let cells = requestIndex.find(identity) ?? firstRecord(identity, of: scope) else { return }
        let bucket = buckets.bucket(of: nanoseconds)
        cells.add(1, at: bucket &+ 1)
        cells.add(nanoseconds, at: buckets.count &+ 1)
        cells.add(requestBytes, at: buckets.count &+ 2)
        cells.add(responseBytes, at: buckets.count &+ 3)
        if isNative { cells.add(1, at: layout.native + NativeBuckets.cell(ofNanoseconds: nanoseconds)) }
        if hasHeaderLabels { countHeaders(identity.with(extra: headers.number)) }
        if let trace { keep(trace, nanoseconds: nanoseconds, in: identity.with(extra: UInt16(bucket))) }
    }

    /// Counts a request that came over TLS, before it is handled. (Traefik: `*_requests_tls_total`)
    package func recordTLS(_ scope: Scope, version: TLSVersionLabel, cipher: TLSCipherLabel) {
        guard !scope.isNone, scope.kind != .connections else { return }
        let identity = SeriesIdentity(scope, detail: 1 << 20 | UInt32(version.rawValue) << 16 | UInt32(cipher.suite))
        rare(identity, \.tls).add(1, at: 1)
    }

    /// Counts one more try of a request at a service. (Traefik: `service_retries_total`, which Traefik itself never moves)
    package func recordRetry(_ service: Scope) {
        guard !service.isNone, service.kind == .service else { return }
        rare(SeriesIdentity(service, detail: 1 << 21), \.retries).add(1, at: 1)
    }

    /// Opens (+1) or closes (-1) connections of an entry point.
    package func openConnections(_ entryPoint: Scope, delta: Int) {
        guard !entryPoint.isNone else { return }
        let cells = Self.numbered(entryPoint.number, in: &connections, &connectionLog)
        cells.add(UInt64(bitPattern: Int64(delta)), at: 1)
    }

    /// Records how much longer than the primary's own time a client waited.
    package func overhead(_ service: Scope, nanoseconds: UInt64) {
        guard !service.isNone, service.kind == .service else { return }
        let cells = Self.numbered(service.number, in: &overheads, &overheadLog)
        cells.add(1, at: 1 + HistogramBounds.overhead.bucket(of: nanoseconds))
        cells.add(nanoseconds, at: 1 + HistogramBounds.overhead.count)
    }

    /// Records how late the worker's loop was.
    package func loopLag(nanoseconds: UInt64) {
        let cells = lag ?? lagLog.append(1 << 63)
        lag = cells
        cells.add(1, at: 1 + HistogramBounds.loopLag.bucket(of: nanoseconds))
        cells.add(nanoseconds, at: 1 + HistogramBounds.loopLag.count)
    }

    /// The cells that a small number stands for, made on first use.
    static func numbered(_ number: Int, in table: inout [Cells?], _ log: inout SeriesAppender) -> Cells {
        if number < table.count, let cells = table[number] { return cells }
        while table.count <= number { table.append(nil) }
        let cells = log.append(1 << 63 | UInt64(truncatingIfNeeded: number) << 32)
        table[number] = cells
        return cells
    }

    @inline(never)
    private func firstRecord(_ identity: SeriesIdentity, of scope: Scope) -> Cells? {
        guard scope.kind != .connections else { return nil }
        let cells = requests.append(identity.word)
        requestIndex.insert(identity, cells)
        return cells
    }

    private func countHeaders(_ identity: SeriesIdentity) {
        let cells: Cells
        if let found = headerIndex.find(identity) {
            cells = found
        } else {
            cells = headerCounts.append(identity.word)
            headerIndex.insert(identity, cells)
        }
        cells.add(1, at: 1)
    }

    private func rare(_ identity: SeriesIdentity, _ log: ReferenceWritableKeyPath<MetricShard, SeriesAppender>) -> Cells
    {
        if let found = rareIndex.find(identity) { return found }
        let cells = self[keyPath: log].append(identity.word)
        rareIndex.insert(identity, cells)
        return cells
    }

    private func keep(_ trace: TraceExemplar, nanoseconds: UInt64, in identity: SeriesIdentity) {
        let cells: Cells
        if let found = exemplarIndex.find(identity) {
            cells = found
        } else {
            cells = exemplars.append(identity.word)
            exemplarIndex.insert(identity, cells)
        }
        cells.setExemplar(trace, nanoseconds: nanoseconds)
    }
}

@available(*, unavailable)
extension MetricShard: Sendable {}
