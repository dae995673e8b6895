internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMetrics

/// What one finished request leaves in the books.
internal struct RecordFacts {
    let status: UInt16
    let method: MethodLabel
    let protocolLabel: ProtocolLabel
    let nanoseconds: UInt64
    let requestBytes: UInt64
    let responseBytes: UInt64
    /// What `headerLabels` gave for the request.
    let headers: HeaderLabelSet
    /// The trace that the request belongs to, if it is recorded.
    let trace: TraceExemplar?
}

/// What the TLS of a client's connection is counted under.
internal struct TLSLabels {
    let version: TLSVersionLabel
    let cipher: TLSCipherLabel

    init(_ agreed: TLSInfo) {
        version = TLSVersionLabel(wire: agreed.version)
        cipher = TLSCipherLabel(suite: agreed.cipher)
    }
}

extension MetricShard {
    internal func record(_ scope: Scope, _ facts: RecordFacts) {
        record(
            scope, code: facts.status, method: facts.method, protocol: facts.protocolLabel,
            nanoseconds: facts.nanoseconds, requestBytes: facts.requestBytes, responseBytes: facts.responseBytes,
            headers: facts.headers, trace: facts.trace)
    }
}
