/// Reads request heads, strictly (RFC 9112), from bytes in whatever pieces they come.
///
/// One parser serves one connection: after `.complete` or `.refused` it begins anew, with a head that was reset.
package struct RequestParser: Sendable {
    private var reader = HeadReader()
    private let limits: HeadLimits

    package init(limits: HeadLimits = HeadLimits()) {
        self.limits = limits
    }

    /// Takes what it needs of `bytes`, and copies it into `head`.
    package mutating func consume(_ bytes: Span<UInt8>, into head: RequestHead) -> HeadStep {
        unsafe consume(bytes, into: &head.parsed)
    }

    private mutating func consume(_ bytes: Span<UInt8>, into parsed: inout ParsedRequest) -> HeadStep {
        let step = reader.consume(
            bytes, limits: limits, slab: &parsed.storage.slab, table: &parsed.storage.table, line: &parsed.line)
        switch step {
        case .needMore: return .needMore
        case .tooLarge: return .refused(.headTooLarge)
        case .failed(.version): return .refused(.version)
        case .failed(.blankInName): return .refused(.fieldName)
        case .failed:
            return .refused(reader.isAtStart ? .requestLine : .fieldLine)
        case .complete(let consumed):
            if let refusal = parsed.finish() { return .refused(refusal) }
            return .complete(consumed: consumed)
        }
    }
}

/// What a piece of a request's head came to.
package enum HeadStep: Sendable, Equatable {
    /// All bytes were taken, and more must come.
    case needMore
    /// The head is whole; the bytes from `consumed` on are the body's, or the next request's.
    case complete(consumed: Int)
    /// The request is answered without being served.
    case refused(Refusal)
}
