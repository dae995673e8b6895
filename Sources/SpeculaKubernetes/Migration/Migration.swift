package import SpeculaConfiguration

/// `specula migrate`: reads a Traefik set-up and says what each part of it means for Specula.
package enum Migration {
    /// Reports on files and folders (static and dynamic configuration in YAML or TOML, Kubernetes manifests) and on
    /// Traefik's flags.
    ///
    /// What the static configuration points at is read, too, where it is there.
    package static func report(on arguments: [String], files: any FileSystem) -> MigrationReport {
        var reader = MigrationReader(files: files)
        let flags = arguments.filter { $0.hasPrefix("-") }
        for path in arguments where !path.hasPrefix("-") { reader.read(path) }
        if !flags.isEmpty { reader.read(flags: flags, source: "command line") }
        return reader.finished()
    }
}

/// Collects a set-up file by file, then judges it as a whole.
struct MigrationReader {
    private let files: any FileSystem
    private var report = MigrationReport()
    private var setup = FoundSetup()
    private var objects: [KubernetesObject] = []
    /// The roots of trees that hold static keys.
    private var statics: [Node] = []
    private var seen: Set<String> = []

    init(files: any FileSystem) { self.files = files }

    mutating func read(_ path: String, depth: Int = 0) {
        if depth < 64, let entries = try? files.list(path) {
            for entry in entries where entry.isFolder ? !entry.name.hasPrefix("..") : isRead(entry.name) {
                read(path.hasSuffix("/") ? path + entry.name : "\(path)/\(entry.name)", depth: depth + 1)
            }
        } else if seen.insert(path).inserted {
            readFile(path)
        }
    }

    /// Flags of Traefik: `--entryPoints.web.address=:80`.
    mutating func read(flags: [String], source: String) {
        walk(FoundSetup.tree(ofFlags: flags, source: source))
    }

    private func isRead(_ name: String) -> Bool {
        [".yml", ".yaml", ".toml", ".json"].contains { name.hasSuffix($0) }
    }

    private mutating func readFile(_ path: String) {
        let text: [UInt8]
        do {
            text = try files.read(path, limit: ConfigurationDocument.maxBytes)
        } catch {
            return report.add(.problem, Location(source: path), "", error.reason)
        }
        guard ManifestReader.isManifest(file: path, files: files) else {
            return walk(FoundSetup.tree(of: text, path: path))
        }
        let (found, problems) = ManifestReader.read(file: path, files: files)
        objects += found
        report.add(problems)
        // The static configuration in a ConfigMap.
        if let inside = ConfigurationDocument.parseConfigMap(text, path: path) { walk(inside) }
        // Files for the file provider; a cluster's other ConfigMaps are none of ours.
        for inside in ConfigurationDocument.parseConfigMapFiles(text, path: path) {
            if let root = inside.tree?.root, isDynamic(root) { walk(inside) }
        }
    }

    private func isDynamic(_ root: Node) -> Bool {
        let keys = ["routers", "services", "middlewares", "serversTransports", "certificates", "options", "stores"]
        return ["http", "tcp", "udp", "tls"].contains { name in
            guard let section = root.value(named: name), section.kind == .mapping else { return false }
            return keys.contains { section.value(named: $0) != nil }
        }
    }

    /// Static and dynamic keys may stand in one file.
    private mutating func walk(_ parsed: (tree: SourceTree?, diagnostics: [Diagnostic])) {
        report.add(parsed.diagnostics)
        guard let tree = parsed.tree else { return }
        let isDynamic = ["http", "tcp", "udp", "tls"].contains { tree.root.value(named: $0) != nil }
        guard case .section(let dynamic) = DynamicConfiguration.shape,
            case .section(let fixed) = StaticConfiguration.shape
        else { return }
        let known = (dynamic() + fixed()).map { $0.name.lowercased() }
        guard
            tree.root.kind != .mapping || tree.root.count == 0
                || (0..<tree.root.count).contains(where: { known.contains(tree.root.pair($0).key.text.lowercased()) })
        else { return report.add(.unread, tree.root.location, "", "holds none of Traefik's keys") }
        let shape = Shape.section { isDynamic ? dynamic() + fixed() : fixed() + dynamic() }
        report.walk(tree.root, shape, path: [], shown: "")
        setup.add(tree)
        if tree.root.kind == .mapping { statics.append(tree.root) }
    }

    /// Reads what is pointed at, and says what all of it comes to.
    mutating func finished() -> MigrationReport {
        for root in statics { follow(root) }
        for object in objects { look(at: object) }
        let translated = translation()
        report.add(setup.diagnostics)
        let (routers, told) = setup.compiled(with: translated)
        report.add(told.filter { AbsentKinds(objects).kind(behind: $0) == nil })
        report.add(unsupported: setup.diagnostics + told)
        report.routers = routers
        report.sort()
        return report
    }

    /// `providers.file` of a static half.
    private mutating func follow(_ root: Node) {
        guard let provider = root.at("providers", "file") else { return }
        for key in ["filename", "directory"] {
            guard let named = provider.value(named: key), !named.text.isEmpty else { continue }
            let isThere = (try? files.list(named.text)) != nil || files.exists(named.text)
            if isThere {
                read(named.text)
            } else if !setup.hasDynamic {
                report.add(
                    .problem, named.location, "providers.file.\(key)",
                    "\(named.text) is not here: name a copy of it, too")
            }
        }
    }

    private mutating func translation() -> [String: DynamicConfiguration] {
        guard !objects.isEmpty else { return [:] }
        var options = KubernetesOptions()
        options.entryPoints = ["web": 80, "websecure": 443]
        for root in statics {
            guard let provider = root.at("providers", "kubernetesCRD") ?? root.at("providers", "kubernetescrd") else {
                continue
            }
            func says(_ key: String) -> Bool { provider.string(key) == "true" }
            options.allowCrossNamespace = says("allowCrossNamespace")
            options.allowExternalNameServices = says("allowExternalNameServices")
            options.ingressClass = provider.string("ingressClass") ?? ""
        }
        let absent = AbsentKinds(objects)
        options.allowEmptyServices = absent.hasNoEndpoints
        let (cluster, doubles) = ManifestReader.collect(objects)
        let translation = KubernetesTranslation(cluster, options: options)
        report.add((doubles + translation.diagnostics).filter { absent.kind(behind: $0) == nil })
        // Routes to Services that are not among the objects cannot be judged.
        return absent.has("Service") ? translation.configurations : [:]
    }

    private mutating func look(at object: KubernetesObject) {
        let shape: Shape
        switch (object.group, object.kind) {
        case (CustomResourceTranslator.group, "IngressRoute"): shape = IngressRouteSpec.shape
        case (CustomResourceTranslator.group, "TraefikService"): shape = TraefikServiceSpec.shape
        case (CustomResourceTranslator.group, "ServersTransport"): shape = ServersTransportSpec.shape
        case (CustomResourceTranslator.group, "TLSStore"): shape = TLSStoreSpec.shape
        case (CustomResourceTranslator.group, let kind):
            return report.add(
                .unsupported, object.node.location, object.title, MigrationKnowledge.advice(for: [kind]))
        case (GatewayListeners.group, "HTTPRoute"), (GatewayListeners.group, "Gateway"):
            return report.add(.same, object.node.location, object.title, "")
        case ("networking.k8s.io", "Ingress"):
            return report.add(
                .unsupported, object.node.location, object.title, "write an IngressRoute or an HTTPRoute in its place")
        case ("apps", "Deployment"), ("apps", "DaemonSet"): return lookAtWorkload(object)
        default: return
        }
        guard let spec = object.spec else { return }
        report.walk(spec, shape, path: [object.kind, "spec"], shown: "\(object.title) spec")
    }

    /// Traefik's own workload has its static configuration in its arguments.
    private mutating func lookAtWorkload(_ object: KubernetesObject) {
        for container in object.node.at("spec", "template", "spec")?.list("containers") ?? [] {
            guard container.string("image")?.contains("traefik") == true else { continue }
            var flags = (container.list("command") + container.list("args")).map(\.text).filter { $0.hasPrefix("-") }
            // Flags or the environment, never both.
            if flags.isEmpty { flags = container.list("env").compactMap { Self.flag(ofVariable: $0) } }
            if !flags.isEmpty { read(flags: flags, source: object.title) }
        }
    }

    /// `TRAEFIK_LOG_LEVEL` is `--log.level`.
    private static func flag(ofVariable variable: Node) -> String? {
        guard let name = variable.string("name"), name.hasPrefix("TRAEFIK_"), let value = variable.string("value")
        else { return nil }
        return "--\(name.dropFirst(8).lowercased().replacing("_", with: "."))=\(value)"
    }
}
