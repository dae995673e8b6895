package import SpeculaBytes

/// A service inside the gateway, behind a router like any other: `api@internal`, `ping@internal`, `prometheus@internal`.
///
/// The proxy calls it off its loops, with a copy of the request, and sends what it returns.
package protocol LocalService: Sendable {
    /// Answers one request; never throws: what goes wrong inside is a status.
    func respond(to request: LocalRequest) async -> LocalResponse
}

/// A request as a local service sees it.
package struct LocalRequest: Sendable {
    package var method: String
    /// Decoded, without the query.
    package var path: String
    /// Raw, without the `?`.
    package var query: String
    /// In the order they were sent, names as they were sent.
    package var fields: [(name: String, value: String)]
    /// `Host` as it was sent.
    package var authority: String

    package init(
        method: String = "GET", path: String, query: String = "", fields: [(name: String, value: String)] = [],
        authority: String = ""
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.authority = authority
    }

    /// The value of the first field called `name`, in any case.
    package func firstValue(of name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// What a local service answers; the proxy adds `Content-Length` and `Date`.
package struct LocalResponse: Sendable {
    /// 200 to 999.
    package var status: Int
    package var fields: [(name: String, value: String)]
    package var body: [UInt8]
    /// What follows `body`: long answers, sent from where they were written.
    package var blocks: [ByteBlock]

    package init(
        status: Int, fields: [(name: String, value: String)] = [], body: [UInt8] = [], blocks: [ByteBlock] = []
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.blocks = blocks
    }

    /// Bytes of `body` and `blocks`.
    package var length: Int { blocks.reduce(body.count) { $0 + $1.count } }
}

extension RequestHead {
    /// Copies the request for a local service.
    ///
    /// Call it after `prepareTarget(_:)`.
    package func makeLocalRequest() -> LocalRequest {
        func text(_ bytes: Span<UInt8>) -> String {
            unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
        }
        return LocalRequest(
            method: withMethodBytes(text), path: withDecodedPath(text), query: withQuery(text),
            fields: (0..<count).map { (withName(of: $0, text), withValue(of: $0, text)) },
            authority: withAuthority(text))
    }
}
