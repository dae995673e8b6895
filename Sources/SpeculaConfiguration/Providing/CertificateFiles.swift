/// Reads the certificates and keys that a configuration names, each once, so that what is compiled holds all it needs.
///
/// What is no path to a file counts as PEM itself, as in Traefik.
struct CertificateFiles {
    /// The most that one may hold.
    private static let maxBytes = 1 << 20

    private let files: any FileSystem
    /// What was good before, and then what is good now.
    private(set) var memory: CertificateMemory
    private var contents: [String: Result<[UInt8], FileError>] = [:]
    private var pairs: Set<CertificateMemory.Paths> = []
    private var roots: Set<String> = []

    /// - Parameters:
    ///   - files: Where they are read.
    ///   - memory: Of whoever reads again and again; empty where there is one reading only.
    init(_ files: any FileSystem, memory: CertificateMemory = CertificateMemory()) {
        self.files = files
        self.memory = memory
    }

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
        if !transport.rootCAs.isEmpty { transport.readRootCAs = transport.rootCAs.map { root($0) } }
        for index in transport.certificates.indices { read(&transport.certificates[index]) }
    }

    /// Lets the memory go of files that nothing has named.
    mutating func forgetOthers() { memory.keep(pairs: pairs, roots: roots) }

    private mutating func read(_ certificate: CertificateConfiguration) -> CertificateConfiguration {
        var copy = certificate
        read(&copy)
        return copy
    }

    private mutating func read(_ certificate: inout CertificateConfiguration) {
        let (own, key) = (content(of: certificate.certFile), content(of: certificate.keyFile))
        let pair = CertificateConfiguration.Pair(certificate: own.text, key: key.text)
        guard own.isFile, key.isFile else {
            certificate.read = pair
            return
        }
        let paths = CertificateMemory.Paths(certificate: certificate.certFile, key: certificate.keyFile)
        pairs.insert(paths)
        certificate.read = memory.settle(pair, of: paths, failure: own.failure?.reason ?? key.failure?.description)
    }

    private mutating func root(_ text: String) -> ServersTransportConfiguration.RootCA {
        let content = content(of: text)
        guard content.isFile else { return ServersTransportConfiguration.RootCA(text: text) }
        roots.insert(text)
        return memory.settle(content.text, of: text, failure: content.failure?.description)
    }

    private struct Content {
        var text: String
        var isFile = false
        var failure: FileError?
    }

    private mutating func content(of text: String) -> Content {
        // PEM has lines, paths have none.
        guard !text.isEmpty, !text.utf8.contains(UInt8(ascii: "\n")) else { return Content(text: text) }
        switch bytes(of: text) {
        case .success(let bytes): return Content(text: String(decoding: bytes, as: UTF8.self), isFile: true)
        case .failure(let failure): return Content(text: text, isFile: true, failure: failure)
        }
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
