/// Reads response heads; 1xx heads are delivered one by one like any other.
///
/// A little more lenient than for requests, where RFC 9112 asks for it and Go does the same: a bare LF ends a line, a reason may be
/// missing, and a field with a blank before its colon is left out of what the client gets.
package struct ResponseParser: Sendable {
    private var reader = HeadReader()
    private let limits: HeadLimits

    /// Bytes of a response's head, together with the 1xx heads before it, as in Go's client.
    package static let maxHeadBytes = 10 << 20

    package init(limits: HeadLimits = HeadLimits(maxBytes: maxHeadBytes)) {
        self.limits = limits
    }

    /// Takes what it needs of `bytes`, and copies it into `head`; `method` is the request's, which decides about the body.
    package mutating func consume(_ bytes: Span<UInt8>, into head: ResponseHead, answering method: Method)
        -> ResponseStep
    {
        unsafe consume(bytes, into: &head.parsed, answering: method)
    }

    private mutating func consume(
        _ bytes: Span<UInt8>, into parsed: inout ParsedResponse, answering method: Method
    ) -> ResponseStep {
        let step = reader.consume(
            bytes, limits: limits, slab: &parsed.storage.slab, table: &parsed.storage.table, line: &parsed.line)
        switch step {
        case .needMore: return .needMore
        case .tooLarge: return .failed(.headTooLarge)
        case .failed: return .failed(reader.isAtStart ? .statusLine : .fieldLine)
        case .complete(let consumed):
            if let failure = parsed.finish(method: method) { return .failed(failure) }
            return .complete(consumed: consumed)
        }
    }
}

/// What a piece of a response's head came to.
package enum ResponseStep: Sendable, Equatable {
    /// All bytes were taken, and more must come.
    case needMore
    /// The head is whole; the bytes from `consumed` on belong to the body, or to the next head after a 1xx.
    case complete(consumed: Int)
    case failed(MalformedResponse)
}

/// Why a response cannot be passed on; the client gets `UpstreamFailure.malformed`.
package enum MalformedResponse: UInt8, Error, CaseIterable, Sendable {
    case statusLine, fieldLine, framing, headTooLarge, chunk
}
