/// What clients that speak TLS are shown. (Traefik: tls)
package struct TLSPlan: Sendable, Hashable {
    /// In the order in which they count; of several for a name the first is shown.
    package let certificates: [CertificatePlan]
    /// Shown to who asks for a name that none has; nil: one is made.
    package let defaultCertificate: CertificatePlan?

    package init(certificates: [CertificatePlan] = [], defaultCertificate: CertificatePlan? = nil) {
        self.certificates = certificates
        self.defaultCertificate = defaultCertificate
    }
}

/// A certificate with what leads to its root, and its key, in PEM.
package struct CertificatePlan: Sendable, Hashable {
    package let certificate: String
    package let key: String

    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// How servers are spoken to in TLS. (Traefik: serversTransport)
package struct TransportTLSPlan: Sendable, Hashable {
    /// Asked for and proven by servers; nil: the host of their URL.
    package let serverName: String?
    package let insecureSkipVerify: Bool
    /// In PEM; nil: what the system trusts.
    package let rootCertificates: [String]?
    /// Shown to servers that ask for one.
    package let identities: [CertificatePlan]

    package init(
        serverName: String? = nil, insecureSkipVerify: Bool = false, rootCertificates: [String]? = nil,
        identities: [CertificatePlan] = []
    ) {
        self.serverName = serverName
        self.insecureSkipVerify = insecureSkipVerify
        self.rootCertificates = rootCertificates
        self.identities = identities
    }
}
