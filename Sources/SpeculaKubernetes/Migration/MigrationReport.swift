package import SpeculaConfiguration

/// What a Traefik set-up means for Specula, line by line.
package struct MigrationReport: Sendable {
    package enum Verdict: String, Sendable {
        case same = "same"
        case better = "better"
        case unsupported = "not supported"
        case problem = "problem"
        case unread = "not read"
    }

    /// One key of the set-up.
    package struct Line: Sendable, CustomStringConvertible {
        package var location: Location
        package var verdict: Verdict
        package var keyPath: String
        package var text: String

        package var description: String {
            ["\(location)", verdict.rawValue, keyPath, text].filter { !$0.isEmpty }.joined(separator: ": ")
        }
    }

    package private(set) var lines: [Line] = []
    /// What would become of each router.
    package var routers: [FoundSetup.Router] = []

    package init() {}

    package func count(_ verdict: Verdict) -> Int { lines.count { $0.verdict == verdict } }

    /// `12 the same, 3 better, 1 not supported, no problems`, and what that means for the routers.
    package var summary: String {
        let problems = count(.problem)
        let counts =
            "\(count(.same)) the same, \(count(.better)) better, \(count(.unsupported)) not supported, "
            + (problems == 0 ? "no problems" : problems == 1 ? "1 problem" : "\(problems) problems")
        guard !routers.isEmpty else { return counts }
        let refused = routers.filter { !$0.reasons.isEmpty }
        let served =
            "\(routers.count - refused.count) of \(routers.count) routers would be served"
            + (refused.isEmpty ? "" : ", but not:")
        let rest = refused.map { "  \($0.name): \($0.reasons.joined(separator: "; "))" }
        return ([counts, served] + rest).joined(separator: "\n")
    }

    /// By file, in the order in which files were read, then by line; what is found twice is said once.
    mutating func sort() {
        var ranks: [String: Int] = [:]
        for line in lines where ranks[line.location.source] == nil { ranks[line.location.source] = ranks.count }
        func place(_ line: Line, _ offset: Int) -> (Int, Int, Int, Int) {
            (ranks[line.location.source] ?? 0, line.location.line, line.location.column, offset)
        }
        var seen: Set<String> = []
        lines = lines.enumerated().sorted { place($0.element, $0.offset) < place($1.element, $1.offset) }
            .map(\.element).filter { seen.insert($0.description).inserted }
    }

    /// Walks a tree beside the shape that it should have.
    mutating func walk(_ node: Node, _ shape: Shape, path: [String], shown: String, help: String = "") {
        guard say(node, path, shown, help) else { return }
        switch (shape, node.kind) {
        case (.section(let fields), .mapping): walk(node, fields(), path, shown)
        case (.map(let inner), .mapping):
            for position in 0..<node.count {
                let (key, value) = node.pair(position)
                walk(value, inner, path: path + [key.text], shown: Self.joined(shown, key.text))
            }
        case (.list(.scalar), .sequence): add(.same, node.location, shown, "")
        case (.list(let inner), .sequence):
            for position in 0..<node.count {
                walk(node.element(position), inner, path: path, shown: "\(shown)[\(position)]")
            }
        default: break
        }
    }

    private mutating func walk(_ node: Node, _ fields: [FieldDescription], _ path: [String], _ shown: String) {
        for position in 0..<node.count {
            let (key, value) = node.pair(position)
            guard let field = fields.first(where: { $0.name.lowercased() == key.text.lowercased() }) else {
                let near = Spelling.nearest(to: key.text, in: fields.map(\.name))
                add(
                    .problem, key.location, Self.joined(shown, key.text),
                    "unknown key" + (near.map { " (did you mean \($0)?)" } ?? ""))
                continue
            }
            let inner = path + [field.name]
            guard field.isSupported else {
                add(
                    .unsupported, key.location, Self.joined(shown, field.name),
                    MigrationKnowledge.advice(for: inner))
                continue
            }
            walk(value, field.shape, path: inner, shown: Self.joined(shown, field.name), help: field.help)
        }
    }

    /// Says what is known of a key; of one that is no leaf only what is special about it.
    ///
    /// - Returns: false when nothing below is worth a word.
    private mutating func say(_ node: Node, _ path: [String], _ shown: String, _ help: String) -> Bool {
        // A list's elements are told with the list.
        let isElement = shown.hasSuffix("]")
        let isLeaf = node.kind == .plain || node.kind == .quoted
        guard !isElement || isLeaf else { return true }
        if MigrationKnowledge.useless.contains(where: { MigrationKnowledge.matches($0, path) }),
            node.count > 0 || node.kind == .plain || node.kind == .quoted
        {
            add(.unsupported, node.location, shown, MigrationKnowledge.advice(for: path))
            return false
        }
        if !isElement,
            let found = MigrationKnowledge.better.first(where: { MigrationKnowledge.matches($0.pattern, path) })
        {
            let issues = found.issues.map { "traefik/traefik#\($0)" }.joined(separator: ", ")
            add(.better, node.location, shown, issues.isEmpty ? found.what : "\(found.what) (\(issues))")
        } else if isLeaf {
            add(.same, node.location, shown, Self.hasNoEffect(help) ? Self.lowered(help) : "")
        }
        return true
    }

    /// Keys that are read so that Traefik's files are, and do nothing here.
    private static func hasNoEffect(_ help: String) -> Bool {
        help.hasPrefix("Accepted") || help.hasPrefix("Without effect")
    }

    private static func lowered(_ help: String) -> String {
        let text = help.hasSuffix(".") ? help.dropLast() : help[...]
        return text.prefix(1).lowercased() + text.dropFirst()
    }

    mutating func add(_ verdict: Verdict, _ location: Location, _ keyPath: String, _ text: String) {
        lines.append(Line(location: location, verdict: verdict, keyPath: keyPath, text: text))
    }

    /// What compiling says of a value of a key that is read: `https` servers, say.
    mutating func add(unsupported diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics where diagnostic.kind.isNotSupported {
            for position in lines.indices
            where lines[position].verdict == .same && lines[position].location == diagnostic.location {
                lines[position].verdict = .unsupported
                let path = lines[position].keyPath.split(separator: ".").map(String.init)
                let advice = MigrationKnowledge.advice(for: path)
                lines[position].text =
                    advice == MigrationKnowledge.otherwise ? diagnostic.message : "\(diagnostic.message): \(advice)"
            }
        }
    }

    /// What reading or translating found wrong.
    mutating func add(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics {
            // What is not built is told with what to do about it.
            guard !diagnostic.kind.isNotSupported, diagnostic.kind != .unknownKey else { continue }
            let suggestion = diagnostic.suggestion.map { " (did you mean \($0)?)" } ?? ""
            add(
                .problem, diagnostic.location ?? Location(source: ""), diagnostic.keyPath,
                diagnostic.message + suggestion)
        }
    }

    private static func joined(_ first: String, _ second: String) -> String {
        first.isEmpty ? second : "\(first).\(second)"
    }
}
