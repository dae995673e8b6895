internal import Glibc

/// An errno as a value.
package struct SystemError: Error, Hashable, Sendable {
    package let code: Int32

    package init(_ code: Int32) { self.code = code }

    /// The system's own words: `Connection refused`.
    package var text: String {
        guard let message = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: message)
    }

    package static var refused: SystemError { SystemError(ECONNREFUSED) }
    package static var reset: SystemError { SystemError(ECONNRESET) }
    package static var brokenPipe: SystemError { SystemError(EPIPE) }
    package static var timedOut: SystemError { SystemError(ETIMEDOUT) }
    package static var hostUnreachable: SystemError { SystemError(EHOSTUNREACH) }
    package static var networkUnreachable: SystemError { SystemError(ENETUNREACH) }
    package static var addressInUse: SystemError { SystemError(EADDRINUSE) }
    package static var addressNotAvailable: SystemError { SystemError(EADDRNOTAVAIL) }
    package static var permissionDenied: SystemError { SystemError(EACCES) }
    package static var tooManyDescriptors: SystemError { SystemError(EMFILE) }
    /// The process, or the whole machine, has no descriptor left.
    package var isLackOfDescriptors: Bool { self == SystemError(EMFILE) || self == SystemError(ENFILE) }
    package static var unsupportedFamily: SystemError { SystemError(EAFNOSUPPORT) }
}
