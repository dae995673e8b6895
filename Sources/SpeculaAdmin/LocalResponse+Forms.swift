internal import SpeculaConfiguration
internal import SpeculaHTTP

/// The forms of answer that the admin services give, as Go's `net/http` writes them.
extension LocalResponse {
    /// A JSON document with the newline that Go's encoder ends with.
    static func json(
        _ value: JSONValue, contentType: String = "application/json", fields: [(name: String, value: String)] = []
    ) -> LocalResponse {
        var writer = JSONWriter()
        writer.write(value)
        return LocalResponse(
            status: 200, fields: [(name: "Content-Type", value: contentType)] + fields,
            body: writer.bytes + [UInt8(ascii: "\n")])
    }

    /// An error of the API: JSON text in a plain text answer, as Traefik has it.
    static func apiError(_ status: Int, _ message: String) -> LocalResponse {
        var writer = JSONWriter()
        writer.write(["message": .string(message)])
        return plain(status, writer.bytes + [UInt8(ascii: "\n")])
    }

    /// The answer of a path that is nothing.
    static var pageNotFound: LocalResponse { plain(404, Array("404 page not found\n".utf8)) }

    /// The answer of a path that does not take this method.
    static var methodNotAllowed: LocalResponse { LocalResponse(status: 405, fields: [], body: []) }

    /// Permanent, as Traefik's redirections: 301 to who reads, 308 to who sends.
    static func moved(to location: String, method: String) -> LocalResponse {
        let reads = method == "GET" || method == "HEAD"
        let text = reads ? "Moved Permanently" : "Permanent Redirect"
        return LocalResponse(status: reads ? 301 : 308, fields: [("Location", location)], body: Array(text.utf8))
    }

    private static func plain(_ status: Int, _ body: [UInt8]) -> LocalResponse {
        LocalResponse(
            status: status,
            fields: [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")], body: body)
    }
}
