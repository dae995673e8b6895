/// `tracing`: spans of requests, sent to a collector of OpenTelemetry's.
package struct TracingConfiguration: ConfigurationSection {
    package var serviceName = "traefik"
    package var resourceAttributes: [String: String] = [:]
    package var capturedRequestHeaders: [String] = []
    package var capturedResponseHeaders: [String] = []
    package var safeQueryParams: [String] = []
    package var sampleRate: Double = 1
    package var addInternals = false
    package var otlp = OTLPTracingConfiguration()

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("serviceName", \.serviceName, "What the gateway is called in traces (`service.name`)."),
        Field("resourceAttributes", \.resourceAttributes, "Attributes of the gateway, in every trace."),
        Field("capturedRequestHeaders", \.capturedRequestHeaders, "Fields of requests that spans show."),
        Field("capturedResponseHeaders", \.capturedResponseHeaders, "Fields of responses that spans show."),
        Field(
            "safeQueryParams", \.safeQueryParams,
            "Query parameters whose values spans show; those of all others are `REDACTED`."),
        Field(
            "sampleRate", \.sampleRate,
            "Share of the new traces that are recorded, from 0 to 1; a trace that a client began keeps its decision."),
        Field("addInternals", \.addInternals, "Traces requests of Specula's own services, too."),
        Field("otlp", \.otlp, "Where spans are sent."),
        .unsupported("globalAttributes", "The old name of `resourceAttributes`.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if !(0...1).contains(sampleRate), let place = node.value(named: "sampleRate") {
            context.within("sampleRate") { $0.error(place, "expected 0 to 1, found \(place.kindName)") }
        }
    }
}

/// `tracing.otlp`.
package struct OTLPTracingConfiguration: ConfigurationSection {
    package var http = OTLPHTTPConfiguration()

    package init() {}

    package static let schema = Schema<Self>(
        .unsupported("grpc", "Collectors that take gRPC take HTTP, too, on port 4318: `tracing.otlp.http`."),
        Field("http", \.http, "The collector's HTTP side.")
    )
}

/// `tracing.otlp.http`.
package struct OTLPHTTPConfiguration: ConfigurationSection {
    package enum Encoding: String, Word { case protobuf, json }

    package var endpoint = "https://localhost:4318"
    package var headers: [String: String] = [:]
    package var tls = OTLPTLSConfiguration()
    /// Ours: how requests to the collector are written.
    package var encoding = Encoding.protobuf

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("endpoint", \.endpoint, "The collector's URL; without a path, `/v1/traces`."),
        Field("tls", \.tls, "How an `https` collector is known, and who we are to it."),
        Field("headers", \.headers, "Fields that are sent along, such as a key."),
        Field("encoding", \.encoding, ours: true, "`protobuf` or `json`.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        for (name, value) in headers where !Self.isField(name, value) {
            context.within("headers") { $0.error(node, "\(name) is no name, or its value no value, of a field") }
        }
    }

    private static func isField(_ name: String, _ value: String) -> Bool {
        let marks = "!#$%&'*+-.^_`|~".utf8
        let isName = { (byte: UInt8) in
            byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5a || byte >= 0x61 && byte <= 0x7a
                || marks.contains(byte)
        }
        return !name.isEmpty && name.utf8.allSatisfy(isName) && value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
    }
}

/// `tracing.otlp.http.tls`.
package struct OTLPTLSConfiguration: ConfigurationSection {
    package var ca = ""
    package var cert = ""
    package var key = ""
    package var insecureSkipVerify = false

    package init() {}

    package static let schema = Schema<Self>(
        canStandAlone: true,
        Field("ca", \.ca, "Who vouches for the collector: a path, or PEM. Default: what the system trusts."),
        Field("cert", \.cert, "Shown to a collector that asks for a certificate: a path, or PEM."),
        Field("key", \.key, isShown: false, "The key of `cert`: a path, or PEM."),
        Field("insecureSkipVerify", \.insecureSkipVerify, "Takes any certificate of the collector.")
    )

    package mutating func finish(_ node: Node, _ context: inout DecodingContext) {
        if cert.isEmpty != key.isEmpty { context.error(node, "cert and key belong together: name both or none") }
    }
}
