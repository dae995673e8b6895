/// How matchers are made from the names and arguments that a rule gives.
extension Matcher {
    /// The matchers there are, as Traefik writes them.
    static let names = [
        "ClientIP", "Method", "Host", "HostRegexp", "Path", "PathRegexp", "PathPrefix", "Header", "HeaderRegexp",
        "Query", "QueryRegexp",
    ]

    /// The matcher that a rule means by `word`: as written, all lower, all upper, or only the first letter upper case.
    static func name(spelled word: String) -> String? {
        if names.contains(word) { return word }
        return names.first { name in
            word == name.lowercased() || word == name.uppercased()
                || word == name.prefix(1).uppercased() + name.dropFirst().lowercased()
        }
    }

    /// Makes a matcher; the error's offset is that of the matcher's name.
    static func make(_ name: String, _ arguments: [[UInt8]], at offset: Int) throws(RuleError) -> Matcher {
        func refuse(_ message: String) -> RuleError { RuleError(offset: offset, message: "\(name): \(message)") }
        guard !arguments.isEmpty else { throw refuse("no arguments") }
        guard !arguments.contains([]) else { throw refuse("empty arguments are not allowed") }
        let counts =
            switch name {
            case "Header", "HeaderRegexp": 2...2
            case "Query", "QueryRegexp": 1...2
            default: 1...1
            }
        guard counts.contains(arguments.count) else {
            let expected = counts.map(String.init).joined(separator: " ")
            throw refuse("unexpected number of parameters; got \(arguments.count), expected one of [\(expected)]")
        }
        let first = arguments[0]
        let second = arguments.count == 2 ? arguments[1] : nil
        func pattern(_ bytes: [UInt8]) throws(RuleError) -> RegexPattern {
            do throws(RegexError) {
                return try RegexPattern(bytes)
            } catch {
                throw refuse("invalid regular expression: \(error.message)")
            }
        }
        func requireASCII() throws(RuleError) {
            guard first.allSatisfy({ $0 < 0x80 }) else {
                let text = String(decoding: first, as: UTF8.self)
                throw refuse("invalid value \"\(text)\", non-ASCII characters are not allowed")
            }
        }
        func requireSlash() throws(RuleError) {
            guard first.first == UInt8(ascii: "/") else {
                throw refuse("path \"\(String(decoding: first, as: UTF8.self))\" does not start with a '/'")
            }
        }
        switch name {
        case "Host":
            try requireASCII()
            return .host(HostPattern(first))
        case "HostRegexp":
            try requireASCII()
            return .hostRegexp(try pattern(first))
        case "Path":
            try requireSlash()
            return .path(first)
        case "PathPrefix":
            try requireSlash()
            return .pathPrefix(first)
        case "PathRegexp":
            return .pathRegexp(try pattern(first))
        case "Method":
            return .method(first.map(\.asciiUppercased))
        case "Header":
            return .header(name: first.map(\.asciiLowercased), value: second ?? [])
        case "HeaderRegexp":
            return .headerRegexp(name: first.map(\.asciiLowercased), try pattern(second ?? []))
        case "Query":
            return .query(key: first, value: second ?? [])
        case "QueryRegexp":
            guard let second else { return .query(key: first, value: []) }
            return .queryRegexp(key: first, try pattern(second))
        default:
            do throws(AddressError) {
                return .clientIP(try AddressSet([String(decoding: first, as: UTF8.self)]))
            } catch {
                throw refuse(error.message)
            }
        }
    }
}
