/// The texts that the file provider points at, in the order in which they count.
package struct ProviderFiles: Sendable {
    /// Folders inside each other.
    private static let maxDepth = 64

    private(set) var texts: [(path: String, text: [UInt8])] = []
    /// What could not be read.
    private(set) var problems: [Diagnostic] = []

    /// Reads the folder, or the one file.
    static func read(_ provider: FileProviderConfiguration, _ files: any FileSystem) -> ProviderFiles {
        var result = ProviderFiles()
        if provider.directory.isEmpty {
            result.readFile(provider.filename, files)
        } else {
            result.readFolder(provider.directory, files, depth: 0)
        }
        return result
    }

    /// Tells contents apart: the same for the same files and the same problems.
    var fingerprint: String {
        var parts = texts.map { "\($0.path) \(Digest.sha256($0.text, digits: 64))" }
        parts += problems.map(\.description)
        return Digest.sha256(parts.joined(separator: "\n"), digits: 64)
    }

    /// The folders to watch: the one that is read with all below it, or the one that the file lies in; and those to which
    /// links lead.
    package static func folders(of provider: FileProviderConfiguration, _ files: any FileSystem) -> [String] {
        var folders: [String] = []
        var linked: Set<String> = []
        if provider.directory.isEmpty {
            folders = [folder(of: provider.filename)]
            linked.formUnion(files.foldersBehindLinks(to: provider.filename))
        }
        var work = provider.directory.isEmpty ? [] : [(path: provider.directory, depth: 0)]
        while let (path, depth) = work.popLast() {
            folders.append(path)
            guard depth < maxDepth, let entries = try? files.list(path) else { continue }
            for entry in entries where isRead(entry) {
                let full = joined(path, entry.name)
                if entry.isFolder { work.append((full, depth + 1)) }
                linked.formUnion(files.foldersBehindLinks(to: full))
            }
        }
        return folders + linked.subtracting(folders).sorted()
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

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// In file-name order, sub-folders where their name stands.
    private mutating func readFolder(_ path: String, _ files: any FileSystem, depth: Int) {
        guard depth < Self.maxDepth else {
            problems.append(Diagnostic(.error, at: Location(source: path), "folders are nested deeper than 64"))
            return
        }
        do {
            for entry in try files.list(path) where Self.isRead(entry) {
                let full = Self.joined(path, entry.name)
                if entry.isFolder { readFolder(full, files, depth: depth + 1) } else { readFile(full, files) }
            }
        } catch {
            problems.append(
                Diagnostic(.error, at: Location(source: path), "unable to read directory: \(error.reason)"))
        }
    }

    private mutating func readFile(_ path: String, _ files: any FileSystem) {
        do {
            texts.append((path, try files.read(path, limit: ConfigurationDocument.maxBytes)))
        } catch {
            problems.append(Diagnostic(.error, at: Location(source: path), error.reason))
        }
    }
}
