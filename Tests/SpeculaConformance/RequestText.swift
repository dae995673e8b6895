/// How a case file spells the bytes of a request.
///
/// Lines are joined by CRLF; without an empty line the head's end is added. Escapes: `\r`, `\n`, `\t`, `\xNN`, `\\`,
/// `\pause` (until an answer begins), `\end` at the end of the last line (nothing is added); `{repeat:x:100}` is a long run.
package enum RequestText {
    /// The bytes (one character each) between pauses.
    static func parts(_ lines: [String]) -> [String] {
        guard let last = lines.last else { return [] }
        var text = lines.joined(separator: "\r\n")
        if last.hasSuffix("\\end") {
            text.removeLast(4)
        } else if !lines.contains("") {
            text += "\r\n\r\n"
        }
        var parts = [""]
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "\\" else {
                parts[parts.count - 1].append(character)
                continue
            }
            switch rest.popFirst() {
            case "r": parts[parts.count - 1].unicodeScalars.append("\r")
            case "n": parts[parts.count - 1].unicodeScalars.append("\n")
            case "t": parts[parts.count - 1].unicodeScalars.append("\t")
            case "x":
                let digits = rest.prefix(2)
                rest = rest.dropFirst(2)
                parts[parts.count - 1].unicodeScalars.append(Unicode.Scalar(UInt8(digits, radix: 16) ?? 0))
            case "p":
                rest = rest.dropFirst("ause".count)
                parts.append("")
            case let other?: parts[parts.count - 1].append(other)
            case nil: break
            }
        }
        return parts.map(repeated)
    }

    /// Fills in `{repeat:x:100}`.
    static func repeated(_ text: String) -> String {
        var text = text
        while let start = text.firstRange(of: "{repeat:"), let end = text[start.upperBound...].firstIndex(of: "}") {
            let words = text[start.upperBound..<end].split(separator: ":")
            guard words.count == 2, let count = Int(words[1]) else { break }
            text.replaceSubrange(start.lowerBound...end, with: String(repeating: String(words[0]), count: count))
        }
        return text
    }

    /// One byte for each character.
    static func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }

    /// One character for each byte.
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for byte in bytes { text.unicodeScalars.append(Unicode.Scalar(byte)) }
        return text
    }

    /// As it stands in a case file, on one line.
    static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\r": out += "\\r"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\\": out += "\\\\"
            case " "..."~": out.unicodeScalars.append(scalar)
            default:
                let digits = String(scalar.value, radix: 16)
                out += "\\x" + (digits.count < 2 ? "0" + digits : digits)
            }
        }
        return out
    }

    /// What is too long to be read.
    static func shortened(_ text: String) -> String {
        text.count > 800 ? "\(text.prefix(60)) ... \(text.count) characters" : text
    }
}
