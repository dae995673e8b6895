/// The label values of requests: closed sets, so that no client can grow the number of series.

/// The `method` label: Traefik's ten methods by name, anything else folded. (RFC 9110, 9.1: methods are case-sensitive.)
package enum MethodLabel: UInt8, CaseIterable, Sendable {
    case get, head, post, put, delete, connect, options, trace, patch, pri
    /// Any other method that is valid UTF-8, `get` and `PROPFIND` among them.
    case `extension`
    /// A method that is not valid UTF-8.
    case nonUTF8

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .connect: "CONNECT"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        case .pri: "PRI"
        case .extension: "EXTENSION_METHOD"
        case .nonUTF8: "NON_UTF8_HTTP_METHOD"
        }
    }
}

/// The `protocol` label: what the request asked for, not the version of HTTP.
package enum ProtocolLabel: UInt8, CaseIterable, Sendable {
    case http, websocket, sse, grpc, grpcWeb

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .http: "http"
        case .websocket: "websocket"
        case .sse: "sse"
        case .grpc: "grpc"
        case .grpcWeb: "grpc-web"
        }
    }
}

/// The `tls_version` label of the client's connection.
package enum TLSVersionLabel: UInt8, CaseIterable, Sendable {
    case unknown, tls10, tls11, tls12, tls13

    /// The label of a version as it stands on the wire, `0x0304` for TLS 1.3. (RFC 8446, 4.1.2)
    package init(wire: UInt16) {
        switch wire {
        case 0x0301: self = .tls10
        case 0x0302: self = .tls11
        case 0x0303: self = .tls12
        case 0x0304: self = .tls13
        default: self = .unknown
        }
    }

    /// The text of the label.
    package var text: StaticString {
        switch self {
        case .unknown: "unknown"
        case .tls10: "1.0"
        case .tls11: "1.1"
        case .tls12: "1.2"
        case .tls13: "1.3"
        }
    }
}

/// The `tls_cipher` label: a cipher suite by its IANA number, shown by the name that Go's `crypto/tls` has for it.
package struct TLSCipherLabel: Hashable, Sendable {
    /// The number of the suite on the wire.
    package let suite: UInt16

    package init(suite: UInt16) { self.suite = suite }

    /// The text of the label; `unknown` for suites that Traefik has no name for.
    package var text: StaticString {
        switch suite {
        case 0x0005: "TLS_RSA_WITH_RC4_128_SHA"
        case 0x000a: "TLS_RSA_WITH_3DES_EDE_CBC_SHA"
        case 0x002f: "TLS_RSA_WITH_AES_128_CBC_SHA"
        case 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA"
        case 0x003c: "TLS_RSA_WITH_AES_128_CBC_SHA256"
        case 0x009c: "TLS_RSA_WITH_AES_128_GCM_SHA256"
        case 0x009d: "TLS_RSA_WITH_AES_256_GCM_SHA384"
        case 0x1301: "TLS_AES_128_GCM_SHA256"
        case 0x1302: "TLS_AES_256_GCM_SHA384"
        case 0x1303: "TLS_CHACHA20_POLY1305_SHA256"
        case 0x5600: "TLS_FALLBACK_SCSV"
        case 0xc007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"
        case 0xc009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"
        case 0xc00a: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
        case 0xc011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA"
        case 0xc012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"
        case 0xc013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"
        case 0xc014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"
        case 0xc023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"
        case 0xc027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"
        case 0xc02b: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
        case 0xc02c: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"
        case 0xc02f: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        case 0xc030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
        case 0xcca8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"
        case 0xcca9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
        default: "unknown"
        }
    }
}
