package import SpeculaHTTP

/// Why a request brought no whole response.
package enum ClientFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// No connection, or one that broke before the response's head; a reset or an end in the middle of the body too.
    case upstream(UpstreamFailure)
    case headTimedOut
    /// Nothing came for longer than `ClientLimits.idle`.
    case idleTimedOut
    /// The whole took longer than `ClientLimits.whole`.
    case timedOut
    /// The body is larger than `ClientLimits.bodyBytes`.
    case tooLarge(limit: Int)
    /// The caller's task was cancelled, or the stream was let go.
    case cancelled
    /// The client has been stopped.
    case stopped
    /// `https://` without a way to speak TLS.
    case needsTLS
    /// Certificates or keys that cannot be used.
    case tlsSettings(String)

    package var description: String {
        switch self {
        case .upstream(let failure): Self.text(failure)
        case .headTimedOut: "no response in time"
        case .idleTimedOut: "the connection went silent"
        case .timedOut: "took too long"
        case .tooLarge(let limit): "the response is larger than \(limit) bytes"
        case .cancelled: "cancelled"
        case .stopped: "the client has been stopped"
        case .needsTLS: "https is not possible here"
        case .tlsSettings(let what): what
        }
    }

    private static func text(_ failure: UpstreamFailure) -> String {
        switch failure {
        case .refused: "connection refused"
        case .unreachable: "no route to the host"
        case .unresolved: "the name has no address"
        case .connectTimedOut: "could not connect in time"
        case .tls, .tlsRefused: "the TLS handshake failed or the certificate was not accepted"
        case .headTimedOut: "no response in time"
        case .reset: "the connection was reset"
        case .closedEarly: "the connection ended before the response did"
        case .malformed: "what came is no HTTP response"
        case .interimTooLarge: "too much came before the response"
        case .noServer, .clientGone, .requestMalformed, .connectMethod, .internalError: "internal error"
        }
    }
}
