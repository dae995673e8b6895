/// The sub-commands: none runs the gateway, as `traefik` alone does.
internal enum CommandLineTool {
    /// Runs what the arguments ask for.
    /// - Returns: The process's exit status.
    static func run(_ arguments: [String]) async -> Int32 {
        let command = arguments.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
        if command == "help" { return HelpCommand.run(on: arguments.dropFirst().first) }
        if HelpCommand.isAsked(in: arguments) { return HelpCommand.run(on: command) }
        return switch command {
        case "version": VersionCommand.run()
        case "demo": await DemoCommand.run(Array(arguments.dropFirst()))
        case "check": CheckCommand.run(Array(arguments.dropFirst()))
        case "migrate": MigrateCommand.run(Array(arguments.dropFirst()))
        case "healthcheck": await HealthcheckCommand.run(Array(arguments.dropFirst()))
        case "metrics": MetricsCommand.run(Array(arguments.dropFirst()))
        case nil: await RunCommand.run(arguments)
        case let other?: HelpCommand.unknown(other)
        }
    }
}
