/// A server's URL, taken apart and printed again as Go's `net/url` does.
struct ServerURL: Sendable, Hashable {
    enum Scheme: String, Sendable { case http, https, h2c }

    var scheme: Scheme
    /// A name or an address, IPv6 without brackets.
    var host: String
    var port: UInt16
    /// `host[:port]` as written.
    var authority: String
    /// Percent-encoded; empty or from `/` on.
    var path: String
    /// The whole, printed: the label `url`.
    var text: String

    /// Why a text is no server.
    struct Failure: Error, Hashable {
        let message: String
    }

    init(parsing written: String) throws(Failure) {
        func failure(_ reason: String) -> Failure { Failure(message: "error parsing server URL \(written): \(reason)") }
        if written.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw failure("control character") }
        guard let mark = written.range(of: "://") else { throw failure("expected http://host:port") }
        guard let scheme = Scheme(rawValue: ASCII.lowered(String(written[..<mark.lowerBound]))) else {
            throw failure("unsupported scheme \"\(written[..<mark.lowerBound])\"")
        }
        var rest = written[mark.upperBound...]
        var tail: Substring = ""
        if let end = rest.firstIndex(where: { $0 == "?" || $0 == "#" }) {
            tail = rest[end...]
            rest = rest[..<end]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let whole = rest[..<slash]
        path = Self.encoded(rest[slash...])
        authority = String(whole.split(separator: "@", omittingEmptySubsequences: false).last ?? whole)
        let (host, digits) = try Self.split(authority, failure)
        guard let port = digits.isEmpty ? (scheme == .https ? 443 : 80) : UInt16(digits) else {
            throw failure("invalid port \":\(digits)\" after host")
        }
        self.scheme = scheme
        self.host = host
        self.port = port
        text = "\(scheme.rawValue)://\(whole)\(path)\(tail)"
    }

    private static func split(
        _ authority: String, _ failure: (String) -> Failure
    ) throws(Failure) -> (host: String, port: Substring) {
        var host: Substring
        var port: Substring = ""
        if authority.hasPrefix("[") {
            guard let end = authority.lastIndex(of: "]") else { throw failure("missing ']' in host") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { throw failure("invalid port \"\(rest)\" after host") }
            port = rest.dropFirst()
        } else if let colon = authority.lastIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
            guard !host.contains(":") else { throw failure("IPv6 addresses stand in brackets") }
        } else {
            host = authority[...]
        }
        guard port.allSatisfy({ $0.isASCII && $0.isNumber }) else {
            throw failure("invalid port \":\(port)\" after host")
        }
        guard !host.isEmpty else { throw failure("no host") }
        let isClean = host.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"<>\"`{}|\\^/?#".utf8.contains($0) }
        guard isClean else { throw failure("invalid character in host name") }
        return (String(host), port)
    }

    /// A path with what may not stand in one percent-encoded.
    private static func encoded(_ path: Substring) -> String {
        guard path.utf8.contains(where: { !mayStand($0) }) else { return String(path) }
        let digits = Array("0123456789ABCDEF".utf8)
        let bytes = path.utf8.flatMap { byte in
            mayStand(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func mayStand(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"\"<>\\^`{|}".utf8.contains(byte)
    }
}

extension String {
    /// Where another text stands first; byte-wise.
    func range(of other: String) -> Range<String.Index>? {
        let (bytes, wanted) = (utf8, other.utf8)
        var start = bytes.startIndex
        while start < bytes.endIndex {
            if bytes[start...].starts(with: wanted) {
                return start..<bytes.index(start, offsetBy: wanted.count)
            }
            start = bytes.index(after: start)
        }
        return nil
    }
}
