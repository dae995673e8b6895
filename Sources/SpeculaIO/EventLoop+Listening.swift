internal import Glibc

/// Listening: addresses as Traefik writes them, and the probe that keeps two gateways from sharing a port unseen.
extension EventLoop {
    /// Starts to listen.
    ///
    /// - Throws: `ListenError`, whose text tells an operator what to do.
    package func listen(
        on address: ListenAddress, options: ListenOptions = ListenOptions(), handler: any ListenerHandler
    ) throws(ListenError) -> Listener {
        if options.isShared && options.probesFirst {
            let probe = try open(address, isShared: false, backlog: options.backlog)
            let bound = network.localAddress(probe)?.port ?? address.port
            network.close(probe)
            return try listen(on: address.withPort(bound), isShared: true, backlog: options.backlog, handler: handler)
        }
        return try listen(on: address, isShared: options.isShared, backlog: options.backlog, handler: handler)
    }

    private func listen(
        on address: ListenAddress, isShared: Bool, backlog: Int32, handler: any ListenerHandler
    ) throws(ListenError) -> Listener {
        let handle = try open(address, isShared: isShared, backlog: backlog)
        let local = network.localAddress(handle) ?? SocketAddress(ipv4: 0, port: address.port)
        return Listener(loop: self, handle: handle, address: local, handler: handler)
    }

    private func open(_ address: ListenAddress, isShared: Bool, backlog: Int32) throws(ListenError) -> Handle {
        let call = ListenCall(isShared: isShared, isDualStack: address.isAny, backlog: backlog)
        switch network.listen(on: address.socketAddress, options: call) {
        case .opened(let handle): return handle
        case .failed(let error):
            let hasNoIPv6 = error == .unsupportedFamily || error == .addressNotAvailable
            if address.isAny && hasNoIPv6 {
                let fallback = SocketAddress(ipv4: 0, port: address.port)
                if case .opened(let handle) = network.listen(on: fallback, options: call) { return handle }
            }
            throw ListenError(address: address, error: error)
        }
    }
}

/// Where to listen: `:80` (IPv6 and IPv4), `127.0.0.1:80`, `[::1]:80`.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    private let specific: SocketAddress?
    private let portNumber: UInt16

    /// Every address of this machine, IPv6 and IPv4.
    package init(port: UInt16) {
        specific = nil
        portNumber = port
    }

    package init(_ address: SocketAddress) {
        specific = address
        portNumber = address.port
    }

    /// Reads `[host]:port`; nil when the host is not a literal address or the port is none.
    package init?(parsing text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let host = String(text[..<colon])
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = UInt16(digits)
        else { return nil }
        if host.isEmpty {
            self.init(port: port)
            return
        }
        // A colon within the host means IPv6, which needs its brackets.
        if host.utf8.contains(UInt8(ascii: ":")) && host.utf8.first != UInt8(ascii: "[") { return nil }
        guard let address = SocketAddress(host: host == "localhost" ? "127.0.0.1" : host, port: port) else {
            return nil
        }
        self.init(address)
    }

    package var port: UInt16 { portNumber }

    /// Every address of this machine: none was given, or an unspecified one (`0.0.0.0`, `[::]`).
    ///
    /// Go's listeners, and so Traefik's, take that for both families as well.
    package var isAny: Bool {
        guard let specific else { return true }
        return specific.bytes == (0, 0) || specific.bytes == SocketAddress(ipv4: 0, port: 0).bytes
    }

    package var description: String { specific?.description ?? ":\(portNumber)" }

    package func withPort(_ port: UInt16) -> ListenAddress {
        specific.map { ListenAddress($0.withPort(port)) } ?? ListenAddress(port: port)
    }

    /// What a client on this machine connects to; the unspecified address for `isAny`.
    package var socketAddress: SocketAddress {
        guard let specific, !isAny else { return SocketAddress(high: 0, low: 0, port: portNumber) }
        return specific
    }
}

/// How to listen.
package struct ListenOptions: Sendable {
    /// SO_REUSEPORT: every worker of this process listens on its own socket.
    ///
    /// Default false.
    package var isShared: Bool
    /// Before sharing, find out without SO_REUSEPORT whether another process has the port.
    ///
    /// Only the first worker does, and the others take the port it got. Default true.
    package var probesFirst: Bool
    /// Connections that may wait to be accepted; the kernel caps it at `net.core.somaxconn`.
    ///
    /// Default 4,096.
    package var backlog: Int32

    package init(isShared: Bool = false, probesFirst: Bool = true, backlog: Int32 = 4_096) {
        self.isShared = isShared
        self.probesFirst = probesFirst
        self.backlog = backlog
    }
}

/// Why an address cannot be listened on, in words for an operator.
package struct ListenError: Error, Hashable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case inUse
        case notPermitted
        case notAvailable
        case other
    }

    package let address: ListenAddress
    package let error: SystemError

    package var kind: Kind {
        switch error.code {
        case EADDRINUSE: .inUse
        case EACCES, EPERM: .notPermitted
        case EADDRNOTAVAIL, EAFNOSUPPORT: .notAvailable
        default: .other
        }
    }

    package var description: String {
        let start = "listen tcp \(address):"
        switch kind {
        case .inUse: return "\(start) address already in use (by another process; reusePort shares it on purpose)"
        case .notPermitted:
            return "\(start) permission denied (ports below 1024 need the capability CAP_NET_BIND_SERVICE"
                + " or the sysctl net.ipv4.ip_unprivileged_port_start=\(address.port))"
        case .notAvailable: return "\(start) this machine has no such address"
        case .other: return "\(start) \(error.text)"
        }
    }
}
