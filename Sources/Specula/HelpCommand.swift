internal import SpeculaConfiguration

/// `specula help`, `specula COMMAND --help`.
internal enum HelpCommand {
    /// The sub-commands, with what each is for and how it is called.
    private static let commands: [(name: String, arguments: String, about: String)] = [
        (
            "demo", "[--for=SECONDS] [--rate=REQUESTS_A_SECOND] [--web=PORT] [--admin=PORT]",
            "runs a gateway with a primary, two mirrors and some traffic, to look at"
        ),
        ("check", "FILE-OR-FOLDER…", "reads configuration without starting; exit status 1 on errors"),
        ("migrate", "FILE-OR-FOLDER-OR-FLAG…", "says line by line what a Traefik set-up means for Specula"),
        (
            "healthcheck", "[the gateway's own flags]",
            "asks a running gateway's ping; exit status 1 when it does not answer"
        ),
        ("metrics", "--table", "prints the table of all metric families"),
        ("version", "", "prints what this build is"),
    ]

    /// True when help is all that is asked for.
    static func isAsked(in arguments: [String]) -> Bool {
        arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    /// Says how a sub-command is called, or, without one, everything.
    static func run(on name: String? = nil) -> Int32 {
        guard let command = commands.first(where: { $0.name == name }) else {
            if let name { return unknown(name) }
            Terminal.out(overview)
            return 0
        }
        Terminal.out("\(usage(of: command.name))\n\n\(command.name) \(command.about)")
        return 0
    }

    /// How a sub-command is called, for who called it otherwise.
    static func usage(of name: String) -> String {
        let arguments = commands.first { $0.name == name }?.arguments ?? ""
        return (["usage: specula", name] + (arguments.isEmpty ? [] : [arguments])).joined(separator: " ")
    }

    /// Says that there is no such sub-command.
    /// - Returns: 1, as Traefik.
    static func unknown(_ name: String) -> Int32 {
        let nearest = Spelling.nearest(to: name, in: commands.map(\.name))
        let hint = nearest.map { " (did you mean \($0)?)" } ?? ""
        Terminal.err("\(name): unknown command\(hint); specula help lists them")
        return 1
    }

    private static var overview: String {
        let usage = [
            ("specula", "runs the gateway: configuration from a file, flags or TRAEFIK_ variables, as Traefik"),
            ("  --configFile=FILE", "the static configuration: .yml, .yaml or .toml, or a ConfigMap that holds one"),
            ("  --entryPoints.web.address=:80", "any static key as a flag"),
        ]
        let others = commands.map { ("specula \($0.name)", $0.about) }
        let lines = (usage + others).map { left, right in
            left + String(repeating: " ", count: max(1, 32 - left.count)) + right
        }
        return lines.joined(separator: "\n") + "\n\nspecula COMMAND --help says how a command is called"
    }
}
