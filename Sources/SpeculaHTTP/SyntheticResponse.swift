/// An answer of the gateway's own: status, body and fields as Traefik sends them (traefik.md 6.3, golden recordings).
package enum SyntheticResponse: UInt8, CaseIterable, Sendable {
    case notFound, badRequest, requestTooLarge, teapot, misdirected, clientClosedRequest, internalServerError
    case notImplemented, badGateway, noAvailableServer, serviceUnavailable, gatewayTimeout

    package var status: UInt16 {
        switch self {
        case .badRequest: 400
        case .notFound: 404
        case .requestTooLarge: 413
        case .teapot: 418
        case .misdirected: 421
        case .clientClosedRequest: 499
        case .internalServerError: 500
        case .notImplemented: 501
        case .badGateway: 502
        case .noAvailableServer, .serviceUnavailable: 503
        case .gatewayTimeout: 504
        }
    }

    package var body: StaticString {
        switch self {
        case .badRequest: "400 Bad Request"
        case .notFound: "404 page not found\n"
        case .requestTooLarge: "Request body too large\n"
        case .teapot, .notImplemented: ""
        case .misdirected: "Misdirected Request\n"
        case .clientClosedRequest: "Client Closed Request"
        case .internalServerError: "Internal Server Error"
        case .badGateway: "Bad Gateway"
        case .noAvailableServer: "no available server\n"
        case .serviceUnavailable: "Service Unavailable\n"
        case .gatewayTimeout: "Gateway Timeout"
        }
    }

    /// Whether the body is announced as text that nobody may sniff: what Go's `http.Error` writes.
    package var isTyped: Bool {
        switch self {
        case .notFound, .requestTooLarge, .misdirected, .noAvailableServer, .serviceUnavailable: true
        case .badRequest, .teapot, .clientClosedRequest, .internalServerError, .notImplemented, .badGateway,
            .gatewayTimeout:
            false
        }
    }

    /// Bytes that `write` needs at most, with a date line of 64 bytes.
    package static var sizeBound: Int { 512 }

    /// Writes head and body; the body is left out for `HEAD`.
    ///
    /// - Parameters:
    ///   - writer: Where to.
    ///   - method: The request's.
    ///   - version: The client's.
    ///   - keepAlive: Whether the client's connection goes on.
    ///   - dateLine: `Date: … CRLF`, which the caller keeps for a second.
    /// - Returns: The bytes of the body written.
    @discardableResult
    package func write(
        into writer: inout ByteWriter, answering method: Method, version: Version, keepAlive: Bool,
        dateLine: Span<UInt8>
    ) -> Int {
        StatusText.writeLine(status, version: version, into: &writer)
        if isTyped {
            writer.append("Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n")
        }
        writer.append(dateLine)
        writer.append("Content-Length: ")
        writer.append(decimal: UInt64(body.utf8CodeUnitCount))
        writer.append("\r\n")
        if !keepAlive, version == .http11 { writer.append("Connection: close\r\n") }
        if keepAlive, version == .http10 { writer.append("Connection: keep-alive\r\n") }
        writer.append("\r\n")
        if method == .head { return 0 }
        writer.append(body)
        return body.utf8CodeUnitCount
    }
}

extension Refusal {
    /// Writes the answer as Traefik sends it; those that close the connection have no length and end with it.
    package func write(into writer: inout ByteWriter, version: Version = .http11, dateLine: Span<UInt8>) {
        StatusText.writeLine(status, version: version, into: &writer)
        if closesConnection, self != .expectation {
            writer.append("Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
            writer.append(body)
            return
        }
        if self == .underscore {
            writer.append("Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n")
        }
        if self == .expectation { writer.append("Connection: close\r\n") }
        writer.append(dateLine)
        writer.append("Content-Length: ")
        writer.append(decimal: UInt64(body.utf8CodeUnitCount))
        writer.append("\r\n\r\n")
        writer.append(body)
    }
}
