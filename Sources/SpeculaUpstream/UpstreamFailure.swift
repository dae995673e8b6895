/// Why an upstream request gave no whole response: a value, never thrown on the data path.
///
/// The case decides the status that the client gets (Traefik's table) and the outcome that a copy is counted under.
package enum UpstreamFailure: Error, Hashable, Sendable {
    /// No server of the load balancer may be chosen.
    case noServer
    /// The server's name has no address.
    case unresolved
    /// Refused, unreachable or out of ports.
    case connectFailed
    /// No connection within the transport's `dialTimeout`.
    case connectTimedOut
    /// The server closed before a response head was whole.
    case closedEarly
    /// The server reset the connection before a response head was whole.
    case reset
    /// No response head within the transport's `responseHeaderTimeout`.
    case responseTimedOut
    /// What came was no HTTP response.
    case malformed
    /// The response's body broke off after its head had been passed on.
    case truncated

    /// The status that a client gets when nothing has been passed on yet. (Traefik: `pkg/proxy/httputil`)
    package var status: UInt16 {
        switch self {
        case .noServer: 503
        case .connectTimedOut, .responseTimedOut: 504
        case .malformed: 500
        case .unresolved, .connectFailed, .closedEarly, .reset, .truncated: 502
        }
    }
}
