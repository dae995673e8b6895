internal import Glibc

/// Writes to the terminal's two streams, whole and at once.
internal enum Terminal {
    static func out(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    static func err(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { memory in
                unsafe Glibc.write(descriptor, memory.baseAddress.map { unsafe $0 + sent }, memory.count - sent)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// The environment of the process.
    static func environment() -> [String: String] {
        var values: [String: String] = [:]
        var place = unsafe environ
        while let entry = unsafe place.pointee {
            let text = unsafe String(cString: entry)
            if let mark = text.firstIndex(of: "=") {
                values[String(text[..<mark])] = String(text[text.index(after: mark)...])
            }
            unsafe place += 1
        }
        return values
    }
}
