/// One finding about a configuration: where it is, what is wrong, what was probably meant.
///
/// Operator errors are collected, never thrown one by one: a user sees all mistakes of all files at once.
package struct Diagnostic: Sendable, Hashable {
    /// An error keeps the file (or the start) from being accepted; a warning only speaks.
    package enum Severity: String, Sendable { case error, warning }

    package var severity: Severity
    /// Where the mistake stands; nil when it is about no place in particular.
    package var location: Location?
    /// As in Traefik's documentation, `http.routers.api.rule`; empty when there is none.
    package var keyPath: String
    /// Says what was found and what was expected, in one line.
    package var message: String
    /// The nearest valid spelling.
    package var suggestion: String?
    /// A warning that is logged as an error: nothing is refused, but something that was asked for does not happen.
    package var isLoud = false
    /// What sort of thing it says.
    package var kind: FindingKind

    package init(
        _ severity: Severity, at location: Location? = nil, keyPath: String = "", _ message: String,
        suggestion: String? = nil, kind: FindingKind = .plain
    ) {
        self.severity = severity
        self.location = location
        self.keyPath = keyPath
        self.message = message
        self.suggestion = suggestion
        self.kind = kind
    }

    package var isError: Bool { severity == .error }
}

/// A place in a configuration source: a file with line and column, a flag, an environment variable.
package struct Location: Sendable, Hashable, CustomStringConvertible {
    /// A path, `--flag` or the name of an environment variable.
    package var source: String
    /// From 1; 0 where a source has no lines.
    package var line: Int
    /// From 1, in characters; 0 where a source has no lines.
    package var column: Int

    package init(source: String, line: Int = 0, column: Int = 0) {
        self.source = source
        self.line = line
        self.column = column
    }

    package var description: String { line > 0 ? "\(source):\(line):\(column)" : source }
}

extension Diagnostic: CustomStringConvertible {
    /// `routes.yml:14:9: error: http.routers.api.rule: message (did you mean X?)`.
    package var description: String {
        var text = ""
        if let location { text += "\(location): " }
        text += "\(severity.rawValue): "
        if !keyPath.isEmpty { text += "\(keyPath): " }
        text += message
        if let suggestion { text += " (did you mean \(suggestion)?)" }
        return text
    }
}

extension Sequence<Diagnostic> {
    /// True when one of them is an error.
    package var containsErrors: Bool { contains { $0.isError } }
}

extension [Diagnostic] {
    /// Each once, in the order of the files and of their lines; what has no place comes last.
    package var sortedByPlace: [Diagnostic] {
        var sources: [String: Int] = [:]
        var seen: Set<Diagnostic> = []
        var kept: [Diagnostic] = []
        for diagnostic in self where seen.insert(diagnostic).inserted {
            if let source = diagnostic.location?.source, sources[source] == nil { sources[source] = sources.count }
            kept.append(diagnostic)
        }
        func rank(_ diagnostic: Diagnostic) -> (Int, Int, Int) {
            guard let place = diagnostic.location else { return (.max, 0, 0) }
            return (sources[place.source] ?? .max, place.line, place.column)
        }
        let ranked = kept.enumerated().map { (rank($1), $0) }
        return ranked.sorted { $0.0 == $1.0 ? $0.1 < $1.1 : $0.0 < $1.0 }.map { kept[$0.1] }
    }
}
