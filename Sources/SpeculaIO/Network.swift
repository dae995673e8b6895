/// The seam between the loop and the outside: every system call of the data plane, and nothing else.
///
/// `LinuxNetwork` is the kernel; `SimulatedNetwork`, in the tests, is a network and a clock that do not exist.
///
/// The conversation: the loop calls `wait` once a turn. What becomes readable or writable is reported there as an *edge*:
/// once, when it becomes so, and not again before the loop has met `wouldBlock`, a short read or a short send. Reports may
/// come merged, late or for nothing. A handle that was closed is reported no more after the `wait` in progress; the loop
/// tells stale reports by the handle's generation. Every call on a handle must come before its `close` or `reset`, which
/// comes exactly once. All calls but those of the waker come from the loop's thread. No result depends on anything but
/// arguments, earlier calls and the outside world, so that a simulated run repeats itself.
package protocol Network: AnyObject {
    /// Waits for reports, at most until `deadline` (nil: without end), and returns the time after waiting.
    ///
    /// A deadline that has passed polls without waiting. Wakes of the waker end the wait and are reported in `events`.
    func wait(until deadline: Instant?, into events: EventBatch) -> Instant
    /// The monotonic clock, read anew.
    func monotonicTime() -> Instant
    func wallClock() -> WallTime
    func random() -> UInt64

    /// Starts to listen; the handle reports `readable` when connections wait.
    func listen(on address: SocketAddress, options: ListenCall) -> OpenResult
    func accept(from listener: Handle) -> AcceptResult
    /// Accepts one connection with the descriptor kept in reserve and closes it at once; false when none was waiting.
    func shed(from listener: Handle) -> Bool
    /// Holds so many descriptors back from everybody, opening and giving back as needed; returns how many it could have.
    func holdBack(_ count: Int) -> Int
    /// Starts to connect; `writable` is reported when it is decided, `connectOutcome` tells how.
    func connect(to address: SocketAddress, options: ConnectOptions) -> OpenResult
    /// Nil when connected; else an errno. Asked once, after the first `writable`, `failed` or `hungUp`.
    func connectOutcome(_ handle: Handle) -> SystemError?

    func receive(_ handle: Handle, into buffer: UnsafeMutableRawBufferPointer) -> IOResult
    func send(_ handle: Handle, _ bytes: UnsafeRawBufferPointer) -> IOResult
    /// Sends what the vectors hold, in order, as one call. At most `OutputVectors.limit` of them.
    func send(_ handle: Handle, _ vectors: borrowing OutputVectors) -> IOResult
    /// Sends a FIN after everything sent so far.
    func finishWriting(_ handle: Handle)
    func close(_ handle: Handle)
    /// Closes so that the peer sees a reset, whatever is still unsent.
    func reset(_ handle: Handle)
    func localAddress(_ handle: Handle) -> SocketAddress?
    /// Lets go of an accepted socket without closing it; the handle is void. Nil when that failed, and nothing has changed.
    func detach(_ handle: Handle) -> DetachedSocket?
    /// Takes a socket that another loop's network of the same kind let go of. A failure has closed it.
    func adopt(_ socket: DetachedSocket) -> OpenResult

    /// Looks a name up somewhere else; `done` is called from any thread, once, after this call has returned.
    func resolve(_ query: NameQuery, _ done: @escaping @Sendable (ResolveResult) -> Void)

    /// What another thread calls to end the `wait` in progress or the next one.
    func makeWaker() -> any LoopWaker
}

/// Ends a loop's wait from another thread; outlives its network without harm.
package protocol LoopWaker: Sendable {
    func wake()
}

/// One open socket: a slot, which is reused, and a generation, which is not.
package struct Handle: Hashable, Sendable {
    /// The generation in the upper, the slot in the lower half.
    package let raw: UInt64

    package init(raw: UInt64) { self.raw = raw }
    package init(slot: Int32, generation: UInt32) {
        raw = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: slot))
    }

    /// A small number, unique among the handles that are open.
    package var slot: Int { Int(truncatingIfNeeded: raw & 0xffff_ffff) }

    /// Reported when a waker woke the loop; no socket has it.
    package static var waker: Handle { Handle(raw: .max) }
    /// No socket at all.
    package static var none: Handle { Handle(raw: 0xffff_ffff) }
}

/// What `wait` reports about a handle.
///
/// The values are epoll's, so that nothing needs translation.
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static var readable: Readiness { Readiness(rawValue: 0x001) }
    package static var writable: Readiness { Readiness(rawValue: 0x004) }
    /// There is an error to be found by reading, writing or asking.
    package static var failed: Readiness { Readiness(rawValue: 0x008) }
    /// Both directions are shut.
    package static var hungUp: Readiness { Readiness(rawValue: 0x010) }
    /// The peer has sent its FIN, perhaps behind bytes not yet read.
    package static var peerFinished: Readiness { Readiness(rawValue: 0x2000) }
}

/// What receive and send return.
package enum IOResult: Equatable, Sendable {
    case bytes(Int)
    case wouldBlock
    /// Receiving: the peer has finished. Sending: does not occur.
    case end
    case failed(SystemError)
}

/// What listen and connect return.
package enum OpenResult: Equatable, Sendable {
    case opened(Handle)
    case failed(SystemError)
}

/// What accept returns.
package enum AcceptResult: Equatable, Sendable {
    case accepted(Handle, peer: SocketAddress)
    case wouldBlock
    /// That one connection is gone or the network failed it; go on with the next.
    case skipped
    /// No descriptor or no memory: stop for a while.
    case exhausted(SystemError)
    case failed(SystemError)
}

/// Listening, as the seam sees it.
package struct ListenCall: Equatable, Sendable {
    /// SO_REUSEPORT: several loops of this process listen on the port.
    package var isShared: Bool
    /// `::` takes IPv4 as well.
    package var isDualStack: Bool
    package var backlog: Int32

    package init(isShared: Bool, isDualStack: Bool, backlog: Int32) {
        self.isShared = isShared
        self.isDualStack = isDualStack
        self.backlog = backlog
    }
}

/// How a connection is opened.
///
/// TCP_NODELAY is always on.
package struct ConnectOptions: Equatable, Sendable {
    /// TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged.
    ///
    /// Nil, the default: the kernel's (about 15 minutes).
    package var unacknowledgedLimit: Duration?

    /// TCP keep-alive: how long nothing may come before the peer is asked, and between askings; nine unanswered ones end the
    /// connection.
    ///
    /// Default 30 s, as Traefik's dialer. Accepted connections: 15 s, as Go's listeners.
    package var probeInterval: Duration?

    package init(unacknowledgedLimit: Duration? = nil, probeInterval: Duration? = .seconds(30)) {
        self.unacknowledgedLimit = unacknowledgedLimit
        self.probeInterval = probeInterval
    }
}

/// Whose traffic a connection carries: within a turn, production is served first.
package enum Lane: UInt8, Sendable {
    case production
    case mirror
}

/// A name to look up.
package struct NameQuery: Hashable, Sendable {
    package var host: String
    package var lane: Lane
    /// Ask again even though an answer is fresh: all its addresses failed.
    package var isRefresh: Bool

    package init(host: String, lane: Lane, isRefresh: Bool = false) {
        self.host = host
        self.lane = lane
        self.isRefresh = isRefresh
    }
}

/// The addresses of a name, in the order to try them, or why there are none.
///
/// Ports are 0.
package enum ResolveResult: Equatable, Sendable {
    case addresses([SocketAddress])
    case failed(ResolveFailure)
}

/// Why a name has no address.
package enum ResolveFailure: Equatable, Sendable {
    /// No such name, or no address for it.
    case notFound
    /// The name server did not answer or could not; worth asking again.
    case temporary
    case other(Int32)
}
