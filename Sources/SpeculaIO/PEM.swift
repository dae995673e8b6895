internal import COpenSSL
internal import Glibc

/// Certificates and keys as text, into OpenSSL's contexts.
enum PEM {
    /// Where systems keep the roots that they trust, in the order of Go's.
    private static var systemBundles: [String] {
        [
            "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
            "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
        ]
    }

    /// Trusts what the system does, or `SSL_CERT_FILE` where it names a bundle; it is read at once, so that no handshake reads files.
    static func trustSystem(_ context: OpaquePointer) {
        if let named = unsafe getenv("SSL_CERT_FILE"), unsafe SSL_CTX_load_verify_file(context, named) == 1 { return }
        for path in systemBundles {
            if unsafe SSL_CTX_load_verify_file(context, path) == 1 { break }
        }
        if unsafe tls_trusted_count(context) == 0 { _ = unsafe SSL_CTX_set_default_verify_paths(context) }
        ERR_clear_error()
    }

    /// Trusts the certificates of a text.
    static func trust(_ text: String, in context: OpaquePointer) throws(TLSConfigurationError) {
        let found = unsafe certificates(text)
        guard unsafe !found.isEmpty else { throw TLSConfigurationError("no certificate in PEM is in it") }
        for index in unsafe found.indices {
            _ = unsafe X509_STORE_add_cert(SSL_CTX_get_cert_store(context), found[index])
            unsafe X509_free(found[index])
        }
        ERR_clear_error()
    }

    /// Shows a certificate and what leads to its root.
    static func use(certificate: String, key: String, in context: OpaquePointer) throws(TLSConfigurationError) {
        let found = unsafe certificates(certificate)
        defer { for index in unsafe found.indices { unsafe X509_free(found[index]) } }
        guard let own = unsafe found.first else {
            throw TLSConfigurationError("failed to find any PEM data in certificate input")
        }
        guard let secret = unsafe privateKey(key) else { throw .failed("failed to find a private key in key input") }
        defer { unsafe EVP_PKEY_free(secret) }
        guard unsafe SSL_CTX_use_certificate(context, own) == 1 else { throw .failed("certificate not usable") }
        guard unsafe SSL_CTX_use_PrivateKey(context, secret) == 1, unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw .failed("private key does not match public key")
        }
        for index in unsafe found.indices.dropFirst() {
            unsafe X509_up_ref(found[index])
            if unsafe tls_add_chain_certificate(context, found[index]) != 1 { unsafe X509_free(found[index]) }
        }
    }

    /// Certificates of a text, each to be freed.
    static func certificates(_ text: String) -> [OpaquePointer] {
        var text = text
        return text.withUTF8 { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return unsafe [] }
            defer { unsafe BIO_free(bio) }
            var found: [OpaquePointer] = unsafe []
            while let certificate = unsafe PEM_read_bio_X509(bio, nil, nil, nil) { unsafe found.append(certificate) }
            ERR_clear_error()
            return unsafe found
        }
    }

    /// The first key of a text, to be freed; one under a password is none.
    static func privateKey(_ text: String) -> OpaquePointer? {
        var text = text
        return text.withUTF8 { bytes in
            guard let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            return unsafe PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in 0 }, nil)
        }
    }
}
