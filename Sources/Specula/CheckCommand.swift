internal import SpeculaConfiguration
internal import SpeculaKubernetes

/// `specula check FILE-OR-FOLDER…`: says everything that is wrong with configuration files or manifests without starting.
internal enum CheckCommand {
    /// - Returns: 1 when there was an error, 2 when no file was named.
    static func run(_ arguments: [String]) -> Int32 {
        let files = arguments.map { $0.hasPrefix("--configFile=") ? String($0.dropFirst("--configFile=".count)) : $0 }
        guard !files.isEmpty else {
            Terminal.err(HelpCommand.usage(of: "check"))
            return 2
        }
        var hasErrors = false
        for file in files {
            let diagnostics = KubernetesCheck.check(file, files: LocalFiles())
            for diagnostic in diagnostics { Terminal.out(diagnostic.description) }
            if diagnostics.containsErrors { hasErrors = true } else { Terminal.out("\(file): OK") }
        }
        return hasErrors ? 1 : 0
    }
}
