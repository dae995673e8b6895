internal import COpenSSL
internal import Foundation

/// What an exchange needs of a connection: a socket, or TLS on one.
protocol Channel: AnyObject {
    /// Sends everything; `false` when the other side is gone.
    func send(_ bytes: [UInt8], last: Bool) -> Bool
    func receive(within milliseconds: Int) -> Socket.Received
}

extension Socket: Channel {}

/// The client's side of TLS on a socket: whatever certificate is shown is taken, and told.
final class SecureChannel: Channel {
    /// What a client asks for.
    struct Wishes {
        /// Nil: no name is asked for.
        var name: String?
        var protocols: [String] = []
        /// `1.2`: nothing newer.
        var newest: String?

        /// From a step's options: `tls=NAME` or `tls`, `alpn=h2,http/1.1`, `max=1.2`; nil: none of TLS.
        init?(_ options: [String: String]) {
            guard let name = options["tls"] else { return nil }
            self.name = name.isEmpty ? nil : name
            protocols = options["alpn"]?.split(separator: ",").map(String.init) ?? []
            newest = options["max"]
        }
    }

    private let socket: Socket
    private let context: OpaquePointer
    private let session: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer

    init?(_ socket: Socket, _ wishes: Wishes) {
        guard let context = unsafe SSL_CTX_new(TLS_client_method()), let session = unsafe SSL_new(context),
            let input = unsafe BIO_new(BIO_s_mem()), let output = unsafe BIO_new(BIO_s_mem())
        else { return nil }
        self.socket = socket
        unsafe (self.context, self.session, self.input, self.output) = unsafe (context, session, input, output)
        unsafe SSL_set_bio(session, input, output)
        unsafe SSL_set_connect_state(session)
        unsafe SSL_set_verify(session, SSL_VERIFY_NONE, nil)
        if wishes.newest == "1.2" {
            _ = unsafe SSL_ctrl(session, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_2_VERSION), nil)
        }
        if let name = wishes.name { _ = unsafe tls_set_server_name(session, name) }
        let list = wishes.protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        if !list.isEmpty { _ = unsafe SSL_set_alpn_protos(session, list, UInt32(list.count)) }
    }

    deinit {
        unsafe SSL_free(session)
        unsafe SSL_CTX_free(context)
    }

    /// Shakes hands, and tells what came of it: `tls 1.3 a.example.com http/1.1`, or `tls refused: why`.
    func handshake() -> (line: String, isDone: Bool) {
        while true {
            ERR_clear_error()
            let result = unsafe SSL_do_handshake(session)
            // Why, before anything else asks OpenSSL.
            let failure = unsafe SSL_get_error(session, result)
            let code = ERR_get_error()
            flush()
            if result == 1 { return (agreed, true) }
            guard failure == SSL_ERROR_WANT_READ else {
                let text = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
                return ("tls refused: \(text ?? "closed")", false)
            }
            guard case .bytes(let bytes) = socket.receive(within: 8000) else { return ("tls refused: closed", false) }
            take(bytes)
        }
    }

    private var agreed: String {
        let version = unsafe String(cString: SSL_get_version(session)).replacing("TLSv", with: "")
        return "tls \(version) \(certificateName) \(chosenProtocol)"
    }

    /// The common name of the certificate that was shown.
    private var certificateName: String {
        guard let shown = unsafe SSL_get1_peer_certificate(session) else { return "-" }
        defer { unsafe X509_free(shown) }
        var text = [CChar](repeating: 0, count: 256)
        let name = unsafe X509_get_subject_name(shown)
        let length = unsafe X509_NAME_get_text_by_NID(name, NID_commonName, &text, Int32(text.count))
        return String(decoding: text.prefix(max(0, Int(length))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private var chosenProtocol: String {
        var start: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(session, &start, &count)
        guard let start = unsafe start, count > 0 else { return "-" }
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
    }

    func send(_ bytes: [UInt8], last: Bool) -> Bool {
        if !bytes.isEmpty {
            guard unsafe SSL_write(session, bytes, Int32(bytes.count)) > 0 else { return false }
        }
        if last { _ = unsafe SSL_shutdown(session) }
        return flush(last: last)
    }

    func receive(within milliseconds: Int) -> Socket.Received {
        let end = Date(timeIntervalSinceNow: Double(milliseconds) / 1000)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            ERR_clear_error()
            let count = unsafe SSL_read(session, &buffer, Int32(buffer.count))
            if count > 0 { return .bytes(Array(buffer[..<Int(count)])) }
            switch unsafe SSL_get_error(session, count) {
            case SSL_ERROR_WANT_READ: break
            case SSL_ERROR_ZERO_RETURN: return .end
            default: return .failed(reset: false)
            }
            _ = flush()
            switch socket.receive(within: max(0, Int(end.timeIntervalSinceNow * 1000))) {
            case .bytes(let bytes): take(bytes)
            case let other: return other
            }
        }
    }

    private func take(_ bytes: [UInt8]) { _ = unsafe BIO_write(input, bytes, Int32(bytes.count)) }

    @discardableResult
    private func flush(last: Bool = false) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        var bytes: [UInt8] = []
        while true {
            let count = unsafe BIO_read(output, &buffer, Int32(buffer.count))
            guard count > 0 else { break }
            bytes += buffer[..<Int(count)]
        }
        return socket.send(bytes, last: last)
    }
}

/// A certificate of its own making, with its key.
struct MadeCertificate {
    let certificate: String
    let key: String

    /// Nil where OpenSSL cannot make one.
    init?(for name: String) {
        var made: OpaquePointer?
        var secret: OpaquePointer?
        guard unsafe tls_self_signed(name, "DNS:\(name)", &made, &secret) != 0, let made = unsafe made,
            let secret = unsafe secret
        else { return nil }
        defer {
            unsafe X509_free(made)
            unsafe EVP_PKEY_free(secret)
        }
        guard let certificate = unsafe Self.text({ unsafe PEM_write_bio_X509($0, made) }),
            let key = unsafe Self.text({ unsafe PEM_write_bio_PrivateKey($0, secret, nil, nil, 0, nil, nil) })
        else { return nil }
        (self.certificate, self.key) = (certificate, key)
    }

    private static func text(_ write: (OpaquePointer) -> Int32) -> String? {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { return nil }
        defer { unsafe BIO_free(bio) }
        guard unsafe write(bio) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        let count = unsafe BIO_read(bio, &buffer, Int32(buffer.count))
        return count > 0 ? String(decoding: buffer[..<Int(count)], as: UTF8.self) : nil
    }
}
