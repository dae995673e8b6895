/// `serversTransport` and `http.serversTransports.<name>`: how servers are connected to.
package struct ServersTransportConfiguration: PartlySupported {
    /// Empty: the host of the server's URL.
    package var serverName = ""
    package var insecureSkipVerify = false
    /// Paths, or PEM; empty: what the system trusts.
    package var rootCAs: [String] = []
    package var certificates: [CertificateConfiguration] = []
    /// What the files of `rootCAs` held when they were read, or when they were last good.
    var readRootCAs: [RootCA]?
    /// Idle connections kept for each server in the whole process; 0: Go's default of 2; negative: none.
    package var maxIdleConnsPerHost = 0
    package var disableHTTP2 = false
    package var forwardingTimeouts = ForwardingTimeouts()

    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    /// What `default@internal` is when nothing is written.
    package static let processDefault: ServersTransportConfiguration = {
        var transport = ServersTransportConfiguration()
        transport.maxIdleConnsPerHost = 200
        return transport
    }()

    package static let schema = Schema<Self>(
        Field("serverName", \.serverName, "Asked for and proven by servers, instead of the URL's host."),
        Field("insecureSkipVerify", \.insecureSkipVerify, "Takes any certificate of a server."),
        Field("rootCAs", \.rootCAs, "Who vouches for servers: paths, or PEM. Default: what the system trusts."),
        Field("certificates", \.certificates, "Shown to servers that ask for one."),
        .unsupported("cipherSuites"),
        .unsupported("minVersion"),
        .unsupported("maxVersion"),
        Field(
            "maxIdleConnsPerHost", \.maxIdleConnsPerHost,
            "Idle connections kept for each server; 0: two; negative: none. `serversTransport`: 200."),
        Field("forwardingTimeouts", \.forwardingTimeouts, "How long a server may take."),
        Field("disableHTTP2", \.disableHTTP2, "Accepted; servers are spoken to in HTTP/1.1."),
        .unsupported("peerCertURI"),
        .unsupported("peerCertSANs"),
        .unsupported("spiffe")
    )

    /// One of `rootCAs`, in PEM.
    struct RootCA: Sendable, Equatable {
        var text: String
        /// Why the file cannot be used now: this is what it held before.
        var problem: String?
    }

    /// In PEM, as far as anybody knows.
    var roots: [RootCA] { readRootCAs ?? rootCAs.map { RootCA(text: $0) } }

    /// True when there is something to read.
    var namesCertificates: Bool { !rootCAs.isEmpty || !certificates.isEmpty }

    /// `forwardingTimeouts`.
    package struct ForwardingTimeouts: ConfigurationSection {
        package var dialTimeout = Duration.seconds(30)
        package var responseHeaderTimeout = Duration.zero
        package var idleConnTimeout = Duration.seconds(90)
        package var readIdleTimeout = Duration.zero
        package var pingTimeout = Duration.seconds(15)

        package init() {}

        package static let schema = Schema<Self>(
            Field("dialTimeout", \.dialTimeout, "Time to connect; 0: any."),
            Field(
                "responseHeaderTimeout", \.responseHeaderTimeout,
                "Time from the request's end to the response's head; 0: any."),
            Field("idleConnTimeout", \.idleConnTimeout, "Time an idle connection is kept; 0: any."),
            Field("readIdleTimeout", \.readIdleTimeout, "Accepted; for HTTP/2."),
            Field("pingTimeout", \.pingTimeout, "Accepted; for HTTP/2.")
        )
    }
}
