internal import COpenSSL

/// Why TLS with a peer failed.
package enum TLSFailure: Hashable, Sendable {
    /// The peer's certificate is not accepted: unknown issuer, wrong name, not valid now; OpenSSL's number for it.
    case untrusted(Int32)
    /// The peer refused by an alert; its number. (RFC 8446, section 6)
    case refused(UInt8)
    /// What came is not TLS, or not what was agreed on; OpenSSL's code.
    case malformed(UInt)
    /// The peer ended the connection without saying so: bytes may be missing.
    case truncated
    /// The handshake took too long.
    case timedOut
    /// There was no memory for a session, or its settings are impossible.
    case setup

    /// In words, for a log.
    package var text: String {
        switch self {
        case .untrusted(let number):
            guard let words = unsafe X509_verify_cert_error_string(Int(number)) else { return "certificate refused" }
            return unsafe String(cString: words)
        case .refused(let alert):
            guard let words = unsafe SSL_alert_desc_string_long(Int32(alert)) else { return "refused by the peer" }
            return unsafe "refused by the peer: \(String(cString: words))"
        case .malformed(let code):
            guard let words = unsafe ERR_reason_error_string(code) else { return "no TLS" }
            return unsafe String(cString: words)
        case .truncated: return "ended without a closing alert"
        case .timedOut: return "handshake timed out"
        case .setup: return "no session could be made"
        }
    }

    /// The oldest entry of this thread's error queue; empties it.
    static func take() -> TLSFailure {
        let code = ERR_peek_error()
        ERR_clear_error()
        // Alerts that came are reasons from a thousand on.
        let reason = tls_error_reason(code)
        if tls_error_library(code) == ERR_LIB_SSL, reason > 1_000, reason < 1_256 {
            return .refused(UInt8(truncatingIfNeeded: reason - 1_000))
        }
        return .malformed(code)
    }
}

/// Certificates, keys or names that OpenSSL does not take, in words for an operator.
package struct TLSConfigurationError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }

    /// With OpenSSL's own words behind; empties its error queue.
    static func failed(_ what: String) -> TLSConfigurationError {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0, let words = unsafe ERR_reason_error_string(code) else { return TLSConfigurationError(what) }
        return unsafe TLSConfigurationError("\(what): \(String(cString: words))")
    }
}
