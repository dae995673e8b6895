/// An entry point's `address`, taken apart: `[host]:port`, `/tcp` or `/udp` may follow.
package struct ListenAddressText: Sendable, Hashable {
    /// Empty: every address.
    ///
    /// IPv6 without brackets.
    package var host: String
    package var port: UInt16

    /// What is wrong with an address, in Go's words.
    package struct Failure: Error, Hashable {
        package let message: String
        package var kind = FindingKind.plain
    }

    package init(parsing text: String) throws(Failure) {
        var address = Substring(text)
        if let slash = address.lastIndex(of: "/") {
            let kind = address[address.index(after: slash)...]
            guard kind == "tcp" || kind == "udp" else { throw Failure(message: "invalid protocol: \(kind)") }
            guard kind == "tcp" else { throw Failure(message: "udp is not supported yet", kind: .notSupported) }
            address = address[..<slash]
        }
        guard let colon = address.lastIndex(of: ":"), !address.hasSuffix("]") else {
            throw Failure(message: "address \(address): missing port in address")
        }
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw Failure(message: "address \(address): too many colons in address")
        }
        let digits = address[address.index(after: colon)...]
        guard let port = digits.isEmpty ? 0 : UInt16(digits), digits.first != "+" else {
            throw Failure(message: "address \(address): invalid port \"\(digits)\"")
        }
        self.host = String(host)
        self.port = port
    }
}
