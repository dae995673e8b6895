/// Why a leg brought no response, and what the client is told (traefik.md 6.3).
///
/// | failure | status | body |
/// |---|---|---|
/// | noServer | 503 | `no available server` |
/// | refused, unreachable, unresolved, tlsRefused, reset, closedEarly, interimTooLarge | 502 | `Bad Gateway` |
/// | connectTimedOut, headTimedOut | 504 | `Gateway Timeout` |
/// | clientGone | 499 | `Client Closed Request` |
/// | malformed, tls, internalError | 500 | `Internal Server Error` |
/// | requestMalformed | 400 | `400 Bad Request` |
/// | connectMethod | 501 | |
package enum UpstreamFailure: UInt8, Error, CaseIterable, Sendable {
    /// The balancer has no server that is up.
    case noServer
    case refused, unreachable
    /// The name of the server has no address.
    case unresolved
    case connectTimedOut
    /// The server's certificate is not accepted, or it does not speak TLS.
    case tls
    /// The server ended the TLS handshake, by an alert or by closing.
    case tlsRefused
    /// No response head within `responseHeaderTimeout`.
    case headTimedOut
    /// The server reset the connection before its response began.
    case reset
    /// The server closed the connection before its response was whole.
    case closedEarly
    /// What the server sent is no HTTP response.
    case malformed
    /// The server's 1xx heads and the head behind them are together larger than one head may be.
    case interimTooLarge
    /// The client went before the response began.
    case clientGone
    /// The client's body is malformed.
    case requestMalformed
    /// `CONNECT` in HTTP/1.1.
    case connectMethod
    case internalError

    package var response: SyntheticResponse {
        switch self {
        case .noServer: .noAvailableServer
        case .refused, .unreachable, .unresolved, .tlsRefused, .reset, .closedEarly, .interimTooLarge: .badGateway
        case .connectTimedOut, .headTimedOut: .gatewayTimeout
        case .clientGone: .clientClosedRequest
        case .tls, .malformed, .internalError: .internalServerError
        case .requestMalformed: .badRequest
        case .connectMethod: .notImplemented
        }
    }

    package var status: UInt16 { response.status }
}
