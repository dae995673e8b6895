internal import COpenSSL

/// Digests as lower-case hex, by OpenSSL.
package enum Digest {
    /// The first digits of SHA-256.
    package static func sha256(_ text: String, digits: Int) -> String { sha256(Array(text.utf8), digits: digits) }

    /// The first digits of SHA-256.
    static func sha256(_ bytes: [UInt8], digits: Int) -> String { unsafe hex(bytes, digits, EVP_sha256()) }

    /// The first digits of SHA-1: for names that Traefik makes with it, never for secrets.
    static func sha1(_ text: String, digits: Int) -> String { unsafe hex(Array(text.utf8), digits, EVP_sha1()) }

    /// All of SHA-512.
    static func sha512(_ text: String) -> String { unsafe hex(Array(text.utf8), 128, EVP_sha512()) }

    private static func hex(_ input: [UInt8], _ digits: Int, _ algorithm: OpaquePointer?) -> String {
        var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        _ = unsafe EVP_Digest(input, input.count, &output, &length, algorithm, nil)
        let alphabet: StaticString = "0123456789abcdef"
        return unsafe String(unsafeUninitializedCapacity: digits) { text in
            for position in 0..<digits {
                let half = position.isMultiple(of: 2) ? output[position / 2] >> 4 : output[position / 2] & 15
                unsafe text[position] = alphabet.utf8Start[Int(half)]
            }
            return digits
        }
    }
}
