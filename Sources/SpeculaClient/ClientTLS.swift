/// Whom to trust and who we are, when an endpoint is `https`.
package struct ClientTLS: Sendable, Hashable {
    /// PEM of those who vouch for the server; nil: the system's.
    package var authorities: String?
    /// PEM of a certificate and its key, for servers that ask; both or none.
    package var certificate: String?
    package var key: String?
    /// The name that the server must prove to have, instead of the endpoint's host.
    package var serverName: String?
    /// Takes any certificate.
    package var skipsVerification = false

    package init() {}
}
