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
        let bytes = written.utf8
        if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { throw failure("control character") }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
            throw failure("expected http://host:port")
        }
        guard let scheme = Scheme(rawValue: ASCII.lowered(String(written[..<colon]))) else {
            throw failure("unsupported scheme \"\(written[..<colon])\"")
        }
        var rest = written[bytes.index(colon, offsetBy: 3)...]
        var tail: Substring = ""
        if let end = rest.utf8.firstIndex(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
            tail = rest[end...]
            rest = rest[..<end]
        }
        let slash = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let whole = rest[..<slash]
        path = Self.encoded(rest[slash...])
        let userEnd = whole.utf8.lastIndex(of: UInt8(ascii: "@")).map { whole.utf8.index(after: $0) }
        authority = String(whole[(userEnd ?? whole.startIndex)...])
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
        } else if let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            port = authority[authority.utf8.index(after: colon)...]
            guard !host.utf8.contains(UInt8(ascii: ":")) else { throw failure("IPv6 addresses stand in brackets") }
        } else {
            host = authority[...]
        }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
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
