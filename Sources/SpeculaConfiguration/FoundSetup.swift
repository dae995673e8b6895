/// A Traefik set-up as it is found in files that nobody has sorted: static and dynamic keys in any of them, or flags.
///
/// For `specula migrate`, which wants to know what would become of each router, whatever else is not built.
package struct FoundSetup: Sendable {
    /// What became of one router.
    package struct Router: Sendable, Equatable {
        /// Qualified: `api@file`.
        package var name: String
        /// Why it would not be served; empty when it would.
        package var reasons: [String]
    }

    private var settings = StaticConfiguration()
    private var hasStatic = false
    private var dynamic = DynamicConfiguration()
    /// False until a file held routers, services or the like.
    package private(set) var hasDynamic = false
    /// What decoding had to say.
    package private(set) var diagnostics: [Diagnostic] = []

    package init() {}

    /// The tree of Traefik's flags, as they stand behind the program or in a container's `args`.
    package static func tree(
        ofFlags flags: [String], source: String
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        // What is not built has no shape that says whether a value follows: one that looks like a flag is none.
        let read = CommandLineFlags(flags.map { $0.contains("=") ? $0 : "\($0)=true" })
        let (tree, problems) = FlatReader.read(read.settings, source: source, shape: StaticConfiguration.shape)
        return (tree, read.diagnostics + problems)
    }

    /// The tree of a file by its extension; a template is run first, as the file provider does.
    package static func tree(
        of text: [UInt8], path: String
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        ConfigurationDocument.parseDynamic(text, path: path, environment: .process)
    }

    /// Takes both halves of a tree; what was there first counts.
    package mutating func add(_ tree: SourceTree) {
        let roots = tree.root.kind == .mapping ? (0..<tree.root.count).map { tree.root.pair($0).key.text } : []
        let isDynamic = roots.contains { root in
            DynamicConfiguration.schema.fields.contains { ASCII.equalFolded($0.name.utf8, root.utf8) }
        }
        if isDynamic {
            let half = ConfigurationDocument.decodeDynamic(tree)
            diagnostics += half.diagnostics
            hasDynamic = true
            if let decoded = half.configuration { merge(decoded) }
        }
        guard
            roots.contains(where: { root in
                StaticConfiguration.schema.fields.contains { ASCII.equalFolded($0.name.utf8, root.utf8) }
            })
        else { return }
        let half = ConfigurationDocument.decodeStatic(tree)
        diagnostics += half.diagnostics
        guard var decoded = half.configuration, !hasStatic else { return }
        hasStatic = true
        diagnostics += decoded.makeEffective(tree.root)
        settings = decoded
    }

    private mutating func merge(_ other: DynamicConfiguration) {
        dynamic.http.routers.merge(other.http.routers) { first, _ in first }
        dynamic.http.services.merge(other.http.services) { first, _ in first }
        dynamic.http.middlewares.merge(other.http.middlewares) { first, _ in first }
        dynamic.http.serversTransports.merge(other.http.serversTransports) { first, _ in first }
        dynamic.unsupported += other.unsupported
    }

    /// Compiles what was found, with what other providers would add.
    package func compiled(
        with others: [String: DynamicConfiguration]
    ) -> (routers: [Router], diagnostics: [Diagnostic]) {
        var all = others
        if hasDynamic { all["file"] = dynamic }
        var settings = settings
        if !hasStatic { assumeEntryPoints(&settings, all) }
        let (_, runtime, told) = ConfigurationCompiler.compile(static: settings, dynamic: all, generation: 1)
        let routers = runtime.routers.values.filter { $0.provider != "internal" }.sorted { $0.name < $1.name }
        return (
            routers.map { Router(name: $0.name, reasons: $0.status == .disabled ? $0.errors : []) }, told
        )
    }

    /// Without a static half every entry point is there, and whatever is Traefik's own.
    private func assumeEntryPoints(
        _ settings: inout StaticConfiguration, _ dynamic: [String: DynamicConfiguration]
    ) {
        settings.api = APIConfiguration()
        settings.ping = PingConfiguration()
        settings.metrics = MetricsConfiguration()
        settings.metrics?.prometheus = PrometheusConfiguration()
        _ = settings.makeEffective(nil)
        for router in dynamic.values.flatMap(\.http.routers.values) {
            for name in router.entryPoints where settings.entryPoints[name] == nil {
                settings.entryPoints[name] = EntryPointConfiguration()
            }
        }
    }
}
