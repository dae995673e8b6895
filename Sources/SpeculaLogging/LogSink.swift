internal import Synchronization

/// Where finished lines go.
///
/// `write` may be called from any thread, an event loop among them, so it never blocks: what cannot be taken at once is lost,
/// and counted. A line comes whole, with its newline.
package protocol LogSink: Sendable {
    func write(_ line: String)
}

/// Forgets every line.
struct NowhereSink: LogSink {
    func write(_ line: String) {}
}

/// Keeps the lines in memory, for tests.
package final class MemorySink: LogSink {
    private let kept = Mutex<[String]>([])

    package init() {}

    package var lines: [String] { kept.withLock { $0 } }

    package func write(_ line: String) { kept.withLock { $0.append(line) } }
}
