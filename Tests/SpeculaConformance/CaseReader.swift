package import Foundation

/// A case file that cannot be read, with the line.
package struct CaseError: Error, CustomStringConvertible {
    package let description: String
}

/// Reads `Tests/Conformance/cases/*.cases` (the format is explained in `Tests/Conformance/README.md`).
package struct CaseReader {
    private let folder: URL
    private var cases: [ConformanceCase] = []
    private var current: ConformanceCase?
    private var step: StepLines?
    private var web: [String] = []
    private var more: [String] = []

    /// The lines of one step, until it is complete.
    private struct StepLines {
        var about = "", options: [String: String] = [:], command: String? = nil, request: [String] = [],
            text: [String] = []
        var traefik: [String] = [], specula: [String] = [], reason: String? = nil, line: Int
    }

    /// Every case below `Tests/Conformance`, in the order of names.
    package static func all(in folder: URL) throws -> [ConformanceCase] {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder.appendingPathComponent("cases"), includingPropertiesForKeys: nil)
        return try files.filter { $0.pathExtension == "cases" }.sorted { $0.path < $1.path }.flatMap { file in
            var reader = CaseReader(folder: folder)
            return try reader.read(file)
        }
    }

    private init(folder: URL) { self.folder = folder }

    private mutating func read(_ file: URL) throws -> [ConformanceCase] {
        let text = try String(contentsOf: file, encoding: .utf8)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            do { try take(String(line), number: index + 1) } catch let error as CaseError {
                throw CaseError(description: "\(file.lastPathComponent):\(index + 1): \(error)")
            }
        }
        try endCase()
        return cases
    }

    private mutating func take(_ line: String, number: Int) throws {
        if line.isEmpty { return try endStep() }
        if line.hasPrefix("[") { return try begin(line) }
        guard current != nil else { return }
        let (mark, rest) = split(line)
        switch mark {
        case "#": edit(number) { $0.about = rest }
        case "!":
            let found = options(rest)
            edit(number) { $0.options = found }
        case ">": edit(number) { $0.request.append(rest) }
        case "$": edit(number) { $0.command = rest }
        case "|": edit(number) { $0.text.append(rest) }
        case "?": edit(number) { $0.reason = rest }
        case "<", "@", "=":
            edit(number) {
                $0.traefik.append(line)
                $0.specula.append(line)
            }
        case "t<", "t@", "t=": edit(number) { $0.traefik.append(String(line.dropFirst())) }
        case "s<", "s@", "s=": edit(number) { $0.specula.append(String(line.dropFirst())) }
        // Nothing at all is expected of one of the two.
        case "t", "s": edit(number) { _ in }
        default: try setting(mark, rest)
        }
    }

    private mutating func edit(_ number: Int, _ change: (inout StepLines) -> Void) {
        var lines = step ?? StepLines(line: number)
        change(&lines)
        step = lines
    }

    private func split(_ line: String) -> (String, String) {
        guard let space = line.firstIndex(of: " ") else { return (line, "") }
        return (String(line[..<space]), String(line[line.index(after: space)...]))
    }

    private func options(_ text: String) -> [String: String] {
        var found: [String: String] = [:]
        for word in text.split(separator: " ") {
            let parts = word.split(separator: "=", maxSplits: 1)
            found[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return found
    }

    private mutating func begin(_ line: String) throws {
        try endCase()
        guard let end = line.firstIndex(of: "]") else {
            throw CaseError(description: "a case begins with [theme/name]")
        }
        var fresh = ConformanceCase(name: String(line[line.index(after: line.startIndex)..<end]))
        fresh.about = line[line.index(after: end)...].trimmingCharacters(in: .whitespaces)
        current = fresh
        (web, more) = ([], [])
    }

    /// A line of a case's head.
    private mutating func setting(_ mark: String, _ rest: String) throws {
        switch mark {
        case "web|": web.append(rest)
        case "more|": more.append(rest)
        case "more": more += try setup(rest).split(separator: "\n").map(String.init)
        case "static|":
            let text = current?.settings ?? ""
            current?.settings = text + rest + "\n"
        case "dynamic|":
            let text = current?.routes ?? ""
            current?.routes = text + rest + "\n"
        case "dynamic":
            let text = try setup(rest)
            current?.routes = text
        case "servers": current?.servers = rest.split(separator: " ").map(String.init)
        case "ports": current?.idlePorts = rest.split(separator: " ").map(String.init)
        case "certificate":
            let words = rest.split(separator: " ").map(String.init)
            guard words.count == 2 else { throw CaseError(description: "certificate NAME HOST") }
            current?.certificates.append((words[0], words[1]))
        case "file": current?.files.append((rest, ""))
        case "file|":
            guard let file = current?.files.popLast() else { throw CaseError(description: "which file?") }
            current?.files.append((file.path, file.text + rest + "\n"))
        case "env":
            let found = options(rest)
            current?.environment = found
        case "format": current?.format = rest
        case "ready": current?.waitsForPing = rest == "ping"
        case "exits": current?.exits = true
        case "settle": current?.settles = true
        default: throw CaseError(description: "unknown word \(mark)")
        }
    }

    private func setup(_ name: String) throws -> String {
        try String(contentsOf: folder.appendingPathComponent("setups/\(name)"), encoding: .utf8)
    }

    private mutating func endStep() throws {
        guard let lines = step else { return }
        step = nil
        var made = ConformanceStep(action: try action(lines), about: lines.about, options: lines.options)
        (made.traefik, made.specula, made.reason, made.line) = (lines.traefik, lines.specula, lines.reason, lines.line)
        current?.steps.append(made)
    }

    private mutating func endCase() throws {
        try endStep()
        guard var done = current else { return }
        current = nil
        if done.settings.isEmpty {
            let lines = try setup("static.yml").split(separator: "\n", omittingEmptySubsequences: false).map(
                String.init)
            done.settings = lines.flatMap { $0 == "{web options}" ? web.map { "    \($0)" } : [$0] }.joined(
                separator: "\n")
            done.settings += more.map { "\($0)\n" }.joined()
        }
        cases.append(done)
    }

    private func action(_ lines: StepLines) throws -> ConformanceStep.Action {
        guard let command = lines.command else { return .send(parts: RequestText.parts(lines.request)) }
        let words = command.split(separator: " ").map(String.init)
        switch (words.first, words.dropFirst().first) {
        case ("metrics", _): return .metrics
        case ("access", _): return .access
        case ("exit", _): return .exit
        case ("burst", let count?):
            return .burst(count: Int(count) ?? 0, request: RequestText.parts(lines.request).joined())
        case ("sleep", let seconds?): return .sleep(seconds: Double(seconds) ?? 0)
        case ("until", .some): return .until(series: String(command.dropFirst("until ".count)))
        case ("write", let name?): return .write(name: name, text: lines.text.map { "\($0)\n" }.joined())
        case ("signal", let name?):
            let numbers: [String: Int32] = ["SIGTERM": SIGTERM, "SIGINT": SIGINT, "SIGHUP": SIGHUP, "SIGUSR1": SIGUSR1]
            guard let number = numbers[name] else { throw CaseError(description: "unknown signal \(name)") }
            return .signal(number: number)
        default: throw CaseError(description: "unknown step \(command)")
        }
    }
}
