internal import Glibc

/// How an errno reads as a reason.
extension CloseReason {
    init(_ error: SystemError, isConnecting: Bool) {
        switch error.code {
        case ECONNREFUSED: self = isConnecting ? .connectRefused : .reset
        case ECONNRESET, EPIPE, ECONNABORTED: self = .reset
        case ETIMEDOUT: self = isConnecting ? .connectTimedOut : .timedOut
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN: self = isConnecting ? .unreachable : .failed(error)
        case EADDRNOTAVAIL: self = isConnecting ? .noPorts : .failed(error)
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: self = isConnecting ? .noDescriptors : .failed(error)
        default: self = .failed(error)
        }
    }
}
