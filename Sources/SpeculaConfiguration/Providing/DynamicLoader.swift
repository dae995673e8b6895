/// Reads what the file provider points at into one dynamic configuration.
package struct DynamicLoader: Sendable {
    /// What came out; `configuration` is nil when any file is wrong, so that the last good one stays.
    package struct Result: Sendable {
        package var configuration: DynamicConfiguration?
        package var diagnostics: [Diagnostic]
        /// What templates made, for the log.
        package var generated: [Generated]
    }

    /// A file that a template made.
    package struct Generated: Sendable {
        package let path: String
        package let text: [UInt8]
    }

    /// Folders inside each other.
    private static let maxDepth = 64

    private let files: any FileSystem
    private var configuration = DynamicConfiguration()
    private var diagnostics: [Diagnostic] = []

    private let environment: TemplateEnvironment
    private var generated: [Generated] = []

    private init(_ files: any FileSystem, _ environment: TemplateEnvironment) {
        self.files = files
        self.environment = environment
    }

    /// Loads the folder, or the one file, that the provider names.
    package static func load(
        _ provider: FileProviderConfiguration, files: any FileSystem, environment: TemplateEnvironment = .process
    ) -> Result {
        var loader = DynamicLoader(files, environment)
        if !provider.directory.isEmpty {
            loader.readFolder(provider.directory, depth: 0)
        } else {
            loader.readFile(provider.filename)
        }
        let isGood = !loader.diagnostics.containsErrors
        return Result(
            configuration: isGood ? loader.configuration : nil, diagnostics: loader.diagnostics,
            generated: loader.generated)
    }

    /// The folders to watch: the one that is read with all below it, or the one that the file lies in.
    package static func folders(of provider: FileProviderConfiguration, files: any FileSystem) -> [String] {
        guard !provider.directory.isEmpty else { return [folder(of: provider.filename)] }
        var folders: [String] = []
        var work = [(path: provider.directory, depth: 0)]
        while let (path, depth) = work.popLast() {
            folders.append(path)
            guard depth < maxDepth, let entries = try? files.list(path) else { continue }
            for entry in entries where isRead(entry) && entry.isFolder {
                work.append((joined(path, entry.name), depth + 1))
            }
        }
        return folders
    }

    private static func joined(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// A Kubernetes volume's timestamped folders are reached through the links beside them.
    private static func isRead(_ entry: FileEntry) -> Bool {
        entry.isFolder
            ? !entry.name.hasPrefix("..")
            : ConfigurationDocument.extensions.contains(ConfigurationDocument.pathExtension(entry.name))
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// In file-name order, sub-folders where their name stands.
    private mutating func readFolder(_ path: String, depth: Int) {
        guard depth < Self.maxDepth else {
            diagnostics.append(Diagnostic(.error, at: Location(source: path), "folders are nested deeper than 64"))
            return
        }
        do {
            for entry in try files.list(path) where Self.isRead(entry) {
                let full = Self.joined(path, entry.name)
                if entry.isFolder { readFolder(full, depth: depth + 1) } else { readFile(full) }
            }
        } catch {
            diagnostics.append(
                Diagnostic(.error, at: Location(source: path), "unable to read directory: \(error.reason)"))
        }
    }

    private mutating func readFile(_ path: String) {
        let text: [UInt8]
        do {
            text = try files.read(path, limit: ConfigurationDocument.maxBytes)
        } catch {
            diagnostics.append(Diagnostic(.error, at: Location(source: path), error.reason))
            return
        }
        let (tree, problems) = ConfigurationDocument.parseDynamic(text, path: path, environment: environment) {
            generated.append(Generated(path: path, text: $0))
        }
        diagnostics += problems
        guard let tree else { return }
        let (decoded, foreign, mistakes) = ConfigurationDocument.decodeDynamic(tree)
        diagnostics += mistakes
        // A file that holds both halves is read as the static one, too; one without the dynamic half is a mistake.
        if decoded?.isEmpty == true, !foreign.isEmpty {
            diagnostics.append(
                Diagnostic(.warning, at: Location(source: path), "holds static configuration only, nothing dynamic"))
        }
        if let decoded { merge(decoded) }
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
