/// What an access log holds and how its lines look. (Traefik: accessLog)
package struct AccessLogOptions: Sendable {
    package enum Format: Sendable { case common, genericCLF, json }

    /// What happens to a field or header.
    package enum Mode: Sendable { case keep, drop, redact }

    package var format = Format.common
    /// Requests to Specula's own services are written, too.
    package var addsInternals = false
    /// Ours: one line for each copy, too.
    package var addsMirrors = false
    package var fields = AccessFieldModes()
    package var headers = AccessHeaderModes()
    /// False: `RequestPath` ends before the `?`.
    package var keepsQuery = true
    package var filter = AccessLogFilter()

    package init() {}
}

/// Which requests are written: all where nothing is set, else those that meet one of the conditions. (Traefik: accessLog.filters)
package struct AccessLogFilter: Sendable {
    package var statuses: [ClosedRange<Int>] = []
    package var retried = false
    /// Only longer ones; 0: not looked at.
    package var minNanoseconds: UInt64 = 0

    package init() {}

    package func keeps(status: UInt16, retries: Int, nanoseconds: UInt64) -> Bool {
        if statuses.isEmpty, !retried, minNanoseconds == 0 { return true }
        for range in statuses where range.contains(Int(status)) { return true }
        return retried && retries > 0 || minNanoseconds > 0 && nanoseconds > minNanoseconds
    }
}

/// The fields of a line in the order of their names; the raw value is a bit. (Traefik: logdata.go; the last seven are ours)
package enum AccessField: UInt8, CaseIterable, Sendable {
    case clientAddr, clientHost, clientPort, clientUsername, downstreamContentSize, downstreamStatus, duration
    case gzipRatio, originContentSize, originDuration, originStatus, overhead, requestAddr, requestContentSize
    case requestCount, requestHost, requestMethod, requestPath, requestPort, requestProtocol, requestScheme
    case retryAttempts, routerName, serviceAddr, serviceName, serviceURL, spanId, startLocal, startUTC, tlsCipher
    case tlsClientSubject, tlsVersion, traceId, entryPointName, otelSpanId, otelTraceId
    case mirrorCompared, mirrorDecision, mirrorDuration, mirrorName, mirrorOutcome, mirrorStatus, primaryStatus

    /// As a line and the configuration spell it.
    package var name: StaticString {
        switch self {
        case .clientAddr: "ClientAddr"
        case .clientHost: "ClientHost"
        case .clientPort: "ClientPort"
        case .clientUsername: "ClientUsername"
        case .downstreamContentSize: "DownstreamContentSize"
        case .downstreamStatus: "DownstreamStatus"
        case .duration: "Duration"
        case .gzipRatio: "GzipRatio"
        case .originContentSize: "OriginContentSize"
        case .originDuration: "OriginDuration"
        case .originStatus: "OriginStatus"
        case .overhead: "Overhead"
        case .requestAddr: "RequestAddr"
        case .requestContentSize: "RequestContentSize"
        case .requestCount: "RequestCount"
        case .requestHost: "RequestHost"
        case .requestMethod: "RequestMethod"
        case .requestPath: "RequestPath"
        case .requestPort: "RequestPort"
        case .requestProtocol: "RequestProtocol"
        case .requestScheme: "RequestScheme"
        case .retryAttempts: "RetryAttempts"
        case .routerName: "RouterName"
        case .serviceAddr: "ServiceAddr"
        case .serviceName: "ServiceName"
        case .serviceURL: "ServiceURL"
        case .spanId: "SpanId"
        case .startLocal: "StartLocal"
        case .startUTC: "StartUTC"
        case .tlsCipher: "TLSCipher"
        case .tlsClientSubject: "TLSClientSubject"
        case .tlsVersion: "TLSVersion"
        case .traceId: "TraceId"
        case .entryPointName: "entryPointName"
        case .otelSpanId: "span_id"
        case .otelTraceId: "trace_id"
        case .mirrorCompared: "MirrorCompared"
        case .mirrorDecision: "MirrorDecision"
        case .mirrorDuration: "MirrorDuration"
        case .mirrorName: "MirrorName"
        case .mirrorOutcome: "MirrorOutcome"
        case .mirrorStatus: "MirrorStatus"
        case .primaryStatus: "PrimaryStatus"
        }
    }

    var bit: UInt64 { 1 << UInt64(rawValue) }
}

/// What happens to each field. (Traefik: accessLog.fields.defaultMode, .names)
package struct AccessFieldModes: Sendable {
    private var kept: UInt64
    private var redacted: UInt64

    package init(standard: AccessLogOptions.Mode = .keep) {
        kept = standard == .keep ? .max : 0
        redacted = standard == .redact ? .max : 0
    }

    package subscript(field: AccessField) -> AccessLogOptions.Mode {
        get { kept & field.bit != 0 ? .keep : redacted & field.bit != 0 ? .redact : .drop }
        set {
            kept = newValue == .keep ? kept | field.bit : kept & ~field.bit
            redacted = newValue == .redact ? redacted | field.bit : redacted & ~field.bit
        }
    }
}

/// What happens to each header. (Traefik: accessLog.fields.headers)
package struct AccessHeaderModes: Sendable {
    private let standard: AccessLogOptions.Mode
    private let names: [(name: [UInt8], mode: AccessLogOptions.Mode)]
    /// No header is ever written: none need be looked at.
    package let dropsAll: Bool

    /// - `names`: In any case.
    package init(standard: AccessLogOptions.Mode = .drop, names: [String: AccessLogOptions.Mode] = [:]) {
        self.standard = standard
        self.names = names.sorted { $0.key < $1.key }.map { (Array($0.key.lowercased().utf8), $0.value) }
        dropsAll = standard == .drop && names.values.allSatisfy { $0 == .drop }
    }

    package func mode(of name: Span<UInt8>) -> AccessLogOptions.Mode {
        for entry in names where entry.name.count == name.count {
            var isSame = true
            for place in entry.name.indices where entry.name[place] != Self.lowered(name[place]) { isSame = false }
            if isSame { return entry.mode }
        }
        return standard
    }

    private static func lowered(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
