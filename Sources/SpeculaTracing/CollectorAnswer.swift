/// What a collector's answer means for a portion of spans. (OpenTelemetry: OTLP/HTTP response)
package enum CollectorAnswer: Equatable, Sendable {
    /// Taken, but for so many spans.
    case taken(rejected: UInt64)
    /// To be sent again, not before the collector's own word if it gave one.
    case later(Duration?)
    /// Not to be sent again.
    case refused

    /// - Parameters:
    ///   - status: The response's.
    ///   - retryAfter: The value of `Retry-After`; only seconds are understood.
    ///   - body: Of a protobuf response; how many spans were left out stands in it.
    package init(status: Int, retryAfter: String?, body: [UInt8]) {
        switch status {
        case 200..<300: self = .taken(rejected: Self.rejectedSpans(body))
        case 429, 502, 503, 504: self = .later(retryAfter.flatMap { Int($0) }.map { .seconds(max(0, min($0, 3600))) })
        default: self = .refused
        }
    }

    /// `partial_success.rejected_spans`; anything that is no such message says nothing.
    private static func rejectedSpans(_ body: [UInt8]) -> UInt64 {
        var reader = WireReader(body[...])
        while let (field, value) = reader.next() {
            guard field == 1, case .bytes(let partial) = value else { continue }
            var inner = WireReader(partial)
            while let (field, value) = inner.next() {
                if field == 1, case .number(let count) = value, count < 1 << 62 { return count }
            }
        }
        return 0
    }
}

/// Reads protobuf's wire format as far as it makes sense.
private struct WireReader {
    enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func next() -> (field: UInt64, value: Value)? {
        guard let tag = varint() else { return nil }
        switch tag & 7 {
        case 0: return varint().map { (tag >> 3, .number($0)) }
        case 1: return take(8).map { (tag >> 3, .bytes($0)) }
        case 2: return varint().flatMap { take($0) }.map { (tag >> 3, .bytes($0)) }
        case 5: return take(4).map { (tag >> 3, .bytes($0)) }
        default: return nil
        }
    }

    private mutating func take(_ count: UInt64) -> ArraySlice<UInt8>? {
        guard count <= UInt64(rest.count) else { return nil }
        let taken = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        return taken
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
