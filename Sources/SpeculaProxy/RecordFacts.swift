internal import SpeculaHTTP
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
}

extension MetricShard {
    internal func record(_ scope: Scope, _ facts: RecordFacts) {
        record(
            scope, code: facts.status, method: facts.method, protocol: facts.protocolLabel,
            nanoseconds: facts.nanoseconds, requestBytes: facts.requestBytes, responseBytes: facts.responseBytes,
            headers: facts.headers)
    }
}
