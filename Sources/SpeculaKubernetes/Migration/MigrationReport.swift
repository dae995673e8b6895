package import SpeculaConfiguration

/// What a Traefik set-up means for Specula, line by line.
package struct MigrationReport: Sendable {
    package enum Verdict: String, Sendable {
        case same = "same"
        case better = "better"
        case unsupported = "not supported"
        case problem = "problem"
    }

    /// One key of the set-up.
    package struct Line: Sendable, CustomStringConvertible {
        package var location: Location
        package var verdict: Verdict
        package var keyPath: String
        package var text: String

        package var description: String {
            "\(location): \(verdict.rawValue): \(keyPath)\(text.isEmpty ? "" : ": \(text)")"
        }
    }

    package private(set) var lines: [Line] = []

    package init() {}

    package func count(_ verdict: Verdict) -> Int { lines.count { $0.verdict == verdict } }

    /// `12 keys work the same, 3 better, 1 is not supported, no problem`.
    package var summary: String {
        "\(count(.same)) the same, \(count(.better)) better, \(count(.unsupported)) not supported, "
            + "\(count(.problem)) problems"
    }

    /// Walks a tree beside the shape that it should have.
    mutating func walk(_ node: Node, _ shape: Shape, path: [String], shown: String) {
        say(node, path, shown)
        switch (shape, node.kind) {
        case (.section(let fields), .mapping): walk(node, fields(), path, shown)
        case (.map(let inner), .mapping):
            for position in 0..<node.count {
                let (key, value) = node.pair(position)
                walk(value, inner, path: path + [key.text], shown: Self.joined(shown, key.text))
            }
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
            walk(value, field.shape, path: inner, shown: Self.joined(shown, field.name))
        }
    }

    /// Says what is known of a key; of one that is no leaf only what is special about it.
    private mutating func say(_ node: Node, _ path: [String], _ shown: String) {
        // A list's elements are told with the list.
        guard !shown.hasSuffix("]") || node.kind == .plain || node.kind == .quoted else { return }
        if MigrationKnowledge.useless.contains(where: { MigrationKnowledge.matches($0, path) }),
            node.count > 0 || path.last == "tls"
        {
            if !shown.hasSuffix("]") {
                add(.unsupported, node.location, shown, MigrationKnowledge.advice(for: path))
            }
            return
        }
        if !shown.hasSuffix("]"),
            let found = MigrationKnowledge.better.first(where: { MigrationKnowledge.matches($0.pattern, path) })
        {
            let issues = found.issues.map { "traefik/traefik#\($0)" }.joined(separator: ", ")
            add(.better, node.location, shown, "\(found.what) (\(issues))")
        } else if node.kind == .plain || node.kind == .quoted {
            add(.same, node.location, shown, "")
        }
    }

    mutating func add(_ verdict: Verdict, _ location: Location, _ keyPath: String, _ text: String) {
        lines.append(Line(location: location, verdict: verdict, keyPath: keyPath, text: text))
    }

    /// What reading or translating found wrong.
    mutating func add(_ diagnostics: [Diagnostic]) {
        for diagnostic in diagnostics {
            // What is not built is told with what to do about it.
            guard !diagnostic.message.contains("not supported"), diagnostic.message != "unknown key" else { continue }
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
