/// Tells what came of a step, one line a thing, as the case files have it.
///
/// What is usual is left out, so that a line shows what a gateway did: the plain answer of a server, the fields that the
/// client sent and the server got, the forwarded fields of an untrusted client, an `Accept-Encoding: gzip` of the gateway's own.
enum Transcript {
    /// `< 200 p`, or `< STATUS | name: value | "body"`.
    static func answer(_ answer: Answer, isHead: Bool) -> String {
        let fields = answer.fields.filter { $0.name != "date" }
        let body = RequestText.text(answer.body)
        if answer.status == 200, !answer.isOpen, let server = answer.values("x-server").first, answer.trailers.isEmpty {
            let text = "this is \(server)\n"
            let plain = [("content-length", "\(text.count)"), ("content-type", "text/plain"), ("x-server", server)]
            let found = fields.map { ($0.name, $0.value) }.sorted { $0 < $1 }
            if body == (isHead ? "" : text), found.elementsEqual(plain, by: ==) { return "< 200 \(server)" }
        }
        var words = ["< \(answer.status)"]
        for field in fields.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) {
            if field.name == "content-length", !isHead, field.value == "\(answer.body.count)" { continue }
            words.append("\(field.name): \(RequestText.escaped(RequestText.shortened(field.value)))")
        }
        if !answer.body.isEmpty { words.append(quoted(body, limit: 400)) }
        for field in answer.trailers { words.append("trailer \(field.name): \(field.value)") }
        if answer.isIncomplete { words.append("incomplete") }
        if answer.lastsUntilClose { words.append("until close") }
        return words.joined(separator: " | ")
    }

    /// `@ p GET /a`, then what differs from what was sent: `+name: value` and `-name`.
    static func request(
        _ request: SeenRequest, at server: String, sent: [SeenRequest.Field], from source: String,
        isSecure: Bool
    ) -> String {
        let host = request.value("host")
        let usual: [SeenRequest.Field] = [
            .init(name: "x-forwarded-for", value: source), .init(name: "x-forwarded-host", value: host),
            .init(name: "x-forwarded-port", value: isSecure ? "443" : "80"),
            .init(name: "x-forwarded-proto", value: isSecure ? "https" : "http"),
            .init(name: "x-forwarded-server", value: "{hostname}"), .init(name: "x-real-ip", value: source),
        ]
        // A client's own forwarded fields are never usual: where they reach the server, that is told.
        var pool = usual + sent.filter { field in !usual.contains { $0.name == field.name } }
        let hidden = SeenRequest.Field(name: "accept-encoding", value: "gzip")
        if !sent.contains(where: { $0.name == hidden.name }) { pool.append(hidden) }
        let line = request.line.hasSuffix(" HTTP/1.1") ? String(request.line.dropLast(9)) : request.line
        var words = ["@ \(server) \(RequestText.escaped(RequestText.shortened(line)))"]
        for field in request.fields.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) {
            let value = RequestText.shortened(field.value)
            if let match = pool.firstIndex(where: { $0.name == field.name && RequestText.shortened($0.value) == value })
            {
                pool.remove(at: match)
            } else {
                words.append("+\(field.name): \(RequestText.escaped(value))")
            }
        }
        for field in pool.sorted(by: { ($0.name, $0.value) < ($1.name, $1.value) }) where field != hidden {
            if !request.fields.contains(where: { $0.name == field.name }) {
                words.append("-\(field.name)")
            } else if !usual.contains(where: { $0.name == field.name }) {
                words.append("-\(field.name): \(RequestText.escaped(RequestText.shortened(field.value)))")
            }
        }
        if !request.body.isEmpty { words.append(quoted(RequestText.text(request.body), limit: 300)) }
        for field in request.trailers { words.append("trailer \(field.name): \(field.value)") }
        return words.joined(separator: " | ")
    }

    /// The fields of the first head in the bytes of a request, however malformed.
    static func fields(of sent: String) -> [SeenRequest.Field] {
        var fields: [SeenRequest.Field] = []
        for line in sent.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).dropFirst() {
            let text = Substring(String(String.UnicodeScalarView(line)))
            if text.unicodeScalars.allSatisfy({ $0 == "\r" }) { break }
            if let field = SeenRequest.Field(text) { fields.append(field) }
        }
        return fields
    }

    static func quoted(_ text: String, limit: Int) -> String {
        text.unicodeScalars.count > limit ? "(\(text.unicodeScalars.count) bytes)" : "\"\(RequestText.escaped(text))\""
    }

    /// `1-3 7`: numbers in ascending order.
    static func ranges(_ numbers: [Int]) -> String {
        var words: [String] = [], start: Int?, last = 0
        for number in numbers + [Int.max] {
            if let first = start {
                if number == last + 1 {
                    last = number
                    continue
                }
                words.append(first == last ? "\(first)" : "\(first)-\(last)")
            }
            (start, last) = (number, number)
        }
        return words.joined(separator: " ")
    }

    /// Whether a line is what was expected: `*` stands for anything.
    static func fits(_ line: String, _ pattern: String) -> Bool {
        if line == pattern { return true }
        guard pattern.contains("*") else { return false }
        let text = Array(line.unicodeScalars), mask = Array(pattern.unicodeScalars)
        var at = 0, from = 0, star = -1, mark = 0
        while at < text.count {
            if from < mask.count, mask[from] == "*" {
                (star, mark) = (from, at)
                from += 1
            } else if from < mask.count, mask[from] == text[at] {
                (at, from) = (at + 1, from + 1)
            } else if star >= 0 {
                (from, mark) = (star + 1, mark + 1)
                at = mark
            } else {
                return false
            }
        }
        return mask[from...].allSatisfy { $0 == "*" }
    }
}
