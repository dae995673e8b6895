internal import SpeculaWire

/// Writes spans as an OTLP request in protobuf. (OpenTelemetry: opentelemetry/proto/collector/trace/v1)
package struct OTLPProtobuf: Sendable {
    private let resource: [UInt8]
    private let scope: [UInt8]

    /// - Parameters:
    ///   - resource: Attributes of this process.
    ///   - version: Of Specula.
    package init(resource: [(key: String, value: ExportedSpan.Value)], version: String) {
        var message = ProtobufWriter()
        for attribute in resource { message.message(1, Self.attribute(attribute)) }
        self.resource = message.bytes
        var scope = ProtobufWriter()
        scope.string(1, OTLP.scopeName.utf8)
        scope.string(2, version.utf8)
        self.scope = scope.bytes
    }

    /// `ExportTraceServiceRequest`.
    package func request(_ spans: some Sequence<ExportedSpan>) -> [UInt8] {
        var scopeSpans = ProtobufWriter()
        scopeSpans.string(1, scope)
        for span in spans { scopeSpans.message(2, Self.span(span)) }
        var resourceSpans = ProtobufWriter()
        resourceSpans.string(1, resource)
        resourceSpans.message(2, scopeSpans)
        var request = ProtobufWriter()
        request.message(1, resourceSpans)
        return request.bytes
    }

    private static func span(_ span: ExportedSpan) -> ProtobufWriter {
        let core = span.core
        var message = ProtobufWriter()
        message.string(1, bytes(core.context.high, core.context.low))
        message.string(2, bytes(core.context.span))
        if core.parent != 0 { message.string(4, bytes(core.parent)) }
        message.string(5, span.name.utf8)
        message.unsigned(6, UInt64(span.kind.rawValue))
        message.fixed64(7, core.startNanoseconds)
        message.fixed64(8, core.endNanoseconds)
        for attribute in span.attributes { message.message(9, Self.attribute(attribute)) }
        if let link = span.link {
            var content = ProtobufWriter()
            content.string(1, bytes(link.high, link.low))
            content.string(2, bytes(link.span))
            content.fixed32(6, OTLP.flags(isRemote: false))
            message.message(13, content)
        }
        if let error = span.error {
            var status = ProtobufWriter()
            if !error.isEmpty { status.string(2, error.utf8) }
            status.unsigned(3, OTLP.errorStatus)
            message.message(15, status)
        }
        message.fixed32(16, OTLP.flags(isRemote: core.isParentRemote))
        return message
    }

    private static func attribute(_ attribute: (key: String, value: ExportedSpan.Value)) -> ProtobufWriter {
        var value = ProtobufWriter()
        switch attribute.value {
        case .text(let text): value.string(1, text.utf8)
        case .number(let number): value.unsigned(3, UInt64(bitPattern: number))
        case .texts(let texts):
            var array = ProtobufWriter()
            for text in texts {
                var item = ProtobufWriter()
                item.string(1, text.utf8)
                array.message(1, item)
            }
            value.message(5, array)
        }
        var message = ProtobufWriter()
        message.string(1, attribute.key.utf8)
        message.message(2, value)
        return message
    }

    private static func bytes(_ words: UInt64...) -> [UInt8] {
        words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    }
}

/// What both encodings of OTLP have in common.
package enum OTLP {
    /// Who made the spans.
    package static let scopeName = "specula"
    static let errorStatus: UInt64 = 2

    /// Sampled, and whether the span above is another process's.
    static func flags(isRemote: Bool) -> UInt32 { 0x101 | (isRemote ? 0x200 : 0) }
}
