/// What every room logs with: a level, a format, metadata of its own, and the sink that lines go to.
///
/// A value: copy it, give each copy its own metadata. Messages are constant strings; what differs goes into the metadata.
/// A line below the level costs one comparison: neither message nor metadata is made. Logging once per exchange and not once
/// per event is the caller's care.
package struct Logger: Sendable {
    /// Lines below it are not made (Traefik: `log.level`, ERROR by default).
    package var level: LogLevel
    private let format: LogFormat
    private let metadata: [String: String]
    private let sink: any LogSink
    private let clock: @Sendable () -> LogTime

    package init(
        level: LogLevel, format: LogFormat, sink: any LogSink, metadata: [String: String] = [:],
        clock: @escaping @Sendable () -> LogTime
    ) {
        self.level = level
        self.format = format
        self.sink = sink
        self.metadata = metadata
        self.clock = clock
    }

    /// A logger that writes nothing, for those who were given none.
    package static let silent = Logger(
        level: .panic, format: .json, sink: NowhereSink(), clock: { LogTime(seconds: 0) })

    /// A logger whose every line also carries these; an equal key is replaced.
    package func with(_ more: [String: String]) -> Logger {
        Logger(
            level: level, format: format, sink: sink, metadata: metadata.merging(more) { $1 }, clock: clock)
    }

    /// Whether a line of that level would be written.
    package func isEnabled(_ level: LogLevel) -> Bool { level >= self.level }

    package func log(
        _ level: LogLevel, _ message: @autoclosure () -> String,
        metadata more: @autoclosure () -> [String: String] = [:]
    ) {
        guard level >= self.level else { return }
        let all = more().isEmpty ? metadata : metadata.merging(more()) { $1 }
        sink.write(format.line(level: level, message: message(), metadata: all, time: clock()))
    }

    package func trace(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {
        log(.trace, message(), metadata: metadata())
    }

    package func debug(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {
        log(.debug, message(), metadata: metadata())
    }

    package func info(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {
        log(.info, message(), metadata: metadata())
    }

    package func warn(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {
        log(.warn, message(), metadata: metadata())
    }

    package func error(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {
        log(.error, message(), metadata: metadata())
    }

    /// Logs what ends the process; ending it is the caller's.
    package func fatal(_ message: @autoclosure () -> String, metadata: @autoclosure () -> [String: String] = [:]) {
        log(.fatal, message(), metadata: metadata())
    }
}
