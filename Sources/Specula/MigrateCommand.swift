internal import SpeculaConfiguration
internal import SpeculaKubernetes

/// `specula migrate FILE-OR-FOLDER-OR-FLAG…`: says line by line what a Traefik set-up means for Specula.
internal enum MigrateCommand {
    /// - Returns: 1 when something is not supported or wrong, 2 when nothing was named.
    static func run(_ arguments: [String]) -> Int32 {
        guard !arguments.isEmpty else {
            Terminal.err(HelpCommand.usage(of: "migrate"))
            return 2
        }
        let report = Migration.report(on: arguments, files: LocalFiles())
        for line in report.lines { Terminal.out(line.description) }
        Terminal.out(report.summary)
        return report.count(.unsupported) + report.count(.problem) > 0 ? 1 : 0
    }
}
