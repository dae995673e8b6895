/// Reads the certificates and keys that a configuration names, each once, so that what is compiled holds all it needs.
///
/// What is no path to a file counts as PEM itself, as in Traefik.
struct CertificateFiles {
    /// The most that one may hold.
    private static let maxBytes = 1 << 20

    private let files: any FileSystem
    private var contents: [String: Result<[UInt8], FileError>] = [:]

    init(_ files: any FileSystem) { self.files = files }

    /// A digest of each file that was read, by its path: a change of one is a change of the configuration.
    var digests: [String: String] { contents.mapValues(Self.digest) }

    /// What `digests` would be, if these were read now.
    static func digests(of paths: some Sequence<String>, _ files: any FileSystem) -> [String: String] {
        var fresh = CertificateFiles(files)
        for path in paths { _ = fresh.bytes(of: path) }
        return fresh.digests
    }

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
        guard case .success(let bytes) = bytes(of: text) else { return text }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func bytes(of path: String) -> Result<[UInt8], FileError> {
        if let known = contents[path] { return known }
        let found: Result<[UInt8], FileError>
        do {
            found = .success(try files.read(path, limit: Self.maxBytes))
        } catch {
            found = .failure(error)
        }
        contents[path] = found
        return found
    }

    /// Empty for what cannot be read.
    private static func digest(_ content: Result<[UInt8], FileError>) -> String {
        switch content {
        case .success(let bytes): Digest.sha256(bytes, digits: 64)
        case .failure: ""
        }
    }
}
