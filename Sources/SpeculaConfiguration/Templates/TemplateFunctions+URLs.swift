extension TemplateFunctions {
    /// URLs taken apart, as Go's `url.Parse` does.
    static let urls: [String: Function] = [
        "urlParse": { arguments throws(TemplateError) in .dictionary(try parsedURL(try arguments.string(0))) },
        "urlJoin": { arguments throws(TemplateError) in
            .string(try joinedURL(try arguments.dictionary(0)))
        },
    ]

    /// Go's `URL.String`.
    private static func joinedURL(_ parts: [String: TemplateValue]) throws(TemplateError) -> String {
        func part(_ name: String) throws(TemplateError) -> String {
            switch parts[name] {
            case nil, .missing: return ""
            case .string(let text): return text
            case .some(let value):
                throw TemplateError("unable to parse \(name) key, must be of type string, but \(value.kind) found")
            }
        }
        let (scheme, opaque, user) = (try part("scheme"), try part("opaque"), try part("userinfo"))
        let (host, path, query, fragment) = (
            try part("host"), try part("path"), try part("query"), try part("fragment")
        )
        var url = scheme.isEmpty ? "" : scheme + ":"
        if !opaque.isEmpty {
            url += opaque
        } else {
            if !scheme.isEmpty || !host.isEmpty || !user.isEmpty, !host.isEmpty || !path.isEmpty || !user.isEmpty {
                url += "//" + (user.isEmpty ? "" : user + "@") + host
            }
            if !path.isEmpty, !path.hasPrefix("/"), !host.isEmpty { url += "/" }
            // A colon in the first part of a path would make it a scheme.
            if url.isEmpty, path.prefix(while: { $0 != "/" }).contains(":") { url = "./" }
            url += escaped(path, besides: "$&+,/:;=@")
        }
        if !query.isEmpty { url += "?" + query }
        return fragment.isEmpty ? url : url + "#" + escaped(fragment, besides: "!$&'()*+,/:;=?@")
    }

    private static func escaped(_ text: String, besides allowed: String) -> String {
        let (digits, kept) = (Array("0123456789ABCDEF".utf8), Set(allowed.utf8))
        let bytes = text.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                [byte]
            case _ where kept.contains(byte): [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func parsedURL(_ text: String) throws(TemplateError) -> [String: TemplateValue] {
        func mistake(_ what: String) -> TemplateError {
            TemplateError("unable to parse url \(TemplateFormat.quoted(text)): \(what)")
        }
        guard !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
            throw mistake("invalid control character in URL")
        }
        var parts: [String: String] = [:]
        var (rest, fragment) = cut(Substring(text), at: "#")
        parts["fragment"] = try unescaped(fragment ?? "", mistake)
        if let colon = try schemeEnd(of: rest, mistake) {
            parts["scheme"] = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        let hasScheme = parts["scheme"] != nil
        let query: Substring?
        (rest, query) = cut(rest, at: "?")
        parts["query"] = String(query ?? "")
        if !rest.hasPrefix("/") {
            if hasScheme {
                parts["opaque"] = String(rest)
                rest = ""
            } else if rest.prefix(while: { $0 != "/" }).contains(":") {
                throw mistake("first path segment in URL cannot contain colon")
            }
        }
        if rest.hasPrefix("//"), hasScheme || !rest.hasPrefix("///") {
            let authority = rest.dropFirst(2).prefix { $0 != "/" }
            rest = rest[authority.endIndex...]
            var host = authority
            if let at = authority.lastIndex(of: "@") {
                parts["userinfo"] = String(authority[..<at])
                host = authority[authority.index(after: at)...]
            }
            parts["host"] = String(host)
            parts["hostname"] = try hostName(of: host, mistake)
        }
        parts["path"] = try unescaped(rest, mistake)
        var values: [String: TemplateValue] = [:]
        for name in ["scheme", "host", "hostname", "path", "query", "opaque", "fragment", "userinfo"] {
            values[name] = .string(parts[name] ?? "")
        }
        return values
    }

    private static func cut(_ text: Substring, at mark: Character) -> (before: Substring, after: Substring?) {
        guard let place = text.firstIndex(of: mark) else { return (text, nil) }
        return (text[..<place], text[text.index(after: place)...])
    }

    /// The colon behind the scheme; nil: there is none.
    private static func schemeEnd(
        of text: Substring, _ mistake: (String) -> TemplateError
    ) throws(TemplateError) -> Substring.Index? {
        for place in text.indices {
            switch text[place] {
            case "a"..."z", "A"..."Z": continue
            case "0"..."9", "+", "-", ".":
                if place == text.startIndex { return nil }
            case ":":
                guard place != text.startIndex else { throw mistake("missing protocol scheme") }
                return place
            default: return nil
            }
        }
        return nil
    }

    /// The host without its port and without brackets.
    private static func hostName(
        of host: Substring, _ mistake: (String) -> TemplateError
    ) throws(TemplateError) -> String {
        var (name, port) = (host, Substring())
        if host.hasPrefix("[") {
            guard let end = host.lastIndex(of: "]") else { throw mistake("missing ']' in host") }
            name = host[..<end].dropFirst()
            port = host[host.index(after: end)...]
        } else if let colon = host.lastIndex(of: ":") {
            name = host[..<colon]
            port = host[colon...]
        }
        guard port.isEmpty || port.hasPrefix(":") && port.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) })
        else { throw mistake("invalid port \(TemplateFormat.quoted(String(port))) after host") }
        for character in name where #" "<>\^`{|}"#.contains(character) {
            throw mistake("invalid character \(TemplateFormat.quoted(String(character))) in host name")
        }
        return String(name)
    }

    private static func unescaped(
        _ text: Substring, _ mistake: (String) -> TemplateError
    ) throws(TemplateError) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "%") else {
                out.append(bytes[position])
                position += 1
                continue
            }
            let escape = String(decoding: bytes[position...].prefix(3), as: UTF8.self)
            guard escape.utf8.count == 3, let byte = UInt8(escape.dropFirst(), radix: 16), !escape.contains("+") else {
                throw mistake("invalid URL escape \(TemplateFormat.quoted(escape))")
            }
            out.append(byte)
            position += 3
        }
        return String(decoding: out, as: UTF8.self)
    }
}
