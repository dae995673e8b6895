/// `tls` of the dynamic configuration: the certificates that clients are shown.
package struct TLSConfiguration: ConfigurationSection {
    package var certificates: [CertificateConfiguration] = []
    package var stores: [String: TLSStoreConfiguration] = [:]
    package var options: [String: TLSOptionsConfiguration] = [:]

    package init() {}

    package static let schema = Schema<Self>(
        Field("certificates", \.certificates, "Certificates, chosen by the names in them."),
        Field(
            "options", \.options, "Ways to speak TLS, by name: a router that uses one is disabled until they are built."
        ),
        Field("stores", \.stores, "Only `default` has a meaning.")
    )
}

/// `tls.certificates[]`, `serversTransports.<name>.certificates[]`: a certificate and its key.
package struct CertificateConfiguration: PartlySupported {
    /// A path, or PEM.
    package var certFile = ""
    package var keyFile = ""
    package var stores: [String] = []
    /// What the files held when they were read, or when they were last good.
    package var read: Pair?

    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    /// PEM that stands where it is, as in a Secret.
    package init(certificate: String, key: String, origin: Origin) {
        certFile = certificate
        keyFile = key
        self.origin = origin
    }

    /// Both in PEM.
    package struct Pair: Sendable, Equatable {
        package var certificate: String
        package var key: String
        /// Why the files cannot be used now: this is what they held before.
        package var problem: String?
    }

    package static let schema = Schema<Self>(
        Field("certFile", \.certFile, "The certificate with what leads to its root: a path, or PEM."),
        Field("keyFile", \.keyFile, "Its key: a path, or PEM."),
        Field("stores", \.stores, "Accepted; there is one store.")
    )

    /// In PEM, as far as anybody knows.
    var pair: Pair { read ?? Pair(certificate: certFile, key: keyFile) }
}

/// `tls.stores.<name>`.
package struct TLSStoreConfiguration: PartlySupported {
    package var defaultCertificate: CertificateConfiguration?

    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    package static let schema = Schema<Self>(
        Field("defaultCertificate", \.defaultCertificate, "Shown to who asks for a name that no certificate has."),
        .unsupported("defaultGeneratedCert")
    )
}

/// `tls.options.<name>`: known by name, so that its users can be told.
package struct TLSOptionsConfiguration: PartlySupported {
    package var unsupported: [UnsupportedKey] = []
    package var origin = Origin()

    package init() {}

    package static let schema = Schema<Self>(
        .unsupported("minVersion"),
        .unsupported("maxVersion"),
        .unsupported("cipherSuites"),
        .unsupported("curvePreferences"),
        .unsupported("clientAuth"),
        .unsupported("sniStrict"),
        .unsupported("alpnProtocols"),
        .unsupported("disableSessionTickets"),
        .unsupported("preferServerCipherSuites")
    )
}

/// `http.routers.<name>.tls`, `entryPoints.<name>.http.tls`: only requests that come over TLS.
package struct RouterTLSConfiguration: ConfigurationSection {
    /// The name of `tls.options`.
    package var options = ""
    package var domains: [Domain] = []

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("options", \.options, "A name of `tls.options`; a router with one is disabled until they are built."),
        .unsupported("certResolver"),
        Field("domains", \.domains, "Accepted; for `certResolver`.")
    )

    /// `tls.domains[]`.
    package struct Domain: ConfigurationSection {
        package var main = ""
        package var sans: [String] = []

        package init() {}

        package static let schema = Schema<Self>(
            Field("main", \.main, "The first name."),
            Field("sans", \.sans, "Further names.")
        )
    }
}
