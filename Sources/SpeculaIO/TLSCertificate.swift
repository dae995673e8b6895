internal import COpenSSL

/// A certificate that servers show, with its chain and key, ready to be used.
///
/// Making one parses and checks keys: not on a loop. May be given to any number of loops.
// Safe to share: the context is written to only in `init`; OpenSSL counts references to it atomically.
@safe
package final class TLSCertificate: @unchecked Sendable {
    /// What of it an operator wants to see.
    package struct Facts: Hashable, Sendable {
        package var commonName: String
        /// In decimal digits.
        package var serial: String
        /// Host names it is for, sorted.
        package var names: [String]
        /// Not valid any more from then on, in seconds since 1970.
        package var notAfter: Int64
    }

    package let facts: Facts
    /// The names it is shown for, in lower case: common name, host names, addresses.
    let served: [String]
    let context: OpaquePointer

    /// - Parameters:
    ///   - certificate: In PEM, with what leads to its root behind it.
    ///   - key: In PEM.
    /// - Throws: `TLSConfigurationError`, which says what is wrong.
    package init(certificate: String, key: String) throws(TLSConfigurationError) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw .failed("no TLS context") }
        unsafe tls_prepare_server_context(context)
        unsafe TLSServerContext.selectProtocol(context)
        do {
            unsafe try PEM.use(certificate: certificate, key: key, in: context)
        } catch {
            unsafe SSL_CTX_free(context)
            throw error
        }
        unsafe self.context = unsafe context
        (facts, served) = unsafe Self.read(SSL_CTX_get0_certificate(context))
    }

    /// A certificate of our own making, which no client trusts, for a year.
    package init(selfSignedAs commonName: String, name: String) throws(TLSConfigurationError) {
        guard let context = unsafe SSL_CTX_new(TLS_server_method()) else { throw .failed("no TLS context") }
        unsafe tls_prepare_server_context(context)
        unsafe TLSServerContext.selectProtocol(context)
        var made: OpaquePointer?
        var key: OpaquePointer?
        let isMade = unsafe tls_self_signed(commonName, "DNS:\(name)", &made, &key) != 0
        defer {
            unsafe X509_free(made)
            unsafe EVP_PKEY_free(key)
        }
        guard isMade, unsafe SSL_CTX_use_certificate(context, made) == 1,
            unsafe SSL_CTX_use_PrivateKey(context, key) == 1
        else {
            unsafe SSL_CTX_free(context)
            throw .failed("no certificate could be made")
        }
        unsafe self.context = unsafe context
        (facts, served) = unsafe Self.read(made)
    }

    deinit { unsafe SSL_CTX_free(context) }

    private static func read(_ certificate: OpaquePointer?) -> (Facts, [String]) {
        var facts = Facts(commonName: "", serial: "", names: [], notAfter: 0)
        var served: [String] = []
        let subject = unsafe X509_get_subject_name(certificate)
        let length = unsafe X509_NAME_get_text_by_NID(subject, NID_commonName, nil, 0)
        if length > 0 {
            let text = unsafe [CChar](unsafeUninitializedCapacity: Int(length) + 1) { buffer, count in
                let written = unsafe X509_NAME_get_text_by_NID(
                    subject, NID_commonName, buffer.baseAddress, length + 1)
                count = Int(max(written, 0))
            }
            facts.commonName = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            served.append(facts.commonName.lowercased())
        }
        if let number = unsafe ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nil) {
            if let digits = unsafe BN_bn2dec(number) {
                facts.serial = unsafe String(cString: digits)
                unsafe CRYPTO_free(digits, "", 0)
            }
            unsafe BN_free(number)
        }
        facts.notAfter = unsafe seconds(X509_get0_notAfter(certificate))
        if let names = unsafe X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) {
            let list = OpaquePointer(names)
            for index in 0..<(unsafe tls_names_count(list)) {
                guard let name = unsafe tls_names_at(list, index) else { continue }
                var start: UnsafePointer<UInt8>?
                if unsafe tls_is_host_name(name) != 0 {
                    let count = unsafe tls_name_bytes(name, &start)
                    let text = unsafe String(
                        decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
                    facts.names.append(text)
                    served.append(text.lowercased())
                } else if unsafe tls_is_address_name(name) != 0 {
                    let count = unsafe tls_name_bytes(name, &start)
                    let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: Int(count)))
                    if let address = SocketAddress(addressBytes: bytes) { served.append(address.host) }
                }
            }
            unsafe GENERAL_NAMES_free(list)
        }
        facts.names.sort()
        var seen: Set<String> = []
        return (facts, served.filter { seen.insert($0).inserted })
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        let epoch = unsafe ASN1_TIME_set(nil, 0)
        defer { unsafe ASN1_STRING_free(epoch) }
        var days: Int32 = 0
        var rest: Int32 = 0
        guard unsafe ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return 0 }
        return Int64(days) * 86_400 + Int64(rest)
    }
}
