/// What the loop calls: the owners of connections, listeners and timers.
///
/// All calls come on the loop's thread, from the loop itself and never from within a call of the owner. Inside them the
/// owner may do anything with any connection of the loop, close it included. What is written inside one call leaves when
/// that call returns, each connection's bytes in one send; on the mirror lane at the end of the turn.

/// Owns a connection and learns what becomes of it.
///
/// Held strongly until `closed` has returned.
package protocol ConnectionHandler: AnyObject {
    /// An outgoing connection is there, or the TLS handshake of either kind is done; once.
    func connected(_ connection: Connection)
    /// Bytes came; they are lent for this call.
    ///
    /// - Returns: How many were taken. The rest is kept by the connection and offered again, in front of what comes later,
    ///   after `resumeReading()`; until then nothing is read.
    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int
    /// After a flush that left bytes unsent, the last of them is with the kernel now.
    func drained(_ connection: Connection)
    /// The peer sent its FIN and everything before it was delivered; it may still be written to.
    func peerFinished(_ connection: Connection)
    /// While reading was paused the peer has finished or reset the connection; bytes may still wait to be read. Only a
    /// hint; default: nothing is done.
    func peerHungUp(_ connection: Connection, wasReset: Bool)
    /// A client of whom it was not known begins to speak TLS (`sniffsTLS`): how it is answered; nil closes it. Default: nil.
    func clientHello(on connection: Connection) -> TLSServerContext?
    /// The connection is gone. Exactly once for each connection, always last, also after the owner's own `close()`.
    func closed(_ connection: Connection, reason: CloseReason)
}

extension ConnectionHandler {
    package func connected(_ connection: Connection) {}
    package func drained(_ connection: Connection) {}
    package func peerHungUp(_ connection: Connection, wasReset: Bool) {}
    package func clientHello(on connection: Connection) -> TLSServerContext? { nil }
}

/// Takes what a listener accepts.
package protocol ListenerHandler: AnyObject {
    /// A client connected; the handler must set `connection.handler` or close it before it returns.
    func accepted(_ connection: Connection, on listener: Listener)
    /// Descriptors or memory have run out: close what is idle. Default: nothing is done.
    ///
    /// - Returns: Whether something was closed, so that accepting may go on at once.
    func descriptorsExhausted(on listener: Listener) -> Bool
    /// The listener will never accept again, because the kernel refused. Default: nothing is done.
    func failed(_ listener: Listener, error: SystemError)
    /// The listener was told to finish, and has accepted all who had connected. Default: nothing is done.
    func finished(_ listener: Listener)
}

extension ListenerHandler {
    package func descriptorsExhausted(on listener: Listener) -> Bool { false }
    package func failed(_ listener: Listener, error: SystemError) {}
    package func finished(_ listener: Listener) {}
}

/// Is called when a timer fires, and at the end of a turn for `later`.
package protocol TimerTarget: AnyObject {
    func timerFired(_ id: TimerID, tag: Int)
}

/// Why a connection ended.
package enum CloseReason: Equatable, Sendable {
    /// The owner closed or reset it, or its lingering is over.
    case local
    /// Both sides have finished in good order.
    case peer
    /// The peer reset it, or was written to after it had gone.
    case reset
    case connectRefused
    /// The kernel gave up connecting.
    case connectTimedOut
    /// The kernel gave up on bytes that nobody acknowledged.
    case timedOut
    /// No route to the host or network.
    case unreachable
    /// No local port is left for this destination.
    case noPorts
    /// No descriptor or no memory is left.
    case noDescriptors
    case failed(SystemError)
    /// The handshake failed, what came later was broken, or the end was not told before the FIN.
    case tls(TLSFailure)

    /// The connection never came to be.
    package var isConnectFailure: Bool {
        switch self {
        case .connectRefused, .connectTimedOut, .unreachable, .noPorts, .noDescriptors: true
        case .local, .peer, .reset, .timedOut, .failed, .tls: false
        }
    }
}
