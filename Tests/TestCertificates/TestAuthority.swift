internal import COpenSSL

/// Certificates for tests, made on the spot: an authority of one's own, and what it vouches for.
// Safe to share: written to only in `init`; signing reads.
@safe
package final class TestAuthority: @unchecked Sendable {
    /// A certificate and its key, in PEM.
    package struct Issued: Sendable {
        package let certificate: String
        package let key: String
    }

    private let certificate: OpaquePointer
    private let key: OpaquePointer

    package init(_ name: String = "Test Authority") throws {
        guard let key = unsafe tls_fresh_key(), let made = unsafe X509_new() else { throw Failure() }
        unsafe self.key = unsafe key
        unsafe certificate = unsafe made
        unsafe Self.fill(made, name: name, key: key, from: -315_360_000, until: 315_360_000)
        unsafe Self.extend(made, NID_basic_constraints, "critical,CA:TRUE")
        unsafe Self.extend(made, NID_key_usage, "critical,keyCertSign")
        unsafe X509_set_issuer_name(made, X509_get_subject_name(made))
        guard unsafe X509_sign(made, key, EVP_sha256()) > 0 else { throw Failure() }
    }

    deinit {
        unsafe X509_free(certificate)
        unsafe EVP_PKEY_free(key)
    }

    package struct Failure: Error {}

    /// What to trust, in PEM.
    package var pem: String { unsafe Self.text { bio in unsafe PEM_write_bio_X509(bio, certificate) } }

    /// Vouches for names: `a.example.com`, `*.example.com`, `127.0.0.1`.
    ///
    /// - Parameters:
    ///   - names: The first is the common name, too.
    ///   - notBefore: Valid from then on, in seconds from now.
    ///   - notAfter: Valid until then, in seconds from now.
    /// - Returns: Both in PEM.
    /// - Throws: `Failure` when OpenSSL cannot.
    package func issue(_ names: [String], notBefore: Int = -315_360_000, notAfter: Int = 86_400) throws -> Issued {
        guard let own = unsafe tls_fresh_key(), let made = unsafe X509_new() else { throw Failure() }
        defer {
            unsafe X509_free(made)
            unsafe EVP_PKEY_free(own)
        }
        unsafe Self.fill(made, name: names.first ?? "nobody", key: own, from: notBefore, until: notAfter)
        let isNumber = { (name: String) in name.contains(":") || name.allSatisfy { $0.isNumber || $0 == "." } }
        let alternatives = names.map { (isNumber($0) ? "IP:" : "DNS:") + $0 }.joined(separator: ",")
        if !alternatives.isEmpty { unsafe Self.extend(made, NID_subject_alt_name, alternatives) }
        unsafe X509_set_issuer_name(made, X509_get_subject_name(certificate))
        guard unsafe X509_sign(made, key, EVP_sha256()) > 0 else { throw Failure() }
        return unsafe Issued(
            certificate: Self.text { bio in unsafe PEM_write_bio_X509(bio, made) },
            key: Self.text { bio in unsafe PEM_write_bio_PrivateKey(bio, own, nil, nil, 0, nil, nil) })
    }

    private static func fill(_ made: OpaquePointer, name: String, key: OpaquePointer, from: Int, until: Int) {
        unsafe X509_set_version(made, 2)
        unsafe ASN1_INTEGER_set(X509_get_serialNumber(made), Int.random(in: 1_000_000...9_999_999))
        unsafe X509_gmtime_adj(X509_getm_notBefore(made), from)
        unsafe X509_gmtime_adj(X509_getm_notAfter(made), until)
        let subject = unsafe X509_get_subject_name(made)
        unsafe X509_NAME_add_entry_by_txt(subject, "CN", 0x1000, Array(name.utf8), Int32(name.utf8.count), -1, 0)
        unsafe X509_set_pubkey(made, key)
    }

    private static func extend(_ made: OpaquePointer, _ kind: Int32, _ value: String) {
        let added = unsafe X509V3_EXT_conf_nid(nil, nil, kind, value)
        unsafe X509_add_ext(made, added, -1)
        unsafe X509_EXTENSION_free(added)
    }

    private static func text(_ write: (OpaquePointer?) -> Int32) -> String {
        let bio = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free(bio) }
        guard unsafe write(bio) == 1 else { return "" }
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = unsafe BIO_read(bio, &bytes, Int32(bytes.count))
        return String(decoding: bytes[..<Int(max(count, 0))], as: UTF8.self)
    }
}
