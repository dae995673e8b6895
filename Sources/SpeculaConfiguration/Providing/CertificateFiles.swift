/// Reads the certificates and keys that a configuration names, so that what is compiled holds all it needs.
///
/// What is no path to a file counts as PEM itself, as in Traefik.
package struct CertificateFiles {
    /// The most that one may hold.
    private static let maxBytes = 1 << 20

    private let files: any FileSystem
    /// Those that were read: a change of one is a change of the configuration.
    private(set) var paths: Set<String> = []

    init(_ files: any FileSystem) { self.files = files }

    mutating func read(_ configuration: inout DynamicConfiguration) {
        for index in configuration.tls.certificates.indices { read(&configuration.tls.certificates[index]) }
        for name in configuration.tls.stores.keys {
            guard var store = configuration.tls.stores[name], store.defaultCertificate != nil else { continue }
            store.defaultCertificate = store.defaultCertificate.map { read($0) }
            configuration.tls.stores[name] = store
        }
        for (name, transport) in configuration.http.serversTransports where transport.namesCertificates {
            var transport = transport
            read(&transport)
            configuration.http.serversTransports[name] = transport
        }
    }

    mutating func read(_ transport: inout ServersTransportConfiguration) {
        if !transport.rootCAs.isEmpty { transport.readRootCAs = transport.rootCAs.map { content(of: $0) } }
        for index in transport.certificates.indices { read(&transport.certificates[index]) }
    }

    private mutating func read(_ certificate: CertificateConfiguration) -> CertificateConfiguration {
        var copy = certificate
        read(&copy)
        return copy
    }

    private mutating func read(_ certificate: inout CertificateConfiguration) {
        certificate.read = CertificateConfiguration.Pair(
            certificate: content(of: certificate.certFile), key: content(of: certificate.keyFile))
    }

    private mutating func content(of text: String) -> String {
        // PEM has lines, paths have none.
        guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "\n")) else { return text }
        paths.insert(text)
        guard let bytes = try? files.read(text, limit: Self.maxBytes) else { return text }
        return String(decoding: bytes, as: UTF8.self)
    }
}
