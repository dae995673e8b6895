internal import COpenSSL

/// Says whether certificates and keys in PEM can be used, before anything is served with them.
@safe
enum CertificateCheck {
    /// What is wrong with a text that `holdsCertificate` is not true of.
    static let noCertificate = "no certificate in PEM is in it"

    /// What is wrong with a certificate and its key, in Traefik's words; nil when nothing is.
    static func problem(certificate: String, key: String) -> String? {
        guard let own = unsafe read(certificate, { unsafe PEM_read_bio_X509($0, nil, nil, nil) }) else {
            return "tls: failed to find any PEM data in certificate input"
        }
        defer { unsafe X509_free(own) }
        let secret = unsafe read(key) { unsafe PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in 0 }, nil) }
        guard let secret = unsafe secret else { return "tls: failed to find any PEM data in key input" }
        defer { unsafe EVP_PKEY_free(secret) }
        let fits = unsafe X509_check_private_key(own, secret) == 1
        ERR_clear_error()
        return fits ? nil : "tls: private key does not match public key"
    }

    /// Whether there is a certificate in it.
    static func holdsCertificate(_ text: String) -> Bool {
        guard let found = unsafe read(text, { unsafe PEM_read_bio_X509($0, nil, nil, nil) }) else { return false }
        unsafe X509_free(found)
        return true
    }

    private static func read(_ text: String, _ parse: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        var text = text
        return text.withUTF8 { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            let found = unsafe parse(bio)
            if unsafe found == nil { ERR_clear_error() }
            return unsafe found
        }
    }
}
