internal import SpeculaClient

/// Why the API server did not give what was asked for.
package enum ClusterFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// 401: the token or certificate is not accepted.
    case unauthorized
    /// 403: RBAC.
    case forbidden(String)
    /// 404: the kind is not served, as when its CRD is not installed.
    case missing
    /// 410: the version is too old.
    case expired
    /// 429 and 5xx, with what the server asks for.
    case overloaded(status: Int, retryAfter: Duration?)
    case status(Int)
    /// No connection, or one that broke.
    case connection(String)
    /// Nothing came for long: the other end may be gone.
    case silent
    case malformed(String)
    /// A page of a list is longer than is read.
    case tooLarge(limit: Int)
    /// Token, kubeconfig or certificates cannot be read.
    case credentials(String)
    /// They are of a form that is not supported, which no later reading will change.
    case unsupported(String)

    init(_ failure: ClientFailure) {
        self =
            switch failure {
            case .idleTimedOut: .silent
            case .tooLarge(let limit): .tooLarge(limit: limit)
            default: .connection(failure.description)
            }
    }

    /// The `reason` of `specula_kubernetes_watch_failures_total`.
    package var reason: Reason {
        switch self {
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .missing: .missing
        case .expired: .expired
        case .overloaded: .overloaded
        case .status: .status
        case .connection: .connection
        case .silent: .silent
        case .malformed, .tooLarge: .malformed
        case .credentials, .unsupported: .credentials
        }
    }

    package enum Reason: String, Sendable, CaseIterable {
        case unauthorized, forbidden, missing, expired, overloaded, status, connection, silent, malformed, credentials
    }

    package var description: String {
        switch self {
        case .unauthorized: "401: the API server does not accept the token or certificate"
        case .forbidden(let message): "403: \(message)"
        case .missing: "404: the API server does not serve this kind; is its CRD installed?"
        case .expired: "410: too old a version"
        case .overloaded(let status, _), .status(let status): "the API server answered \(status)"
        case .connection(let what): what
        case .silent: "the connection went silent"
        case .malformed(let what): "what the API server sent cannot be read: \(what)"
        case .tooLarge(let limit): "a page of the list is larger than \(limit) bytes"
        case .credentials(let what), .unsupported(let what): what
        }
    }
}
