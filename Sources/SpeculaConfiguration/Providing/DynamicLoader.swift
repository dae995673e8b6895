/// Makes one dynamic configuration of the files that the file provider points at.
package struct DynamicLoader: Sendable {
    /// What came out; `configuration` is nil when any file is wrong, so that the last good one stays.
    package struct Result: Sendable {
        package var configuration: DynamicConfiguration?
        /// What could be read, whatever is wrong with the rest.
        var readable: DynamicConfiguration
        package var diagnostics: [Diagnostic]
        /// What templates made, for the log.
        package var generated: [Generated]
        /// A digest of each certificate and key that was read beside them, by its path.
        var certificates: [String: String]
    }

    /// A file that a template made.
    package struct Generated: Sendable {
        package let path: String
        package let text: [UInt8]
    }

    private let environment: TemplateEnvironment
    private var configuration = DynamicConfiguration()
    private var diagnostics: [Diagnostic] = []
    private var generated: [Generated] = []

    private init(_ environment: TemplateEnvironment) { self.environment = environment }

    /// Loads the folder, or the one file, that the provider names, once and for all.
    package static func load(
        _ provider: FileProviderConfiguration, files: any FileSystem, environment: TemplateEnvironment = .process
    ) -> Result {
        var memory = CertificateMemory()
        return load(ProviderFiles.read(provider, files), files, environment: environment, memory: &memory)
    }

    /// Loads files that were read; what is remembered of certificates stands in for those that cannot be used now.
    static func load(
        _ found: ProviderFiles, _ files: any FileSystem, environment: TemplateEnvironment,
        memory: inout CertificateMemory
    ) -> Result {
        var loader = DynamicLoader(environment)
        loader.diagnostics = found.problems
        for file in found.texts { loader.load(file.text, path: file.path) }
        var certificates = CertificateFiles(files, memory: memory)
        certificates.read(&loader.configuration)
        let isGood = !loader.diagnostics.containsErrors
        // What a refused configuration does not name may still be in force.
        if isGood { certificates.forgetOthers() }
        memory = certificates.memory
        return Result(
            configuration: isGood ? loader.configuration : nil, readable: loader.configuration,
            diagnostics: loader.diagnostics,
            generated: loader.generated, certificates: certificates.digests)
    }

    private mutating func load(_ text: [UInt8], path: String) {
        let (tree, problems) = ConfigurationDocument.parseDynamic(text, path: path, environment: environment) {
            generated.append(Generated(path: path, text: $0))
        }
        diagnostics += problems
        guard let tree else { return }
        let half = ConfigurationDocument.decodeDynamic(tree)
        diagnostics += half.diagnostics
        // A file that holds both halves is read as the static one, too; one without the dynamic half is a mistake.
        if half.configuration?.isEmpty == true, !half.foreign.isEmpty {
            diagnostics.append(
                Diagnostic(.warning, at: Location(source: path), "holds static configuration only, nothing dynamic"))
        }
        if let readable = half.readable { merge(readable) }
    }

    /// The first file that defines a name wins.
    private mutating func merge(_ other: DynamicConfiguration) {
        if configuration.isEmpty {
            configuration = other
            return
        }
        add(other.http.routers, \.routers, "router") { $0.origin }
        add(other.http.services, \.services, "service") { $0.origin }
        add(other.http.middlewares, \.middlewares, "middleware") { $0.origin }
        add(other.http.serversTransports, \.serversTransports, "serversTransport") { $0.origin }
        configuration.tls.certificates += other.tls.certificates
        configuration.tls.stores.merge(other.tls.stores) { first, _ in first }
        configuration.tls.options.merge(other.tls.options) { first, _ in first }
        configuration.unsupported += other.unsupported
    }

    private mutating func add<Item>(
        _ items: [String: Item], _ place: WritableKeyPath<HTTPConfiguration, [String: Item]>, _ what: String,
        _ origin: (Item) -> Origin
    ) {
        for (name, item) in items.sorted(by: { $0.key < $1.key }) {
            if configuration.http[keyPath: place][name] == nil {
                configuration.http[keyPath: place][name] = item
            } else {
                diagnostics.append(
                    Diagnostic(
                        .warning, at: origin(item).location(), keyPath: "http.\(what)s.\(name)",
                        "HTTP \(what) already configured, skipping"))
            }
        }
    }
}
