/// Why a request gets its answer before it is routed; each case knows the status and the bytes that Traefik answers with.
///
/// Most close the connection, since nobody knows any more where the next request begins. The case is the label of a counter.
package enum Refusal: UInt8, Error, CaseIterable, Sendable {
    /// The request line is no request line, or its target no target.
    case requestLine
    /// A line of the head is no field: no colon, no token, a fold, a bare CR or LF, a control character.
    case fieldLine
    /// A blank between a name and its colon.
    case fieldName
    /// A version other than HTTP/1.x.
    case version
    /// HTTP/1.1 without `Host`.
    case missingHost
    /// `Host` holds what no host holds.
    case malformedHost
    /// More than one `Host`.
    case severalHosts
    /// The authority of an absolute target is not the one in `Host`.
    case authorityMismatch
    /// The head is larger than its limit, or has more fields than its limit.
    case headTooLarge
    /// The head took longer than its limit.
    case headTooSlow
    /// `Content-Length` is no number, or there are several.
    case contentLength
    /// `Content-Length` and `Transfer-Encoding` at once, or a transfer coding in HTTP/1.0.
    case framing
    /// A transfer coding other than one `chunked`.
    case transferEncoding
    /// A chunk's size, extension or end is malformed, or a trailer is.
    case chunk
    /// The body ended before its announced length.
    case bodyCutShort
    /// An `Expect` other than `100-continue`.
    case expectation
    /// The target holds a fragment.
    case fragment
    /// The path holds an encoded character that the entry point denies.
    case encodedCharacter
    /// A name holds an underscore and the entry point rejects those.
    case underscore
    /// `OPTIONS *`: asks about the server as a whole, and is answered 200.
    case serverOptions

    package var status: UInt16 {
        switch self {
        case .requestLine, .fieldLine, .fieldName, .missingHost, .malformedHost, .severalHosts, .authorityMismatch,
            .headTooSlow, .contentLength, .framing, .chunk, .bodyCutShort, .fragment, .encodedCharacter, .underscore:
            400
        case .expectation: 417
        case .headTooLarge: 431
        case .transferEncoding: 501
        case .version: 505
        case .serverOptions: 200
        }
    }

    /// The case in the words of a log line.
    package var reason: StaticString {
        switch self {
        case .requestLine: "malformed request line"
        case .fieldLine: "malformed header field"
        case .fieldName: "invalid header name"
        case .version: "unsupported protocol version"
        case .missingHost: "missing Host"
        case .malformedHost: "malformed Host"
        case .severalHosts: "several Hosts"
        case .authorityMismatch: "target and Host disagree"
        case .headTooLarge: "head too large"
        case .headTooSlow: "head too slow"
        case .contentLength: "bad Content-Length"
        case .framing: "contradictory framing"
        case .transferEncoding: "unsupported transfer encoding"
        case .chunk: "malformed chunk"
        case .bodyCutShort: "body cut short"
        case .expectation: "unknown expectation"
        case .fragment: "fragment in target"
        case .encodedCharacter: "encoded character denied"
        case .underscore: "underscore in header name"
        case .serverOptions: "server-wide OPTIONS"
        }
    }

    /// Whether the connection ends with the answer.
    package var closesConnection: Bool {
        switch self {
        case .requestLine, .fieldLine, .fieldName, .version, .missingHost, .malformedHost, .severalHosts,
            .authorityMismatch, .headTooLarge, .headTooSlow, .contentLength, .framing, .transferEncoding, .chunk,
            .bodyCutShort, .expectation:
            true
        case .fragment, .encodedCharacter, .underscore, .serverOptions: false
        }
    }

    /// The body that goes with the status; ends with the connection where `closesConnection` is set.
    package var body: StaticString {
        switch self {
        case .requestLine, .fieldLine, .severalHosts, .authorityMismatch, .headTooSlow, .contentLength, .framing,
            .chunk,
            .bodyCutShort:
            "400 Bad Request"
        case .fieldName: "400 Bad Request: invalid header name"
        case .missingHost: "400 Bad Request: missing required Host header"
        case .malformedHost: "400 Bad Request: malformed Host header"
        case .version: "505 HTTP Version Not Supported: unsupported protocol version"
        case .headTooLarge: "431 Request Header Fields Too Large"
        case .transferEncoding: "Unsupported transfer encoding"
        case .underscore: "Bad Request\n"
        case .expectation, .fragment, .encodedCharacter, .serverOptions: ""
        }
    }
}
