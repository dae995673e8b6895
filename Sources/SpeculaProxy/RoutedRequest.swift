internal import SpeculaHTTP
internal import SpeculaRouting
internal import SpeculaUpstream

/// A parsed request as the route table looks at it.
///
/// Rules see forwarded fields as servers will: from a client that is not trusted, its own are not there, and ours are.
internal struct RoutedRequest: RequestFacts {
    let head: RequestHead
    let clientAddress: (UInt64, UInt64)
    let origin: ForwardContext

    func withHost(_ body: (Span<UInt8>) -> Void) { head.withHost(body) }
    func withPath(_ body: (Span<UInt8>) -> Void) { head.withDecodedPath(body) }
    func withQuery(_ body: (Span<UInt8>) -> Void) { head.withQuery(body) }
    func withMethod(_ body: (Span<UInt8>) -> Void) { head.withMethodBytes(body) }

    func anyField(named name: Span<UInt8>, where test: (Span<UInt8>) -> Bool) -> Bool {
        if !origin.isTrusted, let managed = ManagedField(name) {
            return value(of: managed).map { test($0.span) } ?? false
        }
        return head.anyField(named: name, where: test)
    }

    /// What the gateway itself will write; nil where it writes nothing before the rules have spoken.
    private func value(of field: ManagedField) -> [UInt8]? {
        switch field {
        case .realIP: origin.clientAddress
        case .proto: Array((origin.isTLS ? "https" : "http").utf8)
        case .host: head.withAuthority { bytes in bytes.indices.map { bytes[$0] } }
        case .other: nil
        }
    }
}

/// The fields that tell of proxies before this one: only believed from those who are trusted.
private enum ManagedField {
    case realIP, proto, host, other

    private static let names: [([UInt8], ManagedField)] = [
        ("x-real-ip", .realIP), ("x-forwarded-proto", .proto), ("x-forwarded-host", .host), ("x-forwarded-for", .other),
        ("x-forwarded-port", .other), ("x-forwarded-server", .other), ("x-forwarded-uri", .other),
        ("x-forwarded-method", .other), ("x-forwarded-prefix", .other), ("x-forwarded-scheme", .other),
        ("x-forwarded-tls-client-cert", .other), ("x-forwarded-tls-client-cert-info", .other), ("x-scheme", .other),
    ].map { (Array($0.utf8), $1) }

    init?(_ name: Span<UInt8>) {
        guard name.count > 7, name[0] == UInt8(ascii: "x") else { return nil }
        for (known, field) in Self.names where known.count == name.count {
            if known.indices.allSatisfy({ known[$0] == name[$0] }) {
                self = field
                return
            }
        }
        return nil
    }
}
