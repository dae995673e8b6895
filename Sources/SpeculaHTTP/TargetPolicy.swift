/// The four forms of a request target (RFC 9112 section 3.2).
package enum TargetForm: UInt8, Sendable {
    case origin, absolute, authority, asterisk
}

/// What a target holds that keeps it from being used as it is.
struct TargetMarks: OptionSet, Sendable {
    var rawValue: UInt8

    /// A `%` in the path.
    static var percent: TargetMarks { TargetMarks(rawValue: 1) }
    /// `//` or `/.` in the path.
    static var segments: TargetMarks { TargetMarks(rawValue: 2) }
    /// A byte in the path that Go would escape.
    static var unescaped: TargetMarks { TargetMarks(rawValue: 4) }
    /// All that makes a path anew.
    static var pathWork: TargetMarks { TargetMarks(rawValue: 7) }
    /// A `;` in the query.
    static var semicolon: TargetMarks { TargetMarks(rawValue: 8) }
    /// A `#` anywhere.
    static var fragment: TargetMarks { TargetMarks(rawValue: 16) }
}

/// What an entry point does to a target before rules see it. (Traefik: entry point `http.*`; the defaults are Traefik's.)
package struct TargetPolicy: Sendable, Hashable {
    /// Characters whose encoded form in the path is answered 400. (Traefik: `http.encodedCharacters.allowEncoded…: false`)
    package var deniedCharacters: Set<UInt8>
    /// Collapses `//`, `/./` and `/../`. (Traefik: `http.sanitizePath`)
    package var sanitizesPath: Bool
    /// Sends `;` of the query as `%3B` instead of `&`. (Traefik: `http.encodeQuerySemicolons`)
    package var encodesQuerySemicolons: Bool
    /// What becomes of fields whose name holds an underscore. (Traefik: `http.underscoreHeadersStrategy`)
    package var underscores: UnderscoreStrategy

    package enum UnderscoreStrategy: UInt8, Sendable {
        case keep, delete, reject
    }

    package init(
        deniedCharacters: Set<UInt8> = [], sanitizesPath: Bool = true, encodesQuerySemicolons: Bool = false,
        underscores: UnderscoreStrategy = .keep
    ) {
        self.deniedCharacters = deniedCharacters
        self.sanitizesPath = sanitizesPath
        self.encodesQuerySemicolons = encodesQuerySemicolons
        self.underscores = underscores
    }
}
