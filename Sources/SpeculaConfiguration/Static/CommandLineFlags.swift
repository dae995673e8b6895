/// Traefik's command-line flags: `--a.b.c=value`, `--a.b.c value`, and truth and sections by their name alone.
package struct CommandLineFlags: Sendable {
    /// What `--configFile` says; nil without it.
    package var configFile: String?
    /// Arguments behind the flags.
    package var rest: [String] = []
    package var diagnostics: [Diagnostic] = []
    var settings: [FlatReader.Setting] = []

    /// Splits arguments (without the program's name) into settings.
    package init(_ arguments: [String]) {
        var remaining = arguments[...]
        while let argument = remaining.first, argument.hasPrefix("-"), argument.count > 1 {
            remaining.removeFirst()
            if argument == "--" { break }
            take(argument, &remaining)
        }
        rest = Array(remaining)
    }

    private mutating func take(_ argument: String, _ remaining: inout ArraySlice<String>) {
        let body = argument.dropFirst(argument.hasPrefix("--") ? 2 : 1)
        guard let first = body.first, first != "-", first != "=" else {
            diagnostics.append(Diagnostic(.error, at: Location(source: argument), "not a flag"))
            return
        }
        let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let value: String
        if parts.count > 1 {
            value = String(parts[1])
        } else if FlatReader.standsAlone(name, in: StaticConfiguration.shape) {
            value = "true"
        } else if let next = remaining.popFirst() {
            value = next
        } else {
            diagnostics.append(Diagnostic(.error, at: Location(source: "--\(name)"), "needs a value"))
            return
        }
        if ASCII.lowered(name) == "configfile" {
            configFile = value
        } else {
            settings.append(.init(name: name, value: value, label: "--\(name)"))
        }
    }
}

/// `TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=:80`: the same settings, from the environment.
enum EnvironmentSettings {
    static let prefix = "TRAEFIK_"

    /// The variables that set something; those whose first word is no static key are not for us.
    static func read(_ environment: [String: String]) -> [FlatReader.Setting] {
        let roots = Set(StaticConfiguration.schema.fields.map { ASCII.lowered($0.name) })
        return environment.sorted { $0.key < $1.key }.compactMap { name, value in
            guard name.uppercased().hasPrefix(prefix) else { return nil }
            let path = ASCII.lowered(String(name.dropFirst(prefix.count))).split(
                separator: "_", omittingEmptySubsequences: false)
            guard let root = path.first, roots.contains(String(root)) else { return nil }
            let dotted = path.map { Int($0) == nil ? "." + $0 : "[\($0)]" }.joined().dropFirst()
            return FlatReader.Setting(name: String(dotted), value: value, label: name)
        }
    }
}
