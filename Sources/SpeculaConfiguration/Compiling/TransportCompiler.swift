internal import SpeculaRouting

/// Turns transports into their plans, in the order of their names.
enum TransportCompiler {
    /// Plans, where each stands (nil: disabled), and what is wrong.
    static func compile(
        _ transports: [String: ServersTransportConfiguration]
    ) -> (plans: [TransportPlan], indices: [String: TransportIndex?], diagnostics: [Diagnostic]) {
        var plans: [TransportPlan] = []
        var indices: [String: TransportIndex?] = [:]
        var diagnostics: [Diagnostic] = []
        for (name, transport) in transports.sorted(by: { $0.key < $1.key }) {
            guard transport.unsupported.isEmpty else {
                indices[name] = .some(nil)
                diagnostics += transport.unsupported.map {
                    Diagnostic(
                        .error, at: $0.location, keyPath: $0.keyPath, "not supported yet", kind: .notSupported)
                }
                continue
            }
            indices[name] = TransportIndex(plans.count)
            let timeouts = transport.forwardingTimeouts
            let idle = transport.maxIdleConnsPerHost
            let tls = tls(transport, name, &diagnostics)
            plans.append(
                TransportPlan(
                    name: name, dialTimeout: max(.zero, timeouts.dialTimeout),
                    responseHeaderTimeout: max(.zero, timeouts.responseHeaderTimeout),
                    idleConnectionTimeout: max(.zero, timeouts.idleConnTimeout),
                    // Zero means Go's own default.
                    maxIdleConnectionsPerHost: idle == 0 ? 2 : max(0, idle), tls: tls))
        }
        return (plans, indices, diagnostics)
    }

    /// What the transport says of TLS; nothing of it when something is wrong, as in Traefik: then servers must prove who they are
    /// to what the system trusts.
    private static func tls(
        _ transport: ServersTransportConfiguration, _ name: String, _ diagnostics: inout [Diagnostic]
    ) -> TransportTLSPlan {
        let short = name.dropLast(QualifiedName.provider(of: name).utf8.count + 1)
        let keyPath = name.hasSuffix("@internal") ? "serversTransport" : "http.serversTransports.\(short)"
        var isGood = true
        for (position, root) in transport.roots.enumerated() {
            let message: String
            if let problem = root.problem {
                message = "\(problem): what was read before stays in force"
            } else if !CertificateCheck.holdsCertificate(root.text) {
                message = "\(CertificateCheck.noCertificate): the TLS settings of this transport are without effect"
                isGood = false
            } else {
                continue
            }
            diagnostics.append(
                Diagnostic(
                    .error, at: transport.origin.location("rootCAs", position),
                    keyPath: transport.origin.keyPath(
                        ["rootCAs", position], default: "\(keyPath).rootCAs[\(position)]"), message))
        }
        let identities = transport.certificates.enumerated().compactMap { position, certificate in
            TLSCompiler.plan(certificate, "\(keyPath).certificates[\(position)]", &diagnostics)
        }
        guard isGood, identities.count == transport.certificates.count else { return TransportTLSPlan() }
        let roots = transport.roots.map(\.text)
        return TransportTLSPlan(
            serverName: transport.serverName.isEmpty ? nil : transport.serverName,
            insecureSkipVerify: transport.insecureSkipVerify, rootCertificates: roots.isEmpty ? nil : roots,
            identities: identities)
    }
}
