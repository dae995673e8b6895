internal import Glibc

/// Standard output.
enum FileOutput {
    static func line(_ text: String) {
        unsafe puts(text)
        fflush(nil)
    }
}
