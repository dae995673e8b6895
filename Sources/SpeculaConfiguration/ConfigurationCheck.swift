internal import SpeculaRouting

/// `specula check`: everything that can be said of a configuration without starting.
package enum ConfigurationCheck {
    /// Checks a static configuration file and all dynamic files that it points at.
    ///
    /// A file without static keys is checked as a dynamic one, with default entry points for those its routers name.
    package static func check(file path: String, files: any FileSystem) -> [Diagnostic] {
        findings(in: path, files).sortedByPlace
    }

    private static func findings(in path: String, _ files: any FileSystem) -> [Diagnostic] {
        let text: [UInt8]
        do {
            text = try files.read(path, limit: ConfigurationDocument.maxBytes)
        } catch {
            return [Diagnostic(.error, at: Location(source: path), error.reason)]
        }
        let (tree, problems) = ConfigurationDocument.parseDynamic(text, path: path, environment: .process)
        guard let tree else { return problems }
        if isDynamicOnly(tree) { return checkDynamic(tree, before: problems, files) }
        let loaded = StaticLoader.load(file: path, files: files)
        if let settings = loaded.configuration { return loaded.diagnostics + check(settings, files: files) }
        // All mistakes at once: what the readable half points at is looked at even when the rest of it is wrong.
        let others = loaded.readable.map { dynamicFindings($0, after: loaded.diagnostics, files) } ?? []
        let isConfigMap = ConfigMapDocument.parse(text, path: path) != nil
        return loaded.diagnostics + others
            + (isConfigMap ? [] : ConfigurationDocument.decodeDynamic(tree).diagnostics)
    }

    /// Checks the dynamic configuration that goes with a static one.
    package static func check(_ settings: StaticConfiguration, files: any FileSystem) -> [Diagnostic] {
        guard settings.providers.file != nil else { return compile(settings, [:]) }
        return dynamicFindings(settings, after: [], files).sortedByPlace
    }

    /// What the file provider's files say, and what compiling says of all that could be read.
    private static func dynamicFindings(
        _ settings: StaticConfiguration, after mistakes: [Diagnostic], _ files: any FileSystem
    ) -> [Diagnostic] {
        guard let provider = settings.providers.file else { return [] }
        let loaded = DynamicLoader.load(provider, files: files)
        return loaded.diagnostics + compile(settings, loaded.readable, after: mistakes + loaded.diagnostics)
    }

    private static func compile(
        _ settings: StaticConfiguration, _ dynamic: DynamicConfiguration, after mistakes: [Diagnostic]
    ) -> [Diagnostic] {
        let followUps = FollowUps(of: mistakes, in: dynamic)
        return compile(settings, ["file": dynamic]).filter { !followUps.contain($0) }
    }

    private static func isDynamicOnly(_ tree: SourceTree) -> Bool {
        ConfigurationDocument.decodeDynamic(tree).foreign.isEmpty
            && ["http", "tcp", "udp", "tls"].contains { tree.root.value(named: $0) != nil }
    }

    /// Checks a folder of dynamic files, as `providers.file.directory` reads it; nil when none of them is one.
    package static func check(folder path: String, files: any FileSystem) -> [Diagnostic]? {
        var provider = FileProviderConfiguration()
        provider.directory = path
        let isOne = ProviderFiles.read(provider, files).texts.contains { file in
            ConfigurationDocument.parseDynamic(file.text, path: file.path, environment: .process).tree
                .map(isDynamicOnly) ?? false
        }
        guard isOne else { return nil }
        let loaded = DynamicLoader.load(provider, files: files)
        let found = compile(assumed(for: loaded.readable), loaded.readable, after: loaded.diagnostics)
        return (loaded.diagnostics + found).sortedByPlace
    }

    private static func checkDynamic(
        _ tree: SourceTree, before: [Diagnostic], _ files: any FileSystem
    ) -> [Diagnostic] {
        let half = ConfigurationDocument.decodeDynamic(tree)
        guard var dynamic = half.readable else { return before + half.diagnostics }
        var certificates = CertificateFiles(files)
        certificates.read(&dynamic)
        return before + half.diagnostics + compile(assumed(for: dynamic), dynamic, after: half.diagnostics)
    }

    /// What goes with a dynamic configuration that stands alone: all that is Traefik's own, and every entry point that is named.
    private static func assumed(for dynamic: DynamicConfiguration) -> StaticConfiguration {
        var settings = StaticConfiguration()
        settings.api = APIConfiguration()
        settings.ping = PingConfiguration()
        settings.metrics = MetricsConfiguration()
        settings.metrics?.prometheus = PrometheusConfiguration()
        _ = settings.makeEffective(nil)
        for name in dynamic.http.routers.values.flatMap(\.entryPoints) where settings.entryPoints[name] == nil {
            settings.entryPoints[name] = EntryPointConfiguration()
        }
        return settings
    }

    /// What compiling says, and advice about mirrors; configurations by the name of their provider.
    package static func compile(
        _ settings: StaticConfiguration, _ dynamic: [String: DynamicConfiguration]
    ) -> [Diagnostic] {
        let (_, _, diagnostics) = ConfigurationCompiler.compile(
            static: settings, dynamic: dynamic, generation: 1, reportsUnused: true)
        let advice = dynamic.sorted { $0.key < $1.key }.flatMap { MirrorAdvice.advise(settings, $0.value) }
        return diagnostics + advice
    }
}
