package import SpeculaConfiguration

/// Reads Kubernetes objects from manifests: files with one or more YAML documents, or JSON.
package enum ManifestReader {
    /// What was found; `cluster` is nil when a file cannot be read at all, so that the last good objects stay.
    package struct Result: Sendable {
        package var cluster: Cluster?
        package var diagnostics: [Diagnostic]
    }

    private static let extensions = [".yml", ".yaml", ".json"]

    /// All manifests of a folder and the folders below it, in the order of their names.
    package static func read(folder: String, files: any FileSystem) -> Result {
        var diagnostics: [Diagnostic] = []
        var objects: [KubernetesObject] = []
        var isWhole = true
        for path in paths(in: folder, files, &diagnostics) {
            let (found, problems) = read(file: path, files: files)
            if problems.containsErrors { isWhole = false }
            diagnostics += problems
            objects += found
        }
        if diagnostics.containsErrors { isWhole = false }
        let (cluster, doubles) = collect(objects)
        return Result(cluster: isWhole ? cluster : nil, diagnostics: diagnostics + doubles)
    }

    /// The objects of one file.
    package static func read(
        file path: String, files: any FileSystem
    ) -> (objects: [KubernetesObject], diagnostics: [Diagnostic]) {
        let text: [UInt8]
        do {
            text = try files.read(path, limit: ConfigurationDocument.maxBytes)
        } catch {
            return ([], [Diagnostic(.error, at: Location(source: path), error.reason)])
        }
        let (trees, problems) = ConfigurationDocument.parseAll(text, path: path)
        var diagnostics = problems
        var objects: [KubernetesObject] = []
        for tree in trees { add(tree.root, &objects, &diagnostics) }
        return (objects, diagnostics)
    }

    /// True when a text is made of Kubernetes objects, not of Traefik's own configuration.
    package static func isManifest(file path: String, files: any FileSystem) -> Bool {
        guard extensions.contains(where: path.hasSuffix),
            let text = try? files.read(path, limit: ConfigurationDocument.maxBytes)
        else { return false }
        let (trees, _) = ConfigurationDocument.parseAll(text, path: path)
        return trees.contains { $0.root.string("apiVersion") != nil && $0.root.string("kind") != nil }
    }

    /// Later objects of the same name replace earlier ones, as applying them in turn would.
    package static func collect(_ objects: [KubernetesObject]) -> (Cluster, [Diagnostic]) {
        var cluster = Cluster()
        var diagnostics: [Diagnostic] = []
        for object in objects {
            guard let before = cluster.put(object) else { continue }
            diagnostics.append(
                Diagnostic(
                    .warning, at: object.node.location, keyPath: object.title,
                    "replaces the one at \(before.node.location)"))
        }
        return (cluster, diagnostics)
    }

    /// Lists are taken apart.
    private static func add(_ node: Node, _ objects: inout [KubernetesObject], _ diagnostics: inout [Diagnostic]) {
        if node.string("kind")?.hasSuffix("List") == true, node.value(named: "items") != nil {
            for item in node.list("items") { add(item, &objects, &diagnostics) }
        } else if let object = KubernetesObject(node) {
            objects.append(object)
        } else {
            diagnostics.append(
                Diagnostic(
                    .warning, at: node.location, "no Kubernetes object: apiVersion, kind or metadata.name is missing"))
        }
    }

    private static func paths(
        in folder: String, _ files: any FileSystem, _ diagnostics: inout [Diagnostic]
    ) -> [String] {
        var paths: [String] = []
        for folder in folders(of: folder, files: files) {
            do {
                let entries = try files.list(folder).filter { !$0.isFolder }
                paths += entries.filter { entry in extensions.contains { entry.name.hasSuffix($0) } }
                    .map { folder.hasSuffix("/") ? folder + $0.name : "\(folder)/\($0.name)" }
            } catch {
                diagnostics.append(
                    Diagnostic(.error, at: Location(source: folder), "unable to read directory: \(error.reason)"))
            }
        }
        return paths.sorted()
    }

    /// The folder with all below it.
    static func folders(of folder: String, files: any FileSystem) -> [String] {
        var provider = FileProviderConfiguration()
        provider.directory = folder
        return ProviderFiles.folders(of: provider, files)
    }
}
