internal import Glibc
internal import Synchronization

/// A sink with a bounded queue and a thread of its own that writes to a descriptor or a file.
///
/// Whoever logs appends to a buffer under a short lock and goes on; the thread takes the whole buffer and writes it. When the
/// reader of the other end is slower than the lines, the buffer fills, further lines are lost and `linesLost` counts them:
/// no event loop ever waits for a log. A file is appended to, and opened anew after `reopen()` (SIGUSR1, after a rotation).
package final class LineWriter: LogSink {
    /// What lines are written to.
    package enum Target: Hashable, Sendable {
        case standardOutput
        case standardError
        /// Created with mode 0644 where it is missing; always appended to.
        case file(path: String)
    }

    /// The file could not be opened.
    package struct OpenError: Error {
        package let path: String
        /// The system's word for why, such as `Permission denied`.
        package let reason: String
    }

    private struct State {
        var buffer: [UInt8] = []
        var lines = 0
        var isWriting = false
        var wantsReopen = false
        var isClosed = false
        /// The thread waits on the pipe and must be woken.
        var isAsleep = false
    }

    private let target: Target
    private let capacity: Int
    private let state = Mutex(State())
    private let descriptor: Mutex<Int32>
    private let lost = Atomic<UInt64>(0)
    private let wakeReader: Int32
    private let wakeWriter: Int32

    /// Opens the target and starts the thread.
    ///
    /// - Parameters:
    ///   - target: where the lines go.
    ///   - capacity: bytes that may wait to be written; 1 MiB by default.
    /// - Throws: `OpenError` when the file cannot be opened.
    package init(to target: Target, capacity: Int = 1 << 20) throws(OpenError) {
        self.target = target
        self.capacity = capacity
        descriptor = Mutex(try Self.open(target))
        var ends: [Int32] = [-1, -1]
        let result = unsafe pipe(&ends)
        guard result == 0 else { throw OpenError(path: "pipe", reason: Self.reason(errno)) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wakeReader = ends[0]
        wakeWriter = ends[1]
        startThread()
    }

    deinit {
        _ = Glibc.close(wakeReader)
        _ = Glibc.close(wakeWriter)
        let open = descriptor.withLock { $0 }
        if open > 2 { _ = Glibc.close(open) }
    }

    /// Lines that found the queue full, or that the system refused to write.
    package var linesLost: UInt64 { lost.load(ordering: .relaxed) }

    package func write(_ line: String) {
        var line = line
        let isTaken = line.withUTF8 { bytes in
            let span = unsafe Span(_unsafeElements: bytes)
            return append(span)
        }
        if !isTaken { lost.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Appends one whole line, newline included, as bytes (the access log's way in).
    ///
    /// - Returns: false when the queue is full or closed; the caller counts, or not.
    package func append(_ line: Span<UInt8>) -> Bool {
        let (isTaken, mustWake) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed, state.buffer.count + line.count <= capacity else { return (false, false) }
            for index in line.indices { state.buffer.append(line[index]) }
            state.lines += 1
            defer { state.isAsleep = false }
            return (true, state.isAsleep)
        }
        if mustWake { wake() }
        return isTaken
    }

    /// Has the file opened anew before the next line; no effect on a descriptor.
    ///
    /// A file that cannot be opened leaves the old one in use.
    package func reopen() {
        change { $0.wantsReopen = true }
    }

    /// Waits until what was logged so far is written, or the time is over; for the end of the process, never on a loop.
    package func flush(withinMilliseconds limit: Int = 1000) {
        for _ in 0..<max(1, limit) {
            if state.withLock({ ($0.buffer.isEmpty && !$0.isWriting) || $0.isClosed }) { return }
            usleep(1000)
        }
    }

    /// Ends the thread once everything taken is written; later lines are lost.
    package func close() {
        change { $0.isClosed = true }
    }

    private func change(_ body: (inout State) -> Void) {
        let mustWake = state.withLock { state in
            body(&state)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if mustWake { wake() }
    }

    private func wake() {
        var byte: UInt8 = 1
        _ = unsafe Glibc.write(wakeWriter, &byte, 1)
    }

    // MARK: The thread

    private func startThread() {
        let box = unsafe Unmanaged.passRetained(self).toOpaque()
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                if let pointer = unsafe pointer {
                    unsafe Unmanaged<LineWriter>.fromOpaque(pointer).takeRetainedValue().work()
                }
                return nil
            }, box)
        if result == 0 {
            pthread_detach(thread)
        } else {
            unsafe Unmanaged<LineWriter>.fromOpaque(box).release()
            state.withLock { $0.isClosed = true }
        }
    }

    private func work() {
        var taken: [UInt8] = []
        while true {
            var lines = 0
            var wantsReopen = false
            let mustEnd = state.withLock { state -> Bool in
                taken.removeAll(keepingCapacity: true)
                swap(&taken, &state.buffer)
                lines = state.lines
                state.lines = 0
                wantsReopen = state.wantsReopen
                state.wantsReopen = false
                state.isWriting = !taken.isEmpty
                state.isAsleep = taken.isEmpty && !wantsReopen && !state.isClosed
                return taken.isEmpty && state.isClosed
            }
            if wantsReopen { openAnew() }
            if mustEnd { return }
            if taken.isEmpty {
                if !wantsReopen { sleep() }
                continue
            }
            if !writeAll(taken) { lost.wrappingAdd(UInt64(lines), ordering: .relaxed) }
            state.withLock { $0.isWriting = false }
        }
    }

    private func sleep() {
        var bytes: UInt64 = 0
        _ = unsafe read(wakeReader, &bytes, 8)
    }

    private func writeAll(_ bytes: [UInt8]) -> Bool {
        let descriptor = descriptor.withLock { $0 }
        return unsafe bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset < buffer.count {
                let count = unsafe Glibc.write(
                    descriptor, buffer.baseAddress.map { unsafe $0 + offset }, buffer.count - offset)
                if count > 0 {
                    offset += count
                } else if errno == EAGAIN {
                    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = unsafe poll(&poller, 1, 1000)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    private func openAnew() {
        guard case .file = target, let fresh = try? Self.open(target) else { return }
        let old = descriptor.withLock { descriptor in
            defer { descriptor = fresh }
            return descriptor
        }
        _ = Glibc.close(old)
    }

    private static func open(_ target: Target) throws(OpenError) -> Int32 {
        switch target {
        case .standardOutput: return 1
        case .standardError: return 2
        case .file(let path):
            let descriptor = unsafe Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw OpenError(path: path, reason: reason(errno)) }
            return descriptor
        }
    }

    private static func reason(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
