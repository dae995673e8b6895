/// Finds the payload in the bytes of a body, whatever pieces they come in (RFC 9112 sections 6 and 7).
///
/// It lends nothing and copies nothing but trailers: `next` answers with ranges of the bytes it was given.
package struct BodyDecoder: Sendable {
    @usableFromInline var remaining: UInt64 = 0
    @usableFromInline var kind: Kind
    private var chunked = ChunkedDecoder()
    /// The chunked decoder has been used since it was new.
    @usableFromInline private(set) var hasChunks: Bool

    @usableFromInline enum Kind: UInt8, Sendable {
        case counted, chunked, untilClose, ended
    }

    package init(_ framing: BodyFraming) {
        switch framing {
        case .none: kind = .ended
        case .length(let count):
            kind = .counted
            remaining = count
        case .chunked: kind = .chunked
        case .untilClose: kind = .untilClose
        }
        hasChunks = kind == .chunked
    }

    /// What stood behind the last chunk; nil, as nearly always, when nothing did.
    ///
    /// Mutating only so that to ask copies nothing.
    package mutating func trailersIfAny() -> TrailerBlock? {
        hasChunks && !chunked.trailers.isEmpty ? chunked.trailers : nil
    }

    /// Starts on another body; what stood behind the last one is forgotten.
    package mutating func restart(_ framing: BodyFraming) {
        if kind == .chunked || hasChunks { self = BodyDecoder(.none) }
        switch framing {
        case .none: kind = .ended
        case .length(let count):
            kind = .counted
            remaining = count
        case .chunked:
            kind = .chunked
            hasChunks = true
        case .untilClose: kind = .untilClose
        }
    }

    /// Whether the last byte of the body was seen.
    @inlinable package var isEnded: Bool { kind == .ended || kind == .counted && remaining == 0 }

    /// Payload that is still to come, where the framing says it; 0 where it does not.
    @inlinable package var announcedRest: UInt64 { kind == .counted ? remaining : 0 }

    /// What stood behind the last chunk.
    package var trailers: TrailerBlock { chunked.trailers }

    /// Whether a connection that closes now ends the body as it should.
    package var mayEndByClose: Bool { isEnded || kind == .untilClose }

    /// Looks at `bytes` from `offset` on; call it again from the end of a payload until it wants more or the body ends.
    package mutating func next(_ bytes: Span<UInt8>, from offset: Int) -> BodyStep {
        switch kind {
        case .ended: return .end(offset: offset)
        case .untilClose: return offset < bytes.count ? .payload(offset..<bytes.count) : .needMore
        case .counted:
            if remaining == 0 {
                kind = .ended
                return .end(offset: offset)
            }
            let available = bytes.count - offset
            guard available > 0 else { return .needMore }
            let count = UInt64(available) < remaining ? available : Int(remaining)
            remaining -= UInt64(count)
            return .payload(offset..<offset + count)
        case .chunked:
            let step = chunked.next(bytes, from: offset)
            if case .end = step { kind = .ended }
            return step
        }
    }
}

/// What a look at a body's bytes came to.
package enum BodyStep: Sendable, Equatable {
    /// These bytes are payload; go on behind them.
    case payload(Range<Int>)
    /// The body ended before `offset`.
    case end(offset: Int)
    /// All bytes were taken, and more must come.
    case needMore
    /// The body is malformed.
    case refused(Refusal)
}
