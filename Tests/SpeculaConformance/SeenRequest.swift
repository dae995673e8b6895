/// A request as it arrived at a server.
package struct SeenRequest: Sendable {
    var line: String
    /// In the order of arrival, names as sent, values trimmed.
    var fields: [Field]
    var body: [UInt8] = []
    var trailers: [Field] = []

    struct Field: Sendable, Equatable {
        var name, value: String

        /// `Name: value` with white space around the value dropped; `nil` without a colon.
        init?(_ line: Substring) {
            guard let colon = line.unicodeScalars.firstIndex(of: ":") else { return nil }
            name = String(line[..<colon]).lowercased()
            value = Field.trimmed(line[line.unicodeScalars.index(after: colon)...])
        }

        init(name: String, value: String) { (self.name, self.value) = (name, value) }

        private static func trimmed(_ text: Substring) -> String {
            let isSpace: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" }
            var scalars = text.unicodeScalars
            while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
            while let last = scalars.last, isSpace(last) { scalars.removeLast() }
            return String(String.UnicodeScalarView(scalars))
        }
    }

    /// All values of one field, lower-case name, joined by commas.
    func value(_ name: String) -> String {
        fields.filter { $0.name == name }.map(\.value).joined(separator: ",")
    }

    init(head: [UInt8]) {
        let lines = SeenRequest.lines(RequestText.text(head))
        line = String(lines.first ?? "")
        fields = lines.dropFirst().compactMap(Field.init)
    }

    /// Splits at CRLF; Swift takes CRLF for one character.
    static func lines(_ text: String) -> [Substring] {
        var lines: [Substring] = []
        let scalars = text.unicodeScalars
        var start = scalars.startIndex, index = start
        while index < scalars.endIndex {
            let next = scalars.index(after: index)
            if scalars[index] == "\r", next < scalars.endIndex, scalars[next] == "\n" {
                lines.append(text[start..<index])
                start = scalars.index(after: next)
                index = start
            } else {
                index = next
            }
        }
        if start < scalars.endIndex { lines.append(text[start...]) }
        return lines
    }
}
