/// Tells when something in a set of folders may have changed.
///
/// Who calls: `FileProvider` asks once for each set of folders; the earlier stream then ends. An element means "look again":
/// too many are harmless, a missing one is not. The stream ends when the watching is over.
package protocol FolderEvents: Sendable {
    func changes(in folders: [String]) -> AsyncStream<Void>
}

/// Traefik's file provider: reads a file or a folder, and again whenever something changes.
package actor FileProvider: ReadingProvider {
    /// What stands behind the `@` of everything that it makes.
    package static let name = "file"

    private let provider: FileProviderConfiguration
    private let files: any FileSystem
    private let events: any FolderEvents
    private let environment: TemplateEnvironment
    private let tellGenerated: (@Sendable (DynamicLoader.Generated) async -> Void)?
    private let report: @Sendable (ProviderReading) async -> Void
    /// Certificates and keys that the configuration names.
    private var certificates: Set<String> = []
    /// What they were when they were good.
    private var memory = CertificateMemory()
    /// The fingerprint of what was reported on last.
    private var lastRead: String?

    /// - Parameters:
    ///   - provider: what to read, and whether to watch it.
    ///   - files: where it is read.
    ///   - events: tells when to look again.
    ///   - environment: what templates may know.
    ///   - tellGenerated: gets what templates made, when `debugLogGeneratedTemplate` asks for it.
    ///   - report: called after each reading, for one after the other.
    package init(
        _ provider: FileProviderConfiguration, files: any FileSystem, events: any FolderEvents,
        environment: TemplateEnvironment = .process,
        tellGenerated: (@Sendable (DynamicLoader.Generated) async -> Void)? = nil,
        report: @escaping @Sendable (ProviderReading) async -> Void
    ) {
        self.provider = provider
        self.files = files
        self.events = events
        self.environment = environment
        self.tellGenerated = tellGenerated
        self.report = report
    }

    /// Reads now, whether something changed or not; for SIGHUP.
    package func read() async {
        await take(ProviderFiles.read(provider, files))
    }

    /// Reads; what stayed the same is not reported again, though it were told to have changed: a log may lie beside it.
    private func readChanges() async {
        let found = ProviderFiles.read(provider, files)
        if fingerprint(found, CertificateFiles.digests(of: certificates, files)) != lastRead { await take(found) }
    }

    /// Of the files and of the certificates that they name.
    private func fingerprint(_ found: ProviderFiles, _ certificates: [String: String]) -> String {
        guard !certificates.isEmpty else { return found.fingerprint }
        let parts = certificates.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return Digest.sha256(([found.fingerprint] + parts).joined(separator: "\n"), digits: 64)
    }

    /// The folders of the configuration, and those of the certificates, or where they would come back.
    private func folders() -> [String] {
        let folders = ProviderFiles.folders(of: provider, files)
        let others = certificates.flatMap { path in
            var folder = ProviderFiles.folder(of: path)
            while !files.exists(folder), folder != "/", folder != "." { folder = ProviderFiles.folder(of: folder) }
            return [folder] + (files.exists(path) ? files.foldersBehindLinks(to: path) : [])
        }
        return folders + Set(others).subtracting(folders).sorted()
    }

    private func take(_ found: ProviderFiles) async {
        let result = DynamicLoader.load(found, files, environment: environment, memory: &memory)
        certificates = Set(result.certificates.keys)
        // Of what was read then: what has changed since is read again.
        lastRead = fingerprint(found, result.certificates)
        if provider.debugLogGeneratedTemplate {
            for generated in result.generated { await tellGenerated?(generated) }
        }
        if let configuration = result.configuration {
            await report(.loaded([Self.name: configuration], result.diagnostics))
        } else {
            await report(.failed(result.diagnostics))
        }
    }

    /// Reads, then reads again whenever something changes, until the task is cancelled; once only when `watch` is false.
    package func run() async {
        guard provider.watch else { return await read() }
        while !Task.isCancelled {
            // Watched before it is read, so that no change in between is lost.
            let folders = folders()
            let changes = events.changes(in: folders)
            await readChanges()
            var mustWatchAnew = self.folders() != folders
            if mustWatchAnew { continue }
            for await _ in changes {
                mustWatchAnew = self.folders() != folders
                if mustWatchAnew { break }
                await readChanges()
                mustWatchAnew = self.folders() != folders
                if mustWatchAnew { break }
            }
            // A stream that ended by itself ends the watching.
            guard mustWatchAnew else { return }
        }
    }
}
