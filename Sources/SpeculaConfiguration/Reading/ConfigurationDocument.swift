/// Reads a configuration file, by its extension, into a tree.
package enum ConfigurationDocument {
    /// Bytes of a configuration file.
    package static let maxBytes = 64 << 20

    /// The extensions that are configuration.
    package static let extensions = ["toml", "yaml", "yml"]

    /// What stands behind the last dot of the last part of a path, in lower case.
    static func pathExtension(_ path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: ".") else { return "" }
        return ASCII.lowered(String(name[name.index(after: dot)...]))
    }

    /// The tree of a text, nil with a reason in the diagnostics.
    ///
    /// - Parameters:
    ///   - text: the file's content.
    ///   - path: says how it is read.
    ///   - named: what diagnostics call it, when that is not its path.
    /// - Returns: the tree and what is wrong.
    static func parse(
        _ text: [UInt8], path: String, named: String? = nil
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        switch pathExtension(path) {
        case "toml": TOMLReader.read(text, source: named ?? path)
        case "yaml", "yml": YAMLReader.read(text, source: named ?? path)
        default:
            (
                nil,
                [Diagnostic(.error, at: Location(source: path), "unsupported extension, expected .yml, .yaml or .toml")]
            )
        }
    }

    /// The tree of a dynamic file, run as a template first.
    ///
    /// - Parameters:
    ///   - text: the file's.
    ///   - path: names it.
    ///   - environment: what templates may know.
    ///   - made: gets what the template made, if it is one.
    /// - Returns: the tree, nil with a reason in the diagnostics.
    static func parseDynamic(
        _ text: [UInt8], path: String, environment: TemplateEnvironment, made: ([UInt8]) -> Void = { _ in }
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        guard TemplateText.isTemplate(text) else { return parse(text, path: path) }
        switch TemplateText.expand(text, source: path, environment: environment) {
        case .failure(let problem): return (nil, [problem.diagnostic])
        case .success(let expanded):
            made(expanded.text)
            let (tree, problems) = parse(expanded.text, path: path)
            let mapped = problems.map { problem in
                var problem = problem
                problem.location = problem.location?.mapped(by: expanded.lines)
                return problem
            }
            return (tree?.made(from: expanded.lines), mapped)
        }
    }

    /// The tree of a file by its extension, whatever it holds.
    package static func parseAny(_ text: [UInt8], path: String) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        parse(text, path: path)
    }

    /// The static configuration that a ConfigMap holds; nil when there is none.
    package static func parseConfigMap(
        _ text: [UInt8], path: String
    ) -> (tree: SourceTree?, diagnostics: [Diagnostic])? {
        ConfigMapDocument.parse(text, path: path)
    }

    /// What else ConfigMaps hold under names of files.
    package static func parseConfigMapFiles(
        _ text: [UInt8], path: String
    ) -> [(tree: SourceTree?, diagnostics: [Diagnostic])] {
        ConfigMapDocument.others(text, path: path)
    }

    /// All documents of a YAML or JSON text; none when one of them is wrong.
    package static func parseAll(_ text: [UInt8], path: String) -> (trees: [SourceTree], diagnostics: [Diagnostic]) {
        YAMLReader.readAll(text, source: path)
    }

    /// One half of a tree.
    struct Half<Configuration> {
        /// Nil when there are errors.
        var configuration: Configuration?
        /// What could be read of it, whatever is wrong with the rest; for telling all mistakes at once.
        var readable: Configuration?
        /// Where keys of the other half stand.
        var foreign: [Location]
        var diagnostics: [Diagnostic]
    }

    static func decodeStatic(_ tree: SourceTree) -> Half<StaticConfiguration> {
        var context = DecodingContext(unsupportedKeys: .refuse)
        context.foreignRoots = Set(DynamicConfiguration.schema.fields.map { ASCII.lowered($0.name) })
        let configuration = StaticConfiguration.decode(tree.root, onto: nil, &context)
        return half(configuration, context)
    }

    static func decodeDynamic(_ tree: SourceTree) -> Half<DynamicConfiguration> {
        var context = DecodingContext(unsupportedKeys: .mark)
        context.foreignRoots = Set(StaticConfiguration.schema.fields.map { ASCII.lowered($0.name) })
        let configuration = DynamicConfiguration.decode(tree.root, onto: nil, &context)
        return half(configuration, context)
    }

    private static func half<Configuration>(
        _ configuration: Configuration?, _ context: DecodingContext
    ) -> Half<Configuration> {
        Half(
            configuration: context.diagnostics.containsErrors ? nil : configuration, readable: configuration,
            foreign: context.foreignKeys.map(\.location), diagnostics: context.diagnostics)
    }
}
