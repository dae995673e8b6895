/// A request method; told apart by case, as RFC 9110 section 9.1 and Traefik do.
package enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, connect, options, trace, patch, pri
    /// Any other token, `get` and `PROPFIND` among them: its bytes stay in the head.
    case other

    /// Whether repeating the request is meant to do no harm (RFC 9110 section 9.2.2).
    package var isIdempotent: Bool {
        switch self {
        case .get, .head, .put, .delete, .options, .trace: true
        case .post, .connect, .patch, .pri, .other: false
        }
    }

    /// Whether a request without a body says so by `Content-Length: 0`, as Go's client writes it.
    var announcesEmptyBody: Bool {
        self == .post || self == .put || self == .patch
    }

    /// Recognises the token of `count` bytes at `start`, which a blank follows.
    @inline(__always)
    static func recognise(_ bytes: Span<UInt8>, from start: Int, count: Int) -> Method {
        switch count {
        case 3:
            let word = bytes.load32(start)
            if word == word32("GET ") { return .get }
            if word == word32("PUT ") { return .put }
            if word == word32("PRI ") { return .pri }
        case 4:
            let word = bytes.load32(start)
            if word == word32("POST") { return .post }
            if word == word32("HEAD") { return .head }
        case 5:
            let word = bytes.load32(start)
            if word == word32("PATC"), bytes.load32(start &+ 2) == word32("TCH ") { return .patch }
            if word == word32("TRAC"), bytes.load32(start &+ 2) == word32("ACE ") { return .trace }
        case 6:
            if bytes.load32(start) == word32("DELE"), bytes.load32(start &+ 2) == word32("LETE") { return .delete }
        case 7:
            let word = bytes.load64(start)
            if word == word64("OPTIONS ") { return .options }
            if word == word64("CONNECT ") { return .connect }
        default: break
        }
        return .other
    }
}

/// The protocol version of a message, as far as HTTP/1 tells them apart; 1.2 and above count as 1.1.
package enum Version: UInt8, Sendable {
    case http10, http11
}
