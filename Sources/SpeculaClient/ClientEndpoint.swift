/// Where requests go: what stands in a URL before the path, and a path that all of them begin with.
package struct ClientEndpoint: Sendable, Hashable, CustomStringConvertible {
    package let isTLS: Bool
    /// A name or an address, an IPv6 address without brackets.
    package let host: String
    package let port: UInt16
    /// Empty, or with a slash in front and none behind.
    package let basePath: String

    /// Reads `http://host[:port][/path]` or the same with `https`; nil when it is anything else.
    package init?(_ url: String) {
        guard let mark = url.firstRange(of: "://") else { return nil }
        switch url[..<mark.lowerBound].lowercased() {
        case "http": isTLS = false
        case "https": isTLS = true
        default: return nil
        }
        var rest = url[mark.upperBound...]
        var path = rest.firstIndex(of: "/").map { rest[$0...] } ?? ""
        rest = rest[..<(rest.firstIndex(of: "/") ?? rest.endIndex)]
        while path.last == "/" { path.removeLast() }
        var portText: Substring?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            let behind = rest[rest.index(after: end)...]
            guard behind.isEmpty || behind.first == ":" else { return nil }
            if !behind.isEmpty { portText = behind.dropFirst() }
        } else {
            let colon = rest.firstIndex(of: ":")
            host = String(rest[..<(colon ?? rest.endIndex)])
            if let colon { portText = rest[rest.index(after: colon)...] }
        }
        guard Self.isPlain(host), Self.isPlain(path), !host.isEmpty else { return nil }
        let number = portText.map { UInt16($0) ?? 0 } ?? (isTLS ? 443 : 80)
        guard number > 0 else { return nil }
        port = number
        basePath = String(path)
    }

    /// What `Host` says: the port only where it is not the scheme's own.
    package var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == (isTLS ? 443 : 80) ? name : "\(name):\(port)"
    }

    package var description: String { "\(isTLS ? "https" : "http")://\(authority)\(basePath)" }

    /// Nothing that could end a line or a request target.
    private static func isPlain(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: "#") }
    }
}
