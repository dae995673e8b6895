/// One byte stream to a peer: received bytes go to its handler, written bytes to the peer.
///
/// What is known about the socket (readable, writable, the peer hung up) and what is wanted (paused, finishing, lingering)
/// are separate bits; `serve` does what both allow. The kernel is told nothing when something pauses.
///
/// ```
///   connecting --connected--> open --finishWriting, flushed--> finished --the peer's FIN--> ended
///        |                     |  \--the peer's FIN: peerFinished--> half closed --finishWriting, flushed--> ended
///        |                     |  \--closeAfterFlush--> lingering --FIN, time or bytes over--> ended
///        `-- fails ---------> ended <--- close, reset, an error ---'
/// ```
/// Ended means: the descriptor is closed, no handler is called any more but for `closed`, once, from the end of a turn.
@safe
package final class Connection {
    let owner: EventLoop
    let composer: Composer
    /// Where the peer is: of an accepted connection the client's address, else what was connected to.
    package let peer: SocketAddress
    package let lane: Lane
    /// Here because it fits behind the lane: many thousands of these wait for a request.
    var state: State = []
    var handle = Handle.none
    /// The open region in the lane's compose buffer.
    var regionStart = 0
    var regionCount = 0
    var queue: SendQueue?
    /// Bytes that the handler did not take.
    var kept: ByteSlice?
    var reason = CloseReason.local
    var lingerTimer = TimerID.none
    /// While lingering: how long to wait for the peer; later how many bytes were dropped.
    var lingerNanoseconds: UInt64 = 0
    var lingerBytes = 0
    /// Nil in the clear.
    var layer: TLSLayer?
    private var events: (any ConnectionHandler)?

    init(loop: EventLoop, peer: SocketAddress, lane: Lane) {
        owner = loop
        composer = lane == .production ? loop.composers.production : loop.composers.mirror
        self.peer = peer
        self.lane = lane
    }

    /// Who is called.
    ///
    /// Cut when `closed` has returned.
    package var handler: (any ConnectionHandler)? {
        get { events }
        set { events = newValue }
    }

    package var loop: EventLoop { owner }
    package var isConnected: Bool { state.contains(.connected) && !state.contains(.ended) }
    package var isClosed: Bool { state.contains(.ended) }
    /// The peer has finished; perhaps bytes before that are still unread.
    package var hasHalfClosedPeer: Bool { !state.isDisjoint(with: [.hungUp, .readEnd]) }
    package var isReadingPaused: Bool { state.contains(.paused) }

    /// Nil when the connection is closed.
    package func localAddress() -> SocketAddress? { isClosed ? nil : owner.network.localAddress(handle) }

    /// Large bodies: receive into 64 KiB chunks, so that `shareReceived` needs no copy.
    ///
    /// Default false.
    package var receivesIntoChunks: Bool {
        get { state.contains(.intoChunks) }
        set { if newValue { state.insert(.intoChunks) } else { state.remove(.intoChunks) } }
    }

    /// Looks at the first byte that comes: a client that speaks TLS is asked for by `clientHello`.
    ///
    /// Default false. Only for accepted connections, before anything came.
    package var sniffsTLS: Bool {
        get { state.contains(.sniffing) }
        set { if newValue { state.insert(.sniffing) } else { state.remove(.sniffing) } }
    }

    func begin(_ handle: Handle, isConnecting: Bool) {
        self.handle = handle
        state = isConnecting ? .connecting : [.connected, .writable]
        owner.register(self, handle)
    }
}

@available(*, unavailable)
extension Connection: Sendable {}

extension Connection {
    /// Facts and wishes.
    struct State: OptionSet {
        var rawValue: UInt32

        /// Waiting for the kernel to connect.
        static var connecting: State { State(rawValue: 1 << 0) }
        static var connected: State { State(rawValue: 1 << 1) }
        /// Reading may yield something.
        static var readable: State { State(rawValue: 1 << 2) }
        /// The socket may take bytes.
        static var writable: State { State(rawValue: 1 << 3) }
        /// A FIN or an error was reported: read until the end, short reads or not.
        static var hungUp: State { State(rawValue: 1 << 4) }
        static var sawError: State { State(rawValue: 1 << 5) }
        /// The handler was told so while reading was paused.
        static var hangUpTold: State { State(rawValue: 1 << 6) }
        static var paused: State { State(rawValue: 1 << 7) }
        /// The peer's FIN was delivered.
        static var readEnd: State { State(rawValue: 1 << 8) }
        /// On the loop's `again` list.
        static var again: State { State(rawValue: 1 << 9) }
        /// On the composer's list.
        static var dirty: State { State(rawValue: 1 << 10) }
        /// Bytes stayed behind after a flush; `drained` is owed.
        static var owesDrained: State { State(rawValue: 1 << 11) }
        /// FIN after everything unsent.
        static var finishing: State { State(rawValue: 1 << 12) }
        /// FIN was sent.
        static var finished: State { State(rawValue: 1 << 13) }
        /// Nothing can be sent any more; reading goes on to the end.
        static var writeDead: State { State(rawValue: 1 << 14) }
        /// Everything is dropped that still comes; closes itself.
        static var lingering: State { State(rawValue: 1 << 15) }
        static var intoChunks: State { State(rawValue: 1 << 16) }
        static var ended: State { State(rawValue: 1 << 17) }
        /// `resumeReading` was called during `received`.
        static var resumed: State { State(rawValue: 1 << 18) }
        /// Counted in the loop's `AcceptBalance`.
        static var balanced: State { State(rawValue: 1 << 19) }
        /// The first byte decides between TLS and plain.
        static var sniffing: State { State(rawValue: 1 << 20) }
        static var handshaking: State { State(rawValue: 1 << 21) }
        /// The handshake is done: what is received and sent goes through the session.
        static var secure: State { State(rawValue: 1 << 22) }
        /// The last receive filled the buffer: the next one gets a larger one.
        static var bulk: State { State(rawValue: 1 << 23) }
        /// Accepted with a descriptor of the loop's reserve.
        static var usesReserve: State { State(rawValue: 1 << 24) }
    }
}
