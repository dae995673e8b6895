internal import SpeculaHTTP
internal import SpeculaIO
package import SpeculaLogging
internal import SpeculaMirroring
internal import Synchronization

/// What the access logs of all workers share: what is written, to where, and the number of the next request.
package final class AccessLogShared: Sendable {
    internal let options: AccessLogOptions
    internal let queue: any LineQueue
    /// Seconds east of UTC at a second since 1970.
    internal let zone: @Sendable (_ second: Int64) -> Int32
    private let requests = Atomic<UInt64>(0)

    package init(
        options: AccessLogOptions, queue: any LineQueue, zone: @escaping @Sendable (_ second: Int64) -> Int32
    ) {
        self.options = options
        self.queue = queue
        self.zone = zone
    }

    /// The number of a request since the process started, from 1. (Traefik: RequestCount)
    internal func nextNumber() -> UInt64 { requests.wrappingAdd(1, ordering: .relaxed).newValue }
}

/// One worker's access log: composes lines and hands those of one turn over together.
///
/// Bound to its loop. Nothing waits for anything here: a queue that is busy is asked again in a millisecond, one that is full
/// loses the lines, and counts them.
internal final class AccessLog: TimerTarget, CopyLog {
    /// Bytes of lines that a turn may gather before they are handed over, and at which a busy queue makes them lost.
    static let batchBytes = 64 << 10

    let shared: AccessLogShared
    private let loop: EventLoop
    private var line: AccessLine
    private var lines = 0
    private var isWaiting = false

    init(shared: AccessLogShared, loop: EventLoop) {
        self.shared = shared
        self.loop = loop
        line = AccessLine(options: shared.options, zone: shared.zone, capacity: Self.batchBytes)
    }

    var options: AccessLogOptions { shared.options }

    /// Writes the line of a request that is over, unless the filters leave it out.
    func write(_ record: AccessRecord) {
        let isKept = options.filter.keeps(
            status: record.status, retries: record.retries, nanoseconds: record.nanoseconds)
        guard isKept else { return }
        line.write(record, at: loop.wallClock())
        lineIsWhole()
    }

    func copyEnded(_ copy: CopyFacts, of request: MirroredRequest) {
        guard options.filter.keeps(status: copy.status, retries: 0, nanoseconds: copy.nanoseconds) else { return }
        line.write(
            copy, of: request, at: loop.wallClock(),
            sinceStart: loop.currentTime().nanoseconds(since: request.startedAt))
        lineIsWhole()
    }

    private func lineIsWhole() {
        lines += 1
        if line.text.count >= Self.batchBytes { handOver() }
        guard lines > 0, !isWaiting else { return }
        isWaiting = true
        loop.later(self, tag: 0)
    }

    func timerFired(_ id: TimerID, tag: Int) {
        isWaiting = false
        handOver()
        guard lines > 0 else { return }
        isWaiting = true
        _ = loop.schedule(after: .milliseconds(1), for: self, tag: 0)
    }

    /// The loop ends: what there is is taken or lost now.
    func finish() {
        for _ in 0..<10_000 where lines > 0 { handOver() }
        shared.queue.lose(lines)
        line.text.removeAll()
        lines = 0
    }

    /// Offers what there is to the queue.
    func handOver() {
        guard lines > 0 else { return }
        let count = lines
        let queue = shared.queue
        switch line.text.withBytes({ queue.offer($0, count: count) }) {
        case .taken, .lost: break
        case .busy:
            guard line.text.count >= 2 * Self.batchBytes else { return }
            queue.lose(count)
        }
        line.text.removeAll()
        lines = 0
    }
}

@available(*, unavailable)
extension AccessLog: Sendable {}
