/// What an entry point adds to every request that it forwards. (Traefik: entry point `forwardedHeaders.*`)
///
/// `forwardedHeaders.connection` has no effect on what a server gets, in Traefik too: it only keeps fields for middlewares.
package struct ForwardPolicy: Sendable {
    /// Whether `X-Forwarded-For` gets the client's address. (Traefik: `notAppendXForwardedFor` turns it off)
    package var appendsForwardedFor: Bool
    /// Whether `X-Forwarded-Scheme` and `X-Scheme` are written. (Traefik: `addXForwardedSchemeHeaders`)
    package var addsSchemeFields: Bool
    /// This machine's name, for `X-Forwarded-Server`; empty leaves it out.
    package var hostName: [UInt8]

    package init(appendsForwardedFor: Bool = true, addsSchemeFields: Bool = false, hostName: [UInt8]) {
        self.appendsForwardedFor = appendsForwardedFor
        self.addsSchemeFields = addsSchemeFields
        self.hostName = hostName
    }
}

/// What all requests of one client connection have in common when they are forwarded; made once per connection.
package struct ForwardContext: Sendable {
    /// The client's address as text, without port and zone.
    package let clientAddress: [UInt8]
    /// Whether the client's own `X-Forwarded-*` fields are believed. (Traefik: `insecure`, `trustedIPs`)
    package let isTrusted: Bool
    package let isTLS: Bool
    let appendsForwardedFor: Bool
    let addsSchemeFields: Bool
    let hostName: [UInt8]
    /// The lines that an untrusted client's plain request gets, ready to copy.
    let block: [UInt8]

    package init(policy: ForwardPolicy, clientAddress: [UInt8], isTrusted: Bool, isTLS: Bool) {
        self.clientAddress = clientAddress
        self.isTrusted = isTrusted
        self.isTLS = isTLS
        appendsForwardedFor = policy.appendsForwardedFor
        addsSchemeFields = policy.addsSchemeFields
        hostName = policy.hostName
        var lines: [UInt8] = []
        lines.reserveCapacity(128 + hostName.count + 2 * clientAddress.count)
        func add(_ name: String, _ value: [UInt8]) {
            lines += Array(name.utf8) + Array(": ".utf8) + value + Array("\r\n".utf8)
        }
        let scheme = Array((isTLS ? "https" : "http").utf8)
        if appendsForwardedFor { add("X-Forwarded-For", clientAddress) }
        add("X-Forwarded-Proto", scheme)
        if addsSchemeFields {
            add("X-Forwarded-Scheme", scheme)
            add("X-Scheme", scheme)
        }
        if !hostName.isEmpty { add("X-Forwarded-Server", hostName) }
        add("X-Real-Ip", clientAddress)
        block = lines
    }
}

/// What one server, or one mirror, wants to see of a request; made once per server.
package struct UpstreamTarget: Sendable {
    /// `host:port` of the server: its `Host` where the client's is not passed or is empty.
    package var authority: [UInt8]
    /// Whether the server sees the client's `Host`. (Traefik: `passHostHeader`, default true)
    package var passesHost: Bool
    /// Stands before every path; empty or beginning with `/`. (Traefik: `preservePath` and the path of the server's URL)
    package var pathPrefix: [UInt8]
    /// Whether an upgrade may be passed on.
    package var allowsUpgrade: Bool
    /// A cookie that the server does not see.
    package var hiddenCookie: [UInt8]
    /// Fields taken out and put in. (ours: a mirror's `headers` and `credentials`)
    package var edits: FieldEdits?

    package init(
        authority: [UInt8], passesHost: Bool = true, pathPrefix: [UInt8] = [], allowsUpgrade: Bool = true,
        hiddenCookie: [UInt8] = [], edits: FieldEdits? = nil
    ) {
        self.authority = authority
        self.passesHost = passesHost
        self.pathPrefix = pathPrefix
        self.allowsUpgrade = allowsUpgrade
        self.hiddenCookie = hiddenCookie
        self.edits = edits
    }
}

/// Fields removed from a request and fields set in it.
package struct FieldEdits: Sendable {
    /// Names in lower case; a field that is set is removed first.
    let removed: [[UInt8]]
    /// The lines of the fields that are set.
    let lines: [UInt8]

    /// Takes names and values as an operator wrote them: what is no name is left out, a control character in a value becomes a blank.
    package init(removed: [String] = [], set: [(name: String, value: String)] = []) {
        let set = set.filter { !$0.name.isEmpty && $0.name.utf8.allSatisfy(ASCIISet.token.contains) }
        self.removed = (removed + set.map(\.name)).map { $0.utf8.map(Byte.lowercased) }
        lines = set.flatMap { field in
            let value = field.value.utf8.map {
                $0 < Byte.space && $0 != Byte.tab || $0 == Byte.delete ? Byte.space : $0
            }
            return Array(field.name.utf8) + Array(": ".utf8) + value + Array("\r\n".utf8)
        }
    }
}

/// Which body a forwarded request announces.
package enum ForwardedBody: Sendable, Equatable {
    /// The client's framing.
    case asReceived
    /// None, whatever the client announced.
    case none
    /// So many bytes, although the client may have sent chunks.
    case length(UInt64)
}
