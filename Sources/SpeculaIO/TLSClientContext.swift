internal import COpenSSL

/// How servers are spoken to in TLS: whom to trust, and who we are.
package struct TLSClientConfiguration: Hashable, Sendable {
    /// Whose certificates vouch for a server.
    package enum Roots: Hashable, Sendable {
        /// What the system trusts.
        case system
        /// These alone: certificates in PEM, one or several in each text.
        case pem([String])
    }

    /// A certificate with what leads to its root, and its key, in PEM.
    package struct Identity: Hashable, Sendable {
        package var certificate: String
        package var key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    package var roots: Roots
    /// The name that servers are asked for and must prove to have, instead of the host connected to.
    package var serverName: String?
    /// Shown to servers that ask for it.
    package var identities: [Identity]
    /// Takes any certificate.
    ///
    /// Default false.
    package var insecureSkipVerify: Bool
    /// How long the handshake may take.
    ///
    /// Default 10 s, as Traefik's.
    package var handshakeTimeout: Duration

    package init(
        roots: Roots = .system, serverName: String? = nil, identities: [Identity] = [],
        insecureSkipVerify: Bool = false, handshakeTimeout: Duration = .seconds(10)
    ) {
        self.roots = roots
        self.serverName = serverName
        self.identities = identities
        self.insecureSkipVerify = insecureSkipVerify
        self.handshakeTimeout = handshakeTimeout
    }
}

/// A `TLSClientConfiguration` made ready: TLS 1.2 and 1.3, sessions resumed.
///
/// Making one reads the system's roots and parses keys: not on a loop. May be given to any number of loops.
// Safe to share: the context is written to only in `init`; OpenSSL counts references to it atomically and locks its store.
@safe
package final class TLSClientContext: @unchecked Sendable {
    let context: OpaquePointer
    package let configuration: TLSClientConfiguration

    package init(_ configuration: TLSClientConfiguration) throws(TLSConfigurationError) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()) else { throw .failed("no TLS context") }
        unsafe self.context = unsafe context
        self.configuration = configuration
        unsafe tls_prepare_context(context)
        unsafe SSL_CTX_set_verify(context, configuration.insecureSkipVerify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nil)
        unsafe tls_keep_client_sessions(context)
        unsafe SSL_CTX_sess_set_new_cb(context) { ssl, session in
            guard let peer = unsafe SSL_get_ex_data(ssl, 0), let session = unsafe session else { return 0 }
            unsafe Unmanaged<TLSPeer>.fromOpaque(peer)._withUnsafeGuaranteedRef { unsafe $0.remember(session) }
            return 1
        }
        switch configuration.roots {
        case .system: if !configuration.insecureSkipVerify { unsafe PEM.trustSystem(context) }
        case .pem(let texts): for text in texts { unsafe try PEM.trust(text, in: context) }
        }
        for identity in configuration.identities {
            unsafe try PEM.use(certificate: identity.certificate, key: identity.key, in: context)
        }
    }

    deinit { unsafe SSL_CTX_free(context) }
}

/// A server as TLS sees it: through which context, by which name, and the session that may be resumed.
///
/// Bound to its loop; one for each server that connections are opened to.
@safe
package final class TLSPeer {
    package let context: TLSClientContext
    private let name: String
    private var session: OpaquePointer?

    /// - `host`: What is connected to, a name or an address; the configuration's `serverName` goes before it.
    package init(_ context: TLSClientContext, host: String) {
        self.context = context
        var name = context.configuration.serverName ?? host
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        while name.hasSuffix(".") { name.removeLast() }
        self.name = name
    }

    deinit { unsafe SSL_SESSION_free(session) }

    /// Takes a session over.
    func remember(_ session: OpaquePointer) {
        unsafe SSL_SESSION_free(self.session)
        unsafe self.session = unsafe session
    }

    /// A session about to begin its handshake; nil when there is no memory for it.
    ///
    /// - `wallClock`: Certificates must be valid then.
    func makeSession(_ memory: TLSMemory, wallClock: WallTime) -> TLSSession? {
        guard let ssl = unsafe SSL_new(context.context) else { return nil }
        unsafe SSL_set_connect_state(ssl)
        let parameters = unsafe SSL_get0_param(ssl)
        unsafe X509_VERIFY_PARAM_set_time(parameters, Int(wallClock.seconds))
        unsafe X509_VERIFY_PARAM_set_hostflags(
            parameters, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        if SocketAddress(host: name, port: 0) != nil {
            unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, name)
        } else {
            unsafe X509_VERIFY_PARAM_set1_host(parameters, name, name.utf8.count)
            _ = unsafe tls_set_server_name(ssl, name)
        }
        if unsafe session != nil { _ = unsafe SSL_set_session(ssl, session) }
        return unsafe TLSSession(ssl, memory: memory, peer: self)
    }
}

@available(*, unavailable)
extension TLSPeer: Sendable {}

extension TLSClientContext: Hashable {
    package static func == (one: TLSClientContext, other: TLSClientContext) -> Bool { one === other }

    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
