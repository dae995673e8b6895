internal import CLinux
internal import Glibc

/// The kernel behind the seam: one epoll set, edge-triggered, every descriptor registered once for both directions.
///
/// A slot is a descriptor; the generation grows with each descriptor opened, so that a report which the kernel made before
/// a close cannot be taken for one of the descriptor's next life.
@safe
package final class LinuxNetwork: Network {
    private let poll: Int32
    private let waker: DescriptorWaker
    private let resolver: Resolver
    private let descriptors: DescriptorTable?
    private var spare: Int32
    private var heldBack: [Int32] = []
    private var generation: UInt32 = 1

    /// - Parameters:
    ///   - resolver: Shared by the loops of a process; it owns the threads that look names up.
    ///   - descriptors: Shared as well, where there may be many connections; nil: the table grows when it must.
    /// - Throws: What the kernel said when there was no descriptor for the poll or the waker.
    package init(resolver: Resolver, descriptors: DescriptorTable? = nil) throws(SystemError) {
        let poll = linux_poll_create()
        guard poll >= 0 else { throw SystemError(-poll) }
        let wake = linux_wake_create()
        guard wake >= 0 else {
            _ = linux_close(poll)
            throw SystemError(-wake)
        }
        let added = linux_poll_add_reader(poll, wake, Handle.waker.raw)
        guard added >= 0 else {
            _ = linux_close(wake)
            _ = linux_close(poll)
            throw SystemError(-added)
        }
        self.poll = poll
        self.resolver = resolver
        self.descriptors = descriptors
        waker = DescriptorWaker(owning: wake)
        spare = linux_open_spare()
    }

    deinit {
        if spare >= 0 { _ = linux_close(spare) }
        for descriptor in heldBack { _ = linux_close(descriptor) }
        _ = linux_close(poll)
    }

    package func wait(until deadline: Instant?, into events: EventBatch) -> Instant {
        waitForWork(milliseconds: milliseconds(until: deadline), into: events)
        return monotonicTime()
    }

    package func monotonicTime() -> Instant { Instant(nanoseconds: linux_monotonic_nanoseconds()) }

    package func wallClock() -> WallTime {
        var time = WallTime(seconds: 0, nanoseconds: 0)
        unsafe linux_wall_clock(&time.seconds, &time.nanoseconds)
        return time
    }

    package func random() -> UInt64 { linux_random() }

    package func makeWaker() -> any LoopWaker { waker }

    package func resolve(_ query: NameQuery, _ done: @escaping @Sendable (ResolveResult) -> Void) {
        resolver.resolve(query, done)
    }

    /// Rounded up, so that a timer has come when the wait ends.
    private func milliseconds(until deadline: Instant?) -> Int32 {
        guard let deadline else { return -1 }
        if deadline.nanoseconds == 0 { return 0 }
        let left = deadline.nanoseconds(since: monotonicTime())
        return Int32(min((left + 999_999) / 1_000_000, 3_600_000))
    }

    /// Never inlined and named, so that profiles tell waiting from working.
    @inline(never)
    private func waitForWork(milliseconds: Int32, into events: EventBatch) {
        unsafe events.withStorage { storage in
            let reported = unsafe storage.assumingMemoryBound(to: linux_event.self)
            return Int(unsafe linux_poll_wait(poll, reported, Int32(EventBatch.capacity), milliseconds))
        }
    }

    // MARK: Opening and closing

    package func listen(on address: SocketAddress, options: ListenCall) -> OpenResult {
        var flags: Int32 = 0
        if options.isShared { flags |= Int32(LINUX_LISTEN_SHARED) }
        if options.isDualStack { flags |= Int32(LINUX_LISTEN_DUAL_STACK) }
        var system = linux_address(address)
        let descriptor = unsafe linux_listen(&system, flags, options.backlog)
        guard descriptor >= 0 else { return .failed(SystemError(-descriptor)) }
        return register(descriptor) { linux_poll_add_reader(poll, descriptor, $0.raw) }
    }

    package func connect(to address: SocketAddress, options: ConnectOptions) -> OpenResult {
        var system = linux_address(address)
        let limit = options.unacknowledgedLimit.map { Int32(clamping: $0.wholeNanoseconds / 1_000_000) } ?? 0
        let probe = options.probeInterval.map { Int32(clamping: $0.wholeNanoseconds / 1_000_000_000) } ?? 0
        let descriptor = unsafe linux_connect(&system, limit, probe)
        guard descriptor >= 0 else { return .failed(SystemError(-descriptor)) }
        return register(descriptor) { linux_poll_add_connection(poll, descriptor, $0.raw) }
    }

    package func accept(from listener: Handle) -> AcceptResult {
        var peer = linux_address()
        let descriptor = unsafe linux_accept(listener.descriptor, &peer)
        guard descriptor >= 0 else { return Self.acceptFailure(-descriptor) }
        switch register(descriptor, { linux_poll_add_connection(poll, descriptor, $0.raw) }) {
        case .opened(let handle): return .accepted(handle, peer: SocketAddress(peer))
        case .failed(let error): return .exhausted(error)
        }
    }

    package func shed(from listener: Handle) -> Bool {
        guard spare >= 0 else {
            spare = linux_open_spare()
            return false
        }
        _ = linux_close(spare)
        var peer = linux_address()
        let descriptor = unsafe linux_accept(listener.descriptor, &peer)
        if descriptor >= 0 { _ = linux_close(descriptor) }
        spare = linux_open_spare()
        return descriptor >= 0
    }

    package func holdBack(_ count: Int) -> Int {
        while heldBack.count > count, let descriptor = heldBack.popLast() { _ = linux_close(descriptor) }
        while heldBack.count < count {
            let descriptor = linux_open_spare()
            guard descriptor >= 0 else { break }
            heldBack.append(descriptor)
        }
        return heldBack.count
    }

    package func close(_ handle: Handle) { _ = linux_close(handle.descriptor) }

    package func reset(_ handle: Handle) { _ = linux_reset(handle.descriptor) }

    package func detach(_ handle: Handle) -> DetachedSocket? {
        linux_poll_remove(poll, handle.descriptor) >= 0 ? DetachedSocket(number: Int(handle.descriptor)) : nil
    }

    package func adopt(_ socket: DetachedSocket) -> OpenResult {
        let descriptor = Int32(truncatingIfNeeded: socket.number)
        return register(descriptor) { linux_poll_add_connection(poll, descriptor, $0.raw) }
    }

    private func register(_ descriptor: Int32, _ add: (Handle) -> Int32) -> OpenResult {
        generation &+= 1
        // The waker's handle has this generation.
        if generation == .max { generation = 1 }
        let handle = Handle(slot: descriptor, generation: generation)
        let added = add(handle)
        guard added >= 0 else {
            _ = linux_close(descriptor)
            return .failed(SystemError(-added))
        }
        descriptors?.opened(descriptor)
        return .opened(handle)
    }

    private static func acceptFailure(_ code: Int32) -> AcceptResult {
        switch code {
        case EAGAIN: .wouldBlock
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted(SystemError(code))
        // accept(2): errors of the connection's own network come out here too; they are to be treated like EAGAIN, retrying.
        case ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH,
            EPERM, ETIMEDOUT:
            .skipped
        default: .failed(SystemError(code))
        }
    }
}

extension Handle {
    var descriptor: Int32 { Int32(truncatingIfNeeded: raw) }
}

extension linux_address {
    init(_ address: SocketAddress) {
        self.init()
        let (high, low) = address.bytes
        unsafe withUnsafeMutableBytes(of: &bytes) { buffer in
            unsafe buffer.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe buffer.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        port = address.port
        is_ipv4 = address.isIPv4
    }
}

extension SocketAddress {
    init(_ address: linux_address) {
        let (high, low) = unsafe withUnsafeBytes(of: address.bytes) { buffer in
            unsafe (
                UInt64(bigEndian: buffer.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(high: high, low: low, port: address.port)
    }
}
