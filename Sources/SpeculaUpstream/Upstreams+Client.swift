package import SpeculaIO
internal import SpeculaRouting

extension Upstreams {
    /// The pool of a server that no configuration names: the control plane's client asks by host and port.
    ///
    /// - Parameters:
    ///   - host: A name or an address, an IPv6 address without brackets.
    ///   - port: The port.
    ///   - dialTimeout: Time for the name and the connection together.
    ///   - idleTimeout: How long an unused connection is kept.
    ///   - tls: Nil: in the clear.
    /// - Returns: The one pool with these properties.
    package func pool(
        host: String, port: UInt16, dialTimeout: Duration, idleTimeout: Duration, tls: TLSClientContext? = nil
    ) -> ServerPool {
        let server = ServerPlan(
            url: "", isTLS: tls != nil, host: host, port: port, authority: "", pathPrefix: "", weight: 1,
            isFenced: false,
            stickyValue: "")
        let transport = TransportPlan(
            name: "client", dialTimeout: dialTimeout, idleConnectionTimeout: idleTimeout, maxIdleConnectionsPerHost: 4)
        return pool(for: server, transport: transport, lane: .mirror, tls: tls)
    }
}
