internal import COpenSSL

/// How clients are answered in TLS: which certificate for which name, TLS 1.2 and 1.3, sessions resumed.
///
/// Never changed: new certificates are a new context, which takes the keys of the tickets over, and connections that are there go
/// on with theirs. May be given to any number of loops.
///
/// A name finds the certificate that has it word for word, else the one with the fewest labels replaced by `*`, as Traefik; of
/// several the first. Who asks for no name, or for one that nobody has, gets the default.
// Safe to share: contexts are written to only in `init`, before this is shared; the tables never change.
@safe
package final class TLSServerContext: @unchecked Sendable {
    /// How long a handshake may take; zero: as long as it likes.
    package let handshakeTimeout: Duration
    private let fallback: TLSCertificate
    private let context: OpaquePointer
    private let byName: [String: TLSCertificate]
    private let hasAddresses: Bool

    /// - Parameters:
    ///   - certificates: Which may be shown.
    ///   - fallback: The default.
    ///   - handshakeTimeout: How long a handshake may take; zero: as long as it likes.
    ///   - previous: Whose sessions go on.
    /// - Throws: `TLSConfigurationError` when there is no memory.
    package init(
        certificates: [TLSCertificate], default fallback: TLSCertificate, handshakeTimeout: Duration = .seconds(60),
        resuming previous: TLSServerContext? = nil
    ) throws(TLSConfigurationError) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw .failed("no TLS context") }
        var byName: [String: TLSCertificate] = [:]
        var hasAddresses = false
        for certificate in certificates + [fallback] {
            for name in certificate.served where byName[name] == nil {
                byName[name] = certificate
                if SocketAddress(host: name, port: 0) != nil { hasAddresses = true }
            }
        }
        unsafe self.context = unsafe context
        self.fallback = fallback
        self.byName = byName
        self.hasAddresses = hasAddresses
        self.handshakeTimeout = handshakeTimeout
        unsafe tls_prepare_server_context(context)
        if let previous { unsafe tls_copy_ticket_keys(previous.context, context) }
        unsafe tls_on_server_name(
            context, { ssl, _, argument in unsafe TLSServerContext.nameAsked(ssl, argument) },
            Unmanaged.passUnretained(self).toOpaque())
    }

    deinit { unsafe SSL_CTX_free(context) }

    /// Which certificate is shown to who asks for the name; for tests and readings.
    package func certificate(for name: String) -> TLSCertificate { find(name) ?? fallback }

    /// A session about to begin its handshake; nil when there is no memory for it.
    func makeSession(_ memory: TLSMemory, localAddress: SocketAddress?) -> TLSSession? {
        guard let ssl = unsafe SSL_new(context) else { return nil }
        unsafe SSL_set_accept_state(ssl)
        var shown = fallback
        if hasAddresses, let localAddress, let found = byName[localAddress.host] { shown = found }
        _ = unsafe SSL_set_SSL_CTX(ssl, shown.context)
        return unsafe TLSSession(ssl, memory: memory, context: self)
    }

    private func find(_ name: String) -> TLSCertificate? {
        var name = name.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if let exact = byName[name] { return exact }
        var labels = name.split(separator: ".", omittingEmptySubsequences: false)
        for index in labels.indices {
            labels[index] = "*"
            if let found = byName[labels.joined(separator: ".")] { return found }
        }
        return nil
    }

    private static func nameAsked(_ ssl: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        guard let argument = unsafe argument,
            let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
        else { return SSL_TLSEXT_ERR_OK }
        // The session holds the context for as long as it lives.
        unsafe Unmanaged<TLSServerContext>.fromOpaque(argument)._withUnsafeGuaranteedRef { server in
            _ = unsafe SSL_set_SSL_CTX(ssl, server.certificate(for: String(cString: name)).context)
        }
        return SSL_TLSEXT_ERR_OK
    }

    /// HTTP/1.1 for clients that ask; others that ask for something else are refused, as by Traefik.
    static func selectProtocol(_ context: OpaquePointer) {
        unsafe SSL_CTX_set_alpn_select_cb(
            context,
            { _, chosen, count, offered, length, _ in
                let known: StaticString = "http/1.1"
                var offset = 0
                while offset < Int(length), let offered = unsafe offered {
                    let size = Int(unsafe offered[offset])
                    guard offset + 1 + size <= Int(length) else { break }
                    if size == known.utf8CodeUnitCount,
                        unsafe memcmp(offered + offset + 1, known.utf8Start, size) == 0
                    {
                        unsafe chosen?.pointee = offered + offset + 1
                        unsafe count?.pointee = UInt8(size)
                        return SSL_TLSEXT_ERR_OK
                    }
                    offset += 1 + size
                }
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }, nil)
    }
}
