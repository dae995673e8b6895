internal import SpeculaMetrics

/// `specula metrics --table`: the Markdown table of all families, as the README has it.
internal enum MetricsCommand {
    static func run(_ arguments: [String]) -> Int32 {
        guard arguments == ["--table"] else {
            Terminal.err(HelpCommand.usage(of: "metrics"))
            return 2
        }
        for row in MetricCatalog.tableRows { Terminal.out(row) }
        return 0
    }
}
