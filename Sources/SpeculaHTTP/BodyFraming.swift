/// How the body of a message ends (RFC 9112 section 6.3).
package enum BodyFraming: Sendable, Hashable {
    /// There is no body.
    case none
    /// So many bytes; a request with `Content-Length: 0` has this, not `.none`.
    case length(UInt64)
    /// In chunks.
    case chunked
    /// With the connection; responses only.
    case untilClose
}

extension HeadStorage {
    /// Reads a `Content-Length`: digits only, at most 18 of them; nil for anything else.
    func length(of field: Field) -> UInt64? {
        let count = Int(field.valueCount)
        guard count > 0, count <= 18 else { return nil }
        let bytes = slab.span
        var value: UInt64 = 0
        for offset in field.valueRange {
            let digit = bytes[offset] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return value
    }
}
