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
        if isDynamicOnly(tree) { return checkDynamic(tree, before: problems) }
        let loaded = StaticLoader.load(file: path, files: files)
        guard let settings = loaded.configuration else {
            if ConfigMapDocument.parse(text, path: path) != nil { return loaded.diagnostics }
            // The dynamic half is looked at even when the static one is wrong: all mistakes at once.
            return loaded.diagnostics + ConfigurationDocument.decodeDynamic(tree).diagnostics
        }
        return loaded.diagnostics + check(settings, files: files)
    }

    /// Checks the dynamic configuration that goes with a static one.
    package static func check(_ settings: StaticConfiguration, files: any FileSystem) -> [Diagnostic] {
        guard let provider = settings.providers.file else { return compile(settings, [:]) }
        let result = DynamicLoader.load(provider, files: files)
        guard let dynamic = result.configuration else { return result.diagnostics.sortedByPlace }
        return (result.diagnostics + compile(settings, ["file": dynamic])).sortedByPlace
    }

    private static func isDynamicOnly(_ tree: SourceTree) -> Bool {
        let (_, foreign, _) = ConfigurationDocument.decodeDynamic(tree)
        return foreign.isEmpty && ["http", "tcp", "udp", "tls"].contains { tree.root.value(named: $0) != nil }
    }

    private static func checkDynamic(_ tree: SourceTree, before: [Diagnostic]) -> [Diagnostic] {
        let (decoded, _, problems) = ConfigurationDocument.decodeDynamic(tree)
        guard let dynamic = decoded else { return before + problems }
        var settings = StaticConfiguration()
        settings.api = APIConfiguration()
        settings.ping = PingConfiguration()
        settings.metrics = MetricsConfiguration()
        settings.metrics?.prometheus = PrometheusConfiguration()
        _ = settings.makeEffective(nil)
        for name in dynamic.http.routers.values.flatMap(\.entryPoints) where settings.entryPoints[name] == nil {
            settings.entryPoints[name] = EntryPointConfiguration()
        }
        return before + problems + compile(settings, ["file": dynamic])
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
