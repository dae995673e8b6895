package import SpeculaConfiguration

/// `specula migrate`: reads a Traefik set-up and says what each part of it means for Specula.
package enum Migration {
    /// Reports on files and folders: static and dynamic configuration (YAML, TOML) and Kubernetes manifests.
    package static func report(on paths: [String], files: any FileSystem) -> MigrationReport {
        var report = MigrationReport()
        var objects: [KubernetesObject] = []
        for path in paths { read(path, files, &report, &objects, depth: 0) }
        guard !objects.isEmpty else { return report }
        for object in objects { look(at: object, &report) }
        var options = KubernetesOptions()
        options.entryPoints = ["web": 80, "websecure": 443]
        let (cluster, doubles) = ManifestReader.collect(objects)
        report.add((doubles + KubernetesTranslation(cluster, options: options).diagnostics).sortedByPlace)
        return report
    }

    private static func read(
        _ path: String, _ files: any FileSystem, _ report: inout MigrationReport, _ objects: inout [KubernetesObject],
        depth: Int
    ) {
        if depth < 64, let entries = try? files.list(path) {
            for entry in entries where entry.isFolder ? !entry.name.hasPrefix("..") : isRead(entry.name) {
                read(
                    path.hasSuffix("/") ? path + entry.name : "\(path)/\(entry.name)", files, &report, &objects,
                    depth: depth + 1)
            }
        } else if ManifestReader.isManifest(file: path, files: files) {
            let (found, problems) = ManifestReader.read(file: path, files: files)
            objects += found
            report.add(problems)
            readStatic(inside: path, files, &report)
        } else {
            readFile(path, files, &report)
        }
    }

    private static func isRead(_ name: String) -> Bool {
        [".yml", ".yaml", ".toml", ".json"].contains { name.hasSuffix($0) }
    }

    private static func readFile(_ path: String, _ files: any FileSystem, _ report: inout MigrationReport) {
        let text: [UInt8]
        do {
            text = try files.read(path, limit: ConfigurationDocument.maxBytes)
        } catch {
            return report.add(.problem, Location(source: path), "", error.reason)
        }
        walk(ConfigurationDocument.parseAny(text, path: path), &report)
    }

    /// The static configuration in a ConfigMap.
    private static func readStatic(inside path: String, _ files: any FileSystem, _ report: inout MigrationReport) {
        guard let text = try? files.read(path, limit: ConfigurationDocument.maxBytes),
            let found = ConfigurationDocument.parseConfigMap(text, path: path)
        else { return }
        walk(found, &report)
    }

    /// Static and dynamic keys may stand in one file.
    private static func walk(_ parsed: (tree: SourceTree?, diagnostics: [Diagnostic]), _ report: inout MigrationReport)
    {
        report.add(parsed.diagnostics)
        guard let tree = parsed.tree else { return }
        let isDynamic = ["http", "tcp", "udp", "tls"].contains { tree.root.value(named: $0) != nil }
        guard case .section(let dynamic) = DynamicConfiguration.shape,
            case .section(let fixed) = StaticConfiguration.shape
        else { return }
        let shape = Shape.section { isDynamic ? dynamic() + fixed() : fixed() + dynamic() }
        report.walk(tree.root, shape, path: [], shown: "")
    }

    private static func look(at object: KubernetesObject, _ report: inout MigrationReport) {
        let shape: Shape
        switch (object.group, object.kind) {
        case (CustomResourceTranslator.group, "IngressRoute"): shape = IngressRouteSpec.shape
        case (CustomResourceTranslator.group, "TraefikService"): shape = TraefikServiceSpec.shape
        case (CustomResourceTranslator.group, "ServersTransport"): shape = ServersTransportSpec.shape
        case (CustomResourceTranslator.group, let kind):
            return report.add(
                .unsupported, object.node.location, object.title, MigrationKnowledge.advice(for: [kind]))
        case (GatewayListeners.group, "HTTPRoute"), (GatewayListeners.group, "Gateway"):
            return report.add(.same, object.node.location, object.title, "")
        case ("networking.k8s.io", "Ingress"):
            return report.add(
                .unsupported, object.node.location, object.title, "write an IngressRoute or an HTTPRoute in its place")
        default: return
        }
        guard let spec = object.spec else { return }
        report.walk(spec, shape, path: [object.kind, "spec"], shown: "\(object.title) spec")
    }
}
