internal import COpenSSL

/// TLS with one peer, as a transformer of bytes: ciphertext in, plaintext out, and the other way round.
///
/// Knows no socket. Each call works on what `feed` was given and leaves what is to be sent in the loop's `TLSMemory`; the
/// connection sends it after every call, whatever the call was, so that handshakes, tickets, key updates and alerts need no
/// case of their own.
@safe
final class TLSSession {
    enum Step {
        case done
        case needsInput
        case failed(TLSFailure)
    }

    enum ReadStep {
        case bytes(Int)
        case needsInput
        /// The peer's closing alert.
        case end
        case failed(TLSFailure)
    }

    let memory: TLSMemory
    /// Of a connection that we opened: who is at the other end; remembers sessions.
    private let peer: TLSPeer?
    /// Of one that was accepted: OpenSSL asks it for a certificate.
    private let context: TLSServerContext?
    private let ssl: OpaquePointer
    /// Ciphertext that came and was not looked at yet, in the loop's memory or in `kept`.
    private var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var kept: ByteSlice?
    /// Ciphertext that the socket did not take.
    var backlog: SendQueue?
    private(set) var saidEnd = false
    private var hasFailed = false
    /// Among the memory's warm sessions; negative: it has no buffers.
    var place = -1
    /// The memory's period in which it was used last.
    private var usedIn = 0

    /// - `ssl`: Owned from here on.
    init?(_ ssl: OpaquePointer?, memory: TLSMemory, peer: TLSPeer? = nil, context: TLSServerContext? = nil) {
        guard let ssl = unsafe ssl else { return nil }
        guard unsafe memory.attach(ssl) else {
            unsafe SSL_free(ssl)
            return nil
        }
        unsafe self.ssl = unsafe ssl
        self.memory = memory
        self.peer = peer
        self.context = context
        if let peer {
            unsafe SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(peer).toOpaque())
        }
    }

    deinit {
        if place >= 0 { memory.cooled(at: place) }
        unsafe SSL_free(ssl)
    }

    private func use() {
        usedIn = memory.period
        if place < 0 { place = memory.warmed(self) }
    }

    /// Gives its buffers back if it was not used in the period.
    func cool(unless period: Int) {
        guard usedIn != period, unsafe SSL_free_buffers(ssl) == 1 else { return }
        memory.cooled(at: place)
        place = -1
    }

    /// What was agreed on.
    var agreed: TLSInfo {
        let cipher = unsafe SSL_get_current_cipher(ssl)
        return unsafe TLSInfo(
            version: UInt16(truncatingIfNeeded: SSL_version(ssl)),
            cipher: cipher == nil ? 0 : UInt16(truncatingIfNeeded: SSL_CIPHER_get_id(cipher)),
            isResumed: SSL_session_reused(ssl) != 0)
    }

    var hasInput: Bool { unsafe input.count > 0 }

    /// Ciphertext in the loop's memory; all that came before has been looked at.
    func feed(_ count: Int) { unsafe input = UnsafeRawBufferPointer(rebasing: memory.incoming[..<count]) }

    /// The loop's memory is about to be used by others: what was not looked at moves out of it.
    func keepInput(_ pool: ChunkPool) {
        guard unsafe input.count > 0, kept == nil else { return }
        let chunk = unsafe pool.makeChunk(capacity: input.count)
        _ = unsafe chunk.append(input)
        let slice = chunk.slice()
        unsafe input = unsafe slice.memory
        kept = slice
    }

    // MARK: OpenSSL's calls

    func handshake() -> Step {
        var result: Int32 = 0
        let status = perform {
            result = unsafe SSL_do_handshake(ssl)
            return result
        }
        switch status {
        case SSL_ERROR_NONE: return .done
        case SSL_ERROR_WANT_READ: return .needsInput
        default: return .failed(handshakeFailure())
        }
    }

    /// Fills the target from the front with one record or a part of one.
    func read(into target: UnsafeMutableRawBufferPointer) -> ReadStep {
        if saidEndReceived { return .end }
        var count = 0
        let status = perform { unsafe SSL_read_ex(ssl, target.baseAddress, target.count, &count) }
        switch status {
        case SSL_ERROR_NONE: return .bytes(count)
        case SSL_ERROR_WANT_READ: return .needsInput
        case SSL_ERROR_ZERO_RETURN: return .end
        default:
            hasFailed = true
            return .failed(.take())
        }
    }

    /// Encrypts all of it, at most `TLSMemory.largestWrite` bytes; false when the session is broken.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Nothing is read meanwhile, so that what came for this session stays where it is.
        use()
        var count = 0
        unsafe memory.input = UnsafeRawBufferPointer(start: nil, count: 0)
        ERR_clear_error()
        if unsafe SSL_write_ex(ssl, bytes.baseAddress, bytes.count, &count) == 1 && count == bytes.count { return true }
        hasFailed = true
        ERR_clear_error()
        return false
    }

    /// Writes the closing alert, once, unless the session is broken.
    func sayEnd() {
        guard !saidEnd, !hasFailed else { return }
        saidEnd = true
        unsafe memory.input = UnsafeRawBufferPointer(start: nil, count: 0)
        ERR_clear_error()
        _ = unsafe SSL_shutdown(ssl)
        ERR_clear_error()
    }

    private var saidEndReceived: Bool { unsafe SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

    /// Makes a call with this session's input and finds out what came of it.
    private func perform(_ call: () -> Int32) -> Int32 {
        use()
        unsafe memory.input = unsafe input
        ERR_clear_error()
        let result = call()
        let status = unsafe result > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl, result)
        unsafe input = unsafe memory.input
        if unsafe input.count == 0 { kept = nil }
        return status
    }

    private func handshakeFailure() -> TLSFailure {
        hasFailed = true
        let verified = unsafe SSL_get_verify_result(ssl)
        let failure = TLSFailure.take()
        if peer != nil, verified != Int(X509_V_OK), case .malformed(let code) = failure,
            tls_error_reason(code) == SSL_R_CERTIFICATE_VERIFY_FAILED
        {
            return .untrusted(Int32(truncatingIfNeeded: verified))
        }
        return failure
    }
}

@available(*, unavailable)
extension TLSSession: Sendable {}

/// What a handshake agreed on.
package struct TLSInfo: Hashable, Sendable {
    /// As on the wire: `0x0304` is TLS 1.3.
    package let version: UInt16
    /// The cipher suite's IANA number.
    package let cipher: UInt16
    /// An earlier session went on.
    package let isResumed: Bool
}
