/// Finds and reads the static configuration as Traefik does: a file, else flags, else the environment; the first that
/// is there counts alone.
package enum StaticLoader {
    /// Where a static configuration came from.
    package enum Source: Sendable, Hashable {
        case file(String)
        case flags
        case environment
        /// Nothing at all: defaults.
        case none
    }

    /// What was found; `configuration` is nil when there are errors.
    package struct Result: Sendable {
        package var configuration: StaticConfiguration?
        /// What could be read, whatever is wrong with the rest.
        var readable: StaticConfiguration?
        package var source: Source
        package var diagnostics: [Diagnostic]
    }

    /// Reads the static configuration.
    ///
    /// - Parameters:
    ///   - arguments: without the program's name and sub-command.
    ///   - environment: `XDG_CONFIG_HOME` and `HOME` are places to look, `TRAEFIK_…` are settings.
    ///   - files: where files are looked for.
    /// - Returns: the configuration with its source; without one there are errors.
    package static func load(
        arguments: [String], environment: [String: String], files: any FileSystem
    ) -> Result {
        let flags = CommandLineFlags(arguments)
        var diagnostics = flags.diagnostics
        if let extra = flags.rest.first {
            diagnostics.append(Diagnostic(.error, at: Location(source: extra), "unexpected argument"))
        }
        if !diagnostics.isEmpty {
            // All mistakes at once: what the flags before and behind say is looked at, too.
            let (tree, problems) = FlatReader.read(
                flags.settings, source: "command line", shape: StaticConfiguration.shape)
            guard let tree, !flags.settings.isEmpty else {
                return Result(configuration: nil, source: .flags, diagnostics: diagnostics + problems)
            }
            return decode(tree, source: .flags, files, before: diagnostics + problems)
        }
        if let path = findFile(flags, environment, files) {
            var result = load(file: path, files: files)
            result.diagnostics += flags.settings.map {
                Diagnostic(.warning, at: Location(source: $0.label), "ignored: the configuration comes from \(path)")
            }
            return result
        }
        let (source, settings): (Source, [FlatReader.Setting])
        if flags.settings.isEmpty {
            settings = EnvironmentSettings.read(environment)
            source = settings.isEmpty ? .none : .environment
        } else {
            (source, settings) = (.flags, flags.settings)
        }
        let label = source == .flags ? "command line" : "environment"
        let (tree, problems) = FlatReader.read(settings, source: label, shape: StaticConfiguration.shape)
        guard let tree else { return Result(configuration: nil, source: source, diagnostics: problems) }
        return decode(tree, source: source, files, before: problems)
    }

    /// Reads one file as static configuration.
    package static func load(file path: String, files: any FileSystem) -> Result {
        let text: [UInt8]
        do {
            text = try files.read(path, limit: ConfigurationDocument.maxBytes)
        } catch {
            let diagnostic = Diagnostic(.error, at: Location(source: path), error.reason)
            return Result(configuration: nil, source: .file(path), diagnostics: [diagnostic])
        }
        let (tree, problems) =
            ConfigMapDocument.parse(text, path: path) ?? ConfigurationDocument.parse(text, path: path)
        guard let tree else { return Result(configuration: nil, source: .file(path), diagnostics: problems) }
        return decode(tree, source: .file(path), files, before: problems)
    }

    private static func decode(
        _ tree: SourceTree, source: Source, _ files: any FileSystem, before: [Diagnostic]
    ) -> Result {
        let half = ConfigurationDocument.decodeStatic(tree)
        var diagnostics = before + half.diagnostics
        guard var configuration = half.readable else {
            return Result(configuration: nil, source: source, diagnostics: diagnostics)
        }
        diagnostics += configuration.makeEffective(tree.root)
        if case .file(let path) = source, !configuration.reads(path) {
            diagnostics += half.foreign.map {
                Diagnostic(.warning, at: $0, "not read: providers.file does not name this file")
            }
        } else if source == .flags || source == .environment {
            diagnostics += half.foreign.map {
                Diagnostic(.error, at: $0, "belongs into a file of dynamic configuration")
            }
        }
        var certificates = CertificateFiles(files)
        certificates.read(&configuration.serversTransport)
        let isGood = !diagnostics.containsErrors
        return Result(
            configuration: isGood ? configuration : nil, readable: configuration, source: source,
            diagnostics: diagnostics)
    }

    private static func findFile(
        _ flags: CommandLineFlags, _ environment: [String: String], _ files: any FileSystem
    ) -> String? {
        if let path = flags.configFile, !path.isEmpty { return path }
        var stems = ["/etc/traefik/traefik"]
        if let folder = environment["XDG_CONFIG_HOME"], !folder.isEmpty { stems.append("\(folder)/traefik") }
        if let home = environment["HOME"], !home.isEmpty { stems.append("\(home)/.config/traefik") }
        stems.append("./traefik")
        for stem in stems {
            for kind in ConfigurationDocument.extensions where files.exists("\(stem).\(kind)") {
                return "\(stem).\(kind)"
            }
        }
        return nil
    }
}

extension StaticConfiguration {
    /// True when the file provider reads that file, too.
    func reads(_ path: String) -> Bool {
        guard let file = providers.file else { return false }
        guard !file.filename.isEmpty else { return true }
        let (named, read) = (file.filename, path)
        return named == read || named.hasSuffix("/\(read)") || read.hasSuffix("/\(named)")
    }
}
