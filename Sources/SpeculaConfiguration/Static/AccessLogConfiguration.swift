internal import SpeculaLogging

/// What an access log does with a field or header.
package enum AccessLogMode: String, Word { case keep, drop, redact }

/// `accessLog`.
package struct AccessLogConfiguration: ConfigurationSection {
    package enum Format: String, Word { case common, json, genericCLF }

    /// Empty: standard output.
    package var filePath = ""
    package var format = Format.common
    package var filters = AccessLogFiltersConfiguration()
    package var fields = AccessLogFieldsConfiguration()
    package var bufferingSize = 0
    package var addInternals = false
    /// Without `otlp` there is no other output beside which lines could be written.
    package var dualOutput = false
    /// Ours: a line for each copy, too.
    package var mirrors = false

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("filePath", \.filePath, "A file to append to; empty: standard output. SIGUSR1 opens it anew."),
        Field("format", \.format, "How a line looks."),
        Field("filters", \.filters, "Which requests are written."),
        Field("fields", \.fields, "What a line holds."),
        Field("bufferingSize", \.bufferingSize, "Lines that may wait to be written; at least 4 MiB of them."),
        Field("addInternals", \.addInternals, "Writes requests to Specula's own services, too."),
        Field("dualOutput", \.dualOutput, "Accepted; for lines that go to a collector."),
        .unsupported("otlp"),
        Field("mirrors", \.mirrors, ours: true, "Writes a line for each copy, too.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if bufferingSize < 0, let place = node.value(named: "bufferingSize") {
            context.within("bufferingSize") { $0.error(place, "expected zero or more, found \(bufferingSize)") }
        }
    }
}

/// `accessLog.filters`.
package struct AccessLogFiltersConfiguration: ConfigurationSection {
    package var statusCodes: [String] = []
    package var retryAttempts = false
    package var minDuration = Duration.zero
    /// What `statusCodes` mean.
    package private(set) var statuses: [ClosedRange<Int>] = []

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("statusCodes", \.statusCodes, "Writes requests with these statuses: `404`, `500-599`."),
        Field("retryAttempts", \.retryAttempts, "Writes requests that were sent again."),
        Field("minDuration", \.minDuration, "Writes requests that took longer; 0: not looked at.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        switch StatusRanges.parse(statusCodes) {
        case .success(let ranges): statuses = ranges
        case .failure(let failure):
            guard let place = node.value(named: "statusCodes") else { return }
            context.within("statusCodes") { $0.error(place, failure.message) }
        }
    }
}

/// `accessLog.fields`.
package struct AccessLogFieldsConfiguration: ConfigurationSection {
    package var defaultMode = AccessLogMode.keep
    package var names: [String: AccessLogMode] = [:]
    package var headers = AccessLogHeadersConfiguration()
    package var queryParameters = AccessLogQueryConfiguration()

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("defaultMode", \.defaultMode, "What happens to fields that `names` does not have."),
        Field("names", \.names, "What happens to single fields, by name: keep, drop or redact."),
        Field("headers", \.headers, "What happens to headers: `request_…`, `origin_…`, `downstream_…`."),
        Field("queryParameters", \.queryParameters, "What happens to the query in `RequestPath`.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        guard let place = node.value(named: "names"), place.kind == .mapping else { return }
        let known = Self.fieldNames
        for position in 0..<place.count {
            let (key, _) = place.pair(position)
            let name = key.text
            guard !known.contains(where: { ASCII.equalFolded($0.utf8, name.utf8) }) else { continue }
            let nearest = Spelling.nearest(to: name, in: known).map { " (did you mean \($0)?)" } ?? ""
            context.within("names") { $0.warning(key, "no line has a field \"\(name)\"\(nearest)") }
        }
    }

    /// The names that a line may hold.
    private static let fieldNames = AccessField.allCases.map { "\($0.name)" }
}

/// `accessLog.fields.headers`.
package struct AccessLogHeadersConfiguration: ConfigurationSection {
    package var defaultMode = AccessLogMode.drop
    package var names: [String: AccessLogMode] = [:]

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("defaultMode", \.defaultMode, "What happens to headers that `names` does not have."),
        Field("names", \.names, "What happens to single headers, by name: keep, drop or redact.")
    )
}

/// `accessLog.fields.queryParameters`.
package struct AccessLogQueryConfiguration: ConfigurationSection {
    package enum Mode: String, Word { case keep, drop }

    package var defaultMode = Mode.keep

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("defaultMode", \.defaultMode, "drop: `RequestPath` ends before the `?`.")
    )
}
