internal import Glibc
internal import SpeculaConfiguration
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaProxy

/// The access log that `accessLog` asks for.
extension Assembly {
    /// Bytes of lines that may wait to be written.
    static let leastQueueBytes = 4 << 20
    static let mostQueueBytes = 256 << 20

    /// What the workers write to, and the writer that opens its file anew; nil when there is no access log.
    static func accessLog(
        _ settings: StaticConfiguration, registry: MetricRegistry, log: Logger
    ) throws(StartError) -> (shared: AccessLogShared, writer: LineWriter)? {
        guard let wanted = settings.accessLog else { return nil }
        let target: LineWriter.Target =
            wanted.filePath.isEmpty ? .standardOutput : .file(path: wanted.filePath)
        let writer: LineWriter
        do throws(LineWriter.OpenError) {
            // A line is rarely longer than a KiB.
            let bytes = min(max(wanted.bufferingSize, 0), mostQueueBytes >> 10) << 10
            writer = try LineWriter(
                to: target, capacity: max(leastQueueBytes, bytes), gatheringMilliseconds: 5
            ) { [path = wanted.filePath] trouble in
                if let trouble {
                    log.error("access log lines are lost", metadata: ["error": trouble, "file": path])
                } else {
                    log.warn("access log lines are written again", metadata: ["file": path])
                }
            }
        } catch {
            throw StartError("accessLog.filePath: \(error.path): \(error.reason)")
        }
        registry.addCounter(MetricCatalog.logLinesDropped, labels: ["access"], owner: "process") { writer.linesLost }
        let shared = AccessLogShared(options: options(wanted), queue: writer, zone: secondsEastOfUTC)
        return (shared, writer)
    }

    private static func options(_ wanted: AccessLogConfiguration) -> AccessLogOptions {
        var options = AccessLogOptions()
        options.format =
            switch wanted.format {
            case .common: .common
            case .genericCLF: .genericCLF
            case .json: .json
            }
        options.addsInternals = wanted.addInternals
        options.addsMirrors = wanted.mirrors
        options.keepsQuery = wanted.fields.queryParameters.defaultMode == .keep
        options.filter.statuses = wanted.filters.statuses
        options.filter.retried = wanted.filters.retryAttempts
        options.filter.minNanoseconds = UInt64(max(0, wanted.filters.minDuration.wholeNanoseconds))
        var modes = AccessFieldModes(standard: mode(wanted.fields.defaultMode))
        for (name, word) in wanted.fields.names {
            let field = AccessField.allCases.first { "\($0.name)".lowercased() == name.lowercased() }
            if let field { modes[field] = mode(word) }
        }
        options.fields = modes
        options.headers = AccessHeaderModes(
            standard: mode(wanted.fields.headers.defaultMode), names: wanted.fields.headers.names.mapValues(mode))
        return options
    }

    private static func mode(_ word: AccessLogMode) -> AccessLogOptions.Mode {
        switch word {
        case .keep: .keep
        case .drop: .drop
        case .redact: .redact
        }
    }

    /// By the zone of the process (`TZ`, else the machine's).
    @Sendable private static func secondsEastOfUTC(at second: Int64) -> Int32 {
        var moment = time_t(second)
        var local = unsafe tm()
        guard unsafe localtime_r(&moment, &local) != nil else { return 0 }
        return unsafe Int32(local.tm_gmtoff)
    }
}
