/// How grave a log line is, in Traefik's words, from `TRACE` to `PANIC`.
package enum LogLevel: Int, Comparable, CaseIterable, Sendable {
    case trace
    case debug
    case info
    case warn
    case error
    case fatal
    case panic

    /// Reads Traefik's `log.level`, in any case; `nil` for a word it does not know.
    package init?(named name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name.lowercased() }) else { return nil }
        self = level
    }

    /// The word of the JSON format: `trace`, `debug`, `info`, `warn`, `error`, `fatal`, `panic`.
    package var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        case .fatal: "fatal"
        case .panic: "panic"
        }
    }

    /// The three letters of the common format.
    var mark: String {
        switch self {
        case .trace: "TRC"
        case .debug: "DBG"
        case .info: "INF"
        case .warn: "WRN"
        case .error: "ERR"
        case .fatal: "FTL"
        case .panic: "PNC"
        }
    }

    /// The terminal's colour (SGR parameter) of the mark.
    var colour: String {
        switch self {
        case .trace: "34"
        case .debug: "0"
        case .info: "32"
        case .warn: "33"
        case .error, .fatal, .panic: "31"
        }
    }

    package static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}
