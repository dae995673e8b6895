package import SpeculaHTTP

/// A request of the control plane: its body, if any, is there as a whole.
package struct ClientRequest: Sendable {
    package var method: Method
    package var endpoint: ClientEndpoint
    /// Behind the endpoint's own path: begins with a slash, with its query, encoded.
    package var target: String
    /// Beside `Host` and `Content-Length`, which are made; values hold no line ends.
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    package var limits = ClientLimits()
    /// For endpoints that are `https`.
    package var tls = ClientTLS()
    /// Whether the request may be sent once more when a kept connection turns out to be closed; default: idempotent methods.
    package var isRepeatable: Bool

    /// - Parameters:
    ///   - method: Any but `.other`, `.pri` and `.connect`.
    ///   - endpoint: The server.
    ///   - target: The path with its query.
    ///   - fields: Names as they are to be sent.
    ///   - body: Empty: none.
    package init(
        _ method: Method = .get, _ endpoint: ClientEndpoint, _ target: String,
        fields: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.endpoint = endpoint
        self.target = target
        self.fields = fields
        self.body = body
        isRepeatable = method.isIdempotent
    }

    /// The head as it goes out.
    func writtenHead() -> [UInt8] {
        var text = "\(methodName) \(endpoint.basePath)\(target) HTTP/1.1\r\nHost: \(endpoint.authority)\r\n"
        for (name, value) in fields { text += "\(Self.plain(name)): \(Self.plain(value))\r\n" }
        if !body.isEmpty || method == .post || method == .put || method == .patch {
            text += "Content-Length: \(body.count)\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    private var methodName: String {
        switch method {
        case .get, .other, .pri, .connect: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .trace: "TRACE"
        case .patch: "PATCH"
        }
    }

    /// A line end in a field would begin another request.
    private static func plain(_ text: String) -> String {
        String(decoding: text.utf8.filter { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }, as: UTF8.self)
    }
}

/// How long a request may take and how much it may bring; zero means no limit.
package struct ClientLimits: Sendable, Equatable {
    /// Looking the name up and connecting.
    package var connect = Duration.seconds(10)
    /// From the start to the response's head.
    package var head = Duration.seconds(30)
    /// Without a byte of the response's body: how a connection whose other end vanished is found out.
    package var idle = Duration.seconds(60)
    /// The whole exchange.
    package var whole = Duration.zero
    /// Bytes of a body that `send` collects.
    package var bodyBytes = 16 << 20
    /// Bytes that `open` holds for a reader that is behind; then the server waits.
    package var bufferedBytes = 256 << 10

    package init() {}
}
