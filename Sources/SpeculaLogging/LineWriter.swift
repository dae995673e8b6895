internal import Glibc
internal import Synchronization

/// What became of lines that were offered to a queue.
package enum LineVerdict: Sendable {
    case taken
    /// Somebody else is at the queue just now: offer them again in a moment.
    case busy
    /// There is no room, or nobody writes any more: the lines are lost, and counted.
    case lost
}

/// A queue of lines that never makes its caller wait.
package protocol LineQueue: Sendable {
    /// Takes `count` whole lines, newlines included, or none of them.
    func offer(_ lines: Span<UInt8>, count: Int) -> LineVerdict
    /// Counts lines that their maker gave up.
    func lose(_ count: Int)
}

/// A sink with a bounded queue and a thread of its own that writes to a descriptor or a file.
///
/// Whoever logs appends to a buffer under a short lock and goes on; the thread takes the whole buffer and writes it. When the
/// reader of the other end is slower than the lines, the buffer fills, further lines are lost and `linesLost` counts them:
/// no event loop ever waits for a log. A file is appended to, and opened anew after `reopen()` (SIGUSR1, after a rotation):
/// each line is in the old file or in the new one.
package final class LineWriter: LogSink, LineQueue {
    /// What lines are written to.
    package enum Target: Hashable, Sendable {
        case standardOutput
        case standardError
        /// Created with mode 0644 where it is missing, with its folders; always appended to.
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
        var isWriting = false
        var wantsReopen = false
        var isClosed = false
        /// The thread waits on the pipe and must be woken.
        var isAsleep = false
    }

    private let capacity: Int
    private let napMicroseconds: UInt32
    private let state = Mutex(State())
    private let file: Mutex<LineFile>
    private let lost = Atomic<UInt64>(0)
    private let wakeReader: Int32
    private let wakeWriter: Int32
    private let report: @Sendable (_ trouble: String?) -> Void
    private let backups: LogBackups?
    private let tidying = Mutex(())

    /// Opens the target and starts the thread.
    ///
    /// - Parameters:
    ///   - target: where the lines go.
    ///   - capacity: bytes that may wait to be written; 1 MiB by default.
    ///   - gatheringMilliseconds: how long the thread lets lines gather before it writes the first; none by default.
    ///   - rotation: when a file is put aside; nil: never.
    ///   - report: called on the thread, or that which tidies up, when something fails, with the reason, and with nil when
    ///     writing works again.
    /// - Throws: `OpenError` when the file cannot be opened.
    package init(
        to target: Target, capacity: Int = 1 << 20, gatheringMilliseconds: Int = 0, rotation: LogRotation? = nil,
        report: @escaping @Sendable (_ trouble: String?) -> Void = { _ in }
    ) throws(OpenError) {
        self.capacity = capacity
        napMicroseconds = UInt32(clamping: gatheringMilliseconds * 1000)
        self.report = report
        file = Mutex(try LineFile(target, rotation: rotation))
        if let rotation, case .file(let path) = target {
            backups = LogBackups(of: path, rotation)
        } else {
            backups = nil
        }
        var ends: [Int32] = [-1, -1]
        let result = unsafe pipe(&ends)
        guard result == 0 else { throw OpenError(path: "pipe", reason: LineFile.reason(errno)) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        wakeReader = ends[0]
        wakeWriter = ends[1]
        if !Self.onThread({ self.work() }) { state.withLock { $0.isClosed = true } }
        tidy()
    }

    deinit {
        _ = Glibc.close(wakeReader)
        _ = Glibc.close(wakeWriter)
        file.withLock { $0.close() }
    }

    /// Lines that found the queue full, or that the system refused to write.
    package var linesLost: UInt64 { lost.load(ordering: .relaxed) }

    package func write(_ line: String) {
        var line = line
        line.withUTF8 { bytes in
            let span = unsafe Span(_unsafeElements: bytes)
            let (isTaken, mustWake) = state.withLock { take(span, &$0) }
            if mustWake { wake() }
            if !isTaken { lose(1) }
        }
    }

    package func offer(_ lines: Span<UInt8>, count: Int) -> LineVerdict {
        guard let (isTaken, mustWake) = state.withLockIfAvailable({ take(lines, &$0) }) else { return .busy }
        if mustWake { wake() }
        if isTaken { return .taken }
        lose(count)
        return .lost
    }

    package func lose(_ count: Int) { lost.wrappingAdd(UInt64(count), ordering: .relaxed) }

    private func take(_ bytes: Span<UInt8>, _ state: inout State) -> (isTaken: Bool, mustWake: Bool) {
        guard !state.isClosed, state.buffer.count + bytes.count <= capacity else { return (false, false) }
        unsafe bytes.withUnsafeBufferPointer { unsafe state.buffer.append(contentsOf: $0) }
        defer { state.isAsleep = false }
        return (true, state.isAsleep)
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
            if state.withLock({ $0.buffer.isEmpty && !$0.isWriting }) { return }
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

    private final class Chore {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Runs something on a thread of its own.
    /// - Returns: False when there is none to be had.
    private static func onThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        let box = unsafe Unmanaged.passRetained(Chore(body)).toOpaque()
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread, nil,
            { pointer in
                if let pointer = unsafe pointer {
                    unsafe Unmanaged<Chore>.fromOpaque(pointer).takeRetainedValue().body()
                }
                return nil
            }, box)
        if result == 0 {
            pthread_detach(thread)
        } else {
            unsafe Unmanaged<Chore>.fromOpaque(box).release()
        }
        return result == 0
    }

    /// Looks after the files that were put aside, beside the writing: to compress one takes seconds.
    private func tidy() {
        guard let backups else { return }
        let isRunning = Self.onThread {
            for trouble in self.tidying.withLock({ _ in backups.tidy() }) { self.report(trouble) }
        }
        if !isRunning { report("no thread to tidy up old logs") }
    }

    private func work() {
        var taken: [UInt8] = []
        var isTroubled = false
        while true {
            var wantsReopen = false
            let mustEnd = state.withLock { state -> Bool in
                taken.removeAll(keepingCapacity: true)
                swap(&taken, &state.buffer)
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
            let (missing, reason, turn) = file.withLock { file -> (Int, Int32, LineFile.Turn?) in
                let result = file.write(taken) { [self] in state.withLock { $0.isClosed } }
                return (result.lost, result.reason, file.takeTurn())
            }
            switch turn {
            case .done(let trouble)?:
                if let trouble { report(trouble) }
                tidy()
            case .failed(let trouble)?: report(trouble)
            case nil: break
            }
            if missing > 0 { lose(missing) }
            if (missing > 0) != isTroubled {
                isTroubled = missing > 0
                report(isTroubled ? LineFile.reason(reason) : nil)
            }
            state.withLock { $0.isWriting = false }
        }
    }

    private func sleep() {
        var bytes: UInt64 = 0
        _ = unsafe read(wakeReader, &bytes, 8)
        if napMicroseconds > 0 { usleep(napMicroseconds) }
    }

    private func openAnew() {
        do throws(OpenError) {
            try file.withLock { (file) throws(OpenError) in try file.reopen() }
        } catch {
            report("cannot open \(error.path): \(error.reason)")
        }
    }
}
