/// Writes spans as an OTLP request in JSON, for collectors that take it and for people who look. (OpenTelemetry: OTLP/HTTP, JSON)
package struct OTLPJSON: Sendable {
    private let resource: String
    private let scope: String

    /// - Parameters:
    ///   - resource: Attributes of this process.
    ///   - version: Of Specula.
    package init(resource: [(key: String, value: ExportedSpan.Value)], version: String) {
        self.resource = "{\"attributes\":\(Self.attributes(resource))}"
        scope = "{\"name\":\(Self.text(OTLP.scopeName)),\"version\":\(Self.text(version))}"
    }

    package func request(_ spans: some Sequence<ExportedSpan>) -> [UInt8] {
        let spans = spans.map(Self.span).joined(separator: ",")
        let scopeSpans = "[{\"scope\":\(scope),\"spans\":[\(spans)]}]"
        return Array("{\"resourceSpans\":[{\"resource\":\(resource),\"scopeSpans\":\(scopeSpans)}]}".utf8)
    }

    private static func span(_ span: ExportedSpan) -> String {
        let core = span.core
        var members = [
            "\"traceId\":\"\(hex(core.context.high))\(hex(core.context.low))\"",
            "\"spanId\":\"\(hex(core.context.span))\"", "\"name\":\(text(span.name))",
            "\"kind\":\(span.kind.rawValue)", "\"startTimeUnixNano\":\"\(core.startNanoseconds)\"",
            "\"endTimeUnixNano\":\"\(core.endNanoseconds)\"", "\"attributes\":\(attributes(span.attributes))",
            "\"flags\":\(OTLP.flags(isRemote: core.isParentRemote))",
        ]
        if core.parent != 0 { members.append("\"parentSpanId\":\"\(hex(core.parent))\"") }
        if let link = span.link {
            let flags = OTLP.flags(isRemote: false)
            members.append(
                "\"links\":[{\"traceId\":\"\(hex(link.high))\(hex(link.low))\",\"spanId\":\"\(hex(link.span))\",\"flags\":\(flags)}]"
            )
        }
        if let error = span.error {
            let message = error.isEmpty ? "" : "\"message\":\(text(error)),"
            members.append("\"status\":{\(message)\"code\":\(OTLP.errorStatus)}")
        }
        return "{\(members.joined(separator: ","))}"
    }

    private static func attributes(_ list: [(key: String, value: ExportedSpan.Value)]) -> String {
        let items = list.map { "{\"key\":\(text($0.key)),\"value\":\(value($0.value))}" }
        return "[\(items.joined(separator: ","))]"
    }

    private static func value(_ value: ExportedSpan.Value) -> String {
        switch value {
        case .text(let text): "{\"stringValue\":\(Self.text(text))}"
        case .number(let number): "{\"intValue\":\"\(number)\"}"
        case .texts(let texts):
            "{\"arrayValue\":{\"values\":[\(texts.map { Self.value(.text($0)) }.joined(separator: ","))]}}"
        }
    }

    private static func hex(_ word: UInt64) -> String {
        let digits = String(word, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func text(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
