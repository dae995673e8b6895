package import SpeculaHTTP

extension Method {
    /// Methods that may be sent once more when a pooled connection turns out to be stale, as Go's transport does.
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace: true
        case .post, .put, .delete, .connect, .patch, .pri, .other: false
        }
    }
}
