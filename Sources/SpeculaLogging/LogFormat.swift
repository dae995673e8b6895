/// The two shapes of a log line: Traefik's `common` (for eyes) and `json` (for machines).
package enum LogFormat: Hashable, Sendable {
    /// `2026-11-21T15:33:17Z INF message key=value`, coloured where a terminal shows it.
    case common(isColoured: Bool)
    /// `{"level":"info","key":"value","time":"2026-11-21T15:33:17Z","message":"message"}`.
    case json

    /// Writes one line, with its newline, of a message and what goes with it.
    ///
    /// Keys come sorted, so that a line depends on nothing but its content; `error` comes first in `common`, as Traefik's.
    package func line(level: LogLevel, message: String, metadata: [String: String], time: LogTime) -> String {
        switch self {
        case .common(let isColoured):
            Self.commonLine(level: level, message: message, metadata: metadata, time: time, isColoured: isColoured)
        case .json: Self.jsonLine(level: level, message: message, metadata: metadata, time: time)
        }
    }

    private static func commonLine(
        level: LogLevel, message: String, metadata: [String: String], time: LogTime, isColoured: Bool
    ) -> String {
        func coloured(_ text: String, _ colour: String) -> String {
            isColoured ? "\u{1B}[\(colour)m\(text)\u{1B}[0m" : text
        }
        var line = coloured(time.text, "90") + " " + coloured(level.mark, level.colour)
        if !message.isEmpty { line += " " + withoutControls(message) }
        if let error = metadata["error"] { line += " " + coloured("error=", "31") + coloured(quoted(error), "31") }
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != "error" {
            line += " " + coloured(key + "=", "36") + quoted(value)
        }
        return line + "\n"
    }

    private static func jsonLine(level: LogLevel, message: String, metadata: [String: String], time: LogTime) -> String
    {
        var line = "{\"level\":\"\(level.name)\""
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ",\(jsonString(key)):\(jsonString(value))"
        }
        return line + ",\"time\":\"\(time.text)\",\"message\":\(jsonString(message))}\n"
    }

    /// A value of the common format: as it is when it is one plain word, else in quotes.
    private static func quoted(_ value: String) -> String {
        let needsQuotes =
            value.isEmpty
            || value.utf8.contains { $0 <= 0x20 || $0 > 0x7E || $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") }
        return needsQuotes ? jsonString(value) : value
    }

    /// A message whose control characters cannot start a line of their own or move a terminal's cursor.
    private static func withoutControls(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return text }
        return String(jsonString(text).dropFirst().dropLast())
    }

    /// A JSON string literal (RFC 8259 section 7); everything that is not a control character, quote or backslash stays.
    package static func jsonString(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
