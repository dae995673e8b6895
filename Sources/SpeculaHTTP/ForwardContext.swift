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

/// What all requests of one client connection have in common when they are forwarded; made once, and shared by everything
/// that they set off: one reference instead of three to count.
package final class ForwardContext: Sendable {
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
        var pieces: [[UInt8]] = []
        func add(_ name: String, _ value: [UInt8]) {
            pieces += [Array(name.utf8), Array(": ".utf8), value, Array("\r\n".utf8)]
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
        // No byte more than needed: every client has one.
        var lines: [UInt8] = []
        lines.reserveCapacity(pieces.reduce(0) { $0 + $1.count })
        for piece in pieces { lines += piece }
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

    package init(
        authority: [UInt8], passesHost: Bool = true, pathPrefix: [UInt8] = [], allowsUpgrade: Bool = true,
        hiddenCookie: [UInt8] = []
    ) {
        self.authority = authority
        self.passesHost = passesHost
        self.pathPrefix = pathPrefix
        self.allowsUpgrade = allowsUpgrade
        self.hiddenCookie = hiddenCookie
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
