/// A span as a collector gets it: names and attributes of OpenTelemetry's conventions for HTTP, as Traefik fills them.
package struct ExportedSpan: Sendable {
    /// The values that attributes have here.
    package enum Value: Hashable, Sendable {
        case text(String)
        case number(Int64)
        case texts([String])
    }

    /// Numbers as in OTLP.
    package enum Kind: UInt8, Sendable { case `internal` = 1, server = 2, client = 3 }

    package let core: FinishedSpan
    package let name: String
    package let kind: Kind
    /// In a fixed order.
    package let attributes: [(key: String, value: Value)]
    package let link: TraceContext?
    /// Nil: nothing is said; else the description of an error, mostly empty.
    package let error: String?

    /// The value of an attribute.
    package func value(of key: String) -> Value? { attributes.first { $0.key == key }?.value }
}

/// Turns what a loop has written into spans for a collector.
package struct SpanExpander: Sendable {
    private let requestHeaders: [String]
    private let responseHeaders: [String]
    private let query: SafeQuery

    /// - `options`: Those that the spans were recorded with.
    package init(options: SpanOptions, safeQueryParameters: [String] = []) {
        requestHeaders = options.requestHeaders.map { String(decoding: $0, as: UTF8.self) }
        responseHeaders = options.responseHeaders.map { String(decoding: $0, as: UTF8.self) }
        query = SafeQuery(safe: safeQueryParameters)
    }

    /// All spans of a batch; one that cannot be read ends it.
    package func expand(_ batch: SpanBatch) -> [ExportedSpan] {
        var reader = SpanReader(batch.bytes)
        var spans: [ExportedSpan] = []
        spans.reserveCapacity(batch.spans)
        while let (span, fields) = reader.next() { spans.append(expand(span, SpanFields(fields))) }
        return spans
    }

    private func expand(_ span: FinishedSpan, _ fields: SpanFields) -> ExportedSpan {
        var list = AttributeList()
        var (name, kind) = ("ReverseProxy", ExportedSpan.Kind.client)
        switch span.kind {
        case .exchange:
            name = fields.text(.method)
            kind = .server
            server(fields, &list)
        case .router:
            (name, kind) = ("Router", .internal)
            list.add("traefik.service.name", fields.text(.service))
            list.add("traefik.router.name", fields.text(.router))
            list.add("http.route", fields.text(.rule))
        case .service:
            (name, kind) = ("Service", .internal)
            list.add("traefik.service.name", fields.text(.service))
        case .leg:
            client(fields, &list)
        case .copy:
            name = "Mirror"
            list.add("specula.mirroring.service", fields.text(.mirroring))
            list.add("specula.mirror.name", fields.text(.mirror))
            list.add("specula.mirror.outcome", fields.text(.outcome))
            client(fields, &list)
        }
        if kind != .internal, span.status > 0 { list.add("http.response.status_code", Int64(span.status)) }
        captured(fields, .responseHeader, responseHeaders, "http.response.header.", &list)
        return ExportedSpan(
            core: span, name: name, kind: kind, attributes: list.items, link: fields.link,
            error: kind == .internal ? nil : Self.error(status: span.status, isServer: kind == .server))
    }

    private func server(_ fields: SpanFields, _ list: inout AttributeList) {
        list.add("entry_point", fields.text(.entryPoint))
        list.add("http.request.method", fields.text(.method))
        list.add("network.protocol.version", fields.text(.version))
        list.add("http.request.body.size", Int64(bitPattern: fields.number(.bodySize)))
        list.add("url.path", Self.decodedPath(fields.bytes(.path)))
        list.add("url.query", query.redacted(fields.bytes(.query)))
        list.add("url.scheme", fields.text(.scheme))
        list.add("user_agent.original", fields.text(.userAgent))
        list.add("server.address", fields.text(.authority))
        list.add("network.peer.address", fields.text(.peerAddress))
        list.add("client.address", fields.text(.clientAddress))
        list.add("client.port", Int64(fields.number(.peerPort)))
        list.add("network.peer.port", Int64(fields.number(.peerPort)))
        captured(fields, .requestHeader, requestHeaders, "http.request.header.", &list)
    }

    private func client(_ fields: SpanFields, _ list: inout AttributeList) {
        guard fields.has(.server) else { return }
        let server = ServerText(fields.text(.server))
        let query = query.redacted(fields.bytes(.query))
        list.add("http.request.method", fields.text(.method))
        list.add("network.protocol.version", "1.1")
        list.add("url.full", server.origin + fields.text(.path) + (query.isEmpty ? "" : "?\(query)"))
        list.add("url.scheme", server.scheme)
        list.add("user_agent.original", fields.text(.userAgent))
        list.add("network.peer.address", server.host)
        list.add("network.peer.port", server.port)
        list.add("server.address", server.host)
        list.add("server.port", server.port)
        captured(fields, .requestHeader, requestHeaders, "http.request.header.", &list)
    }

    /// Values of one name stand together, in the order of the head.
    private func captured(
        _ fields: SpanFields, _ field: SpanField, _ names: [String], _ prefix: String, _ list: inout AttributeList
    ) {
        for (index, name) in names.enumerated() {
            let values = fields.all(field).filter { Int($0.first ?? 0) == index }.map {
                String(decoding: $0.dropFirst(), as: UTF8.self)
            }
            if !values.isEmpty { list.items.append((prefix + name, .texts(values))) }
        }
    }

    /// What OpenTelemetry calls an error: 5xx of a server's, 4xx too for a client's side, and what is no status.
    private static func error(status: UInt16, isServer: Bool) -> String? {
        guard (100..<600).contains(status) else { return "Invalid HTTP status code \(status)" }
        return status >= (isServer ? 500 : 400) ? "" : nil
    }

    private static func decodedPath(_ path: ArraySlice<UInt8>) -> String {
        String(decoding: PercentText.decode(path, plusIsBlank: false) ?? Array(path), as: UTF8.self)
    }
}

/// A span's fields by name.
struct SpanFields {
    private let fields: [(field: SpanField, bytes: ArraySlice<UInt8>)]

    init(_ fields: [(field: SpanField, bytes: ArraySlice<UInt8>)]) { self.fields = fields }

    func has(_ field: SpanField) -> Bool { fields.contains { $0.field == field } }

    func all(_ field: SpanField) -> [ArraySlice<UInt8>] { fields.filter { $0.field == field }.map(\.bytes) }

    func bytes(_ field: SpanField) -> ArraySlice<UInt8> { fields.first { $0.field == field }?.bytes ?? [] }

    func text(_ field: SpanField) -> String { String(decoding: bytes(field), as: UTF8.self) }

    func number(_ field: SpanField) -> UInt64 { Self.number(bytes(field)) }

    var link: TraceContext? {
        let bytes = bytes(.link)
        guard bytes.count == 24 else { return nil }
        return TraceContext(
            high: Self.number(bytes.prefix(8)), low: Self.number(bytes.dropFirst(8).prefix(8)),
            span: Self.number(bytes.suffix(8)), isSampled: true)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// `scheme://host:port` taken apart; the port of the scheme where none is written.
private struct ServerText {
    let origin: String
    let scheme: String
    let host: String
    let port: Int64

    init(_ text: String) {
        origin = text
        let parts = text.split(separator: "://", maxSplits: 1)
        scheme = parts.count == 2 ? String(parts[0]) : "http"
        let authority = parts.last ?? ""
        let standard: Int64 = scheme == "https" ? 443 : 80
        guard let colon = authority.lastIndex(of: ":"), authority.last != "]",
            let number = Int64(authority[authority.index(after: colon)...])
        else {
            host = Self.plain(authority)
            port = standard
            return
        }
        host = Self.plain(authority[..<colon])
        port = number
    }

    private static func plain(_ host: Substring) -> String { host.filter { $0 != "[" && $0 != "]" } }
}

/// Collects attributes.
private struct AttributeList {
    var items: [(key: String, value: ExportedSpan.Value)] = []

    mutating func add(_ key: String, _ text: String) { items.append((key, .text(text))) }
    mutating func add(_ key: String, _ number: Int64) { items.append((key, .number(number))) }
}
