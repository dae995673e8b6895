/// The sub-commands: none runs the gateway, as `traefik` alone does.
internal enum CommandLineTool {
    /// Runs what the arguments ask for.
    /// - Returns: The process's exit status.
    static func run(_ arguments: [String]) async -> Int32 {
        switch arguments.first {
        case "version": VersionCommand.run()
        case "demo": await DemoCommand.run(Array(arguments.dropFirst()))
        case "check": CheckCommand.run(Array(arguments.dropFirst()))
        case "migrate": MigrateCommand.run(Array(arguments.dropFirst()))
        case "healthcheck": await HealthcheckCommand.run(Array(arguments.dropFirst()))
        case "metrics": MetricsCommand.run(Array(arguments.dropFirst()))
        case "help", "--help", "-h": HelpCommand.run()
        default: await RunCommand.run(arguments)
        }
    }
}
