/// Names of fields that the gateway gives a meaning to; one byte in a field's entry, recognised without regard to case.
package enum KnownField: UInt8, Sendable, CaseIterable {
    /// Every other name: passed through.
    case other
    case host, te, connection, contentLength, transferEncoding, keepAlive, proxyConnection, trailer, upgrade, expect
    case proxyAuthenticate, proxyAuthorization
    // Those that Traefik manages, `xRealIp` the last of them.
    case xForwardedFor, xForwardedHost, xForwardedPort, xForwardedProto, xForwardedScheme, xForwardedServer
    case xForwardedUri, xForwardedMethod, xForwardedPrefix, xForwardedTlsClientCert, xForwardedTlsClientCertInfo
    case xScheme, xRealIp
    case cookie, setCookie, accept, contentType, date, userAgent, authorization, acceptEncoding, acceptLanguage
    case contentEncoding, server, location, referer, origin, cacheControl, etag, lastModified, grpcStatus, xApiKey
    case xRequestId, traceparent, tracestate, vary
    case secWebsocketKey, secWebsocketAccept, secWebsocketExtensions, secWebsocketProtocol, secWebsocketVersion
    /// Ours: the mirrors that a copy has passed.
    case xSpeculaMirrored
}

/// A set of known fields as one word.
struct KnownFieldSet: Sendable {
    var bits: UInt64

    @inline(__always)
    init(_ field: KnownField) { bits = 1 &<< UInt64(field.rawValue) }

    @inline(__always)
    init(_ first: KnownField, _ second: KnownField) {
        bits = 1 &<< UInt64(first.rawValue) | 1 &<< UInt64(second.rawValue)
    }

    @inline(__always)
    init(_ first: KnownField, _ second: KnownField, _ third: KnownField) {
        bits = KnownFieldSet(first, second).bits | 1 &<< UInt64(third.rawValue)
    }

    @inline(__always)
    init(bits: UInt64) { self.bits = bits }

    @inline(__always)
    func contains(_ field: KnownField) -> Bool {
        (bits &>> UInt64(field.rawValue)) & 1 != 0
    }

    @inline(__always)
    mutating func insert(_ field: KnownField) {
        bits |= 1 &<< UInt64(field.rawValue)
    }

    @inline(__always)
    func intersects(_ other: KnownFieldSet) -> Bool { bits & other.bits != 0 }

    @inline(__always)
    static func range(_ first: KnownField, _ last: KnownField) -> KnownFieldSet {
        KnownFieldSet(bits: (1 &<< (UInt64(last.rawValue) &+ 1)) &- (1 &<< UInt64(first.rawValue)))
    }

    /// What never passes the gateway in either direction (RFC 9110 section 7.6.1), `Te` and `Trailer` among them.
    @inline(__always) static var hopByHop: KnownFieldSet {
        var set = range(.te, .connection)
        set.bits |= range(.transferEncoding, .upgrade).bits | range(.proxyAuthenticate, .proxyAuthorization).bits
        return set
    }
    /// The fields that Traefik deletes from a client it does not trust, and then writes itself.
    @inline(__always) static var managed: KnownFieldSet { range(.xForwardedFor, .xRealIp) }
    /// What decides where a message ends, and for whom it is; no `Connection` list takes them away.
    @inline(__always) static var essential: KnownFieldSet {
        var set = range(.host, .host)
        set.bits |= range(.contentLength, .transferEncoding).bits
        return set
    }
}
