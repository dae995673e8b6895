/// Writes `X-Forwarded-*` and `X-Real-Ip` (traefik.md 6.2).
extension ParsedRequest {
    /// The case of nearly every request: nothing of the client's is kept, and all but host and port is ready.
    @inline(__always)
    func writeOrdinaryForwarded(into writer: inout ByteWriter, _ context: ForwardContext) {
        writer.append(context.block)
        if target.authority.count > 0 {
            writer.append("X-Forwarded-Host: ")
            write(target.authority, into: &writer)
            writer.append("\r\nX-Forwarded-Port: ")
        } else {
            writer.append("X-Forwarded-Port: ")
        }
        if target.port.count > 0 {
            write(target.port, into: &writer)
            writer.append("\r\n")
        } else {
            writer.append(context.isTLS ? "443\r\n" : "80\r\n")
        }
    }

    /// The rare case: some of the client's fields are believed, or the request is a WebSocket's.
    func writeForwarded(into writer: inout ByteWriter, _ context: ForwardContext, isWebsocket: Bool) {
        let isTrusted = context.isTrusted
        let ownScheme: StaticString =
            isWebsocket ? (context.isTLS ? "wss" : "ws") : (context.isTLS ? "https" : "http")
        let keepsProto = isTrusted && hasValue(.xForwardedProto)
        writeForwardedFor(into: &writer, context)
        if !keepsProto { writer.append("X-Forwarded-Proto: ", ownScheme) }
        if context.addsSchemeFields {
            for name: StaticString in ["X-Forwarded-Scheme: ", "X-Scheme: "] {
                writer.append(name)
                if keepsProto {
                    storage.withFirst(.xForwardedProto) { writer.append($0) }
                } else {
                    writer.append(ownScheme)
                }
                writer.append("\r\n")
            }
        }
        if !(isTrusted && hasValue(.xForwardedPort)) { writePort(into: &writer, context, keepsProto: keepsProto) }
        if !(isTrusted && hasValue(.xForwardedHost)), target.authority.count > 0 {
            writer.append("X-Forwarded-Host: ")
            write(target.authority, into: &writer)
            writer.append("\r\n")
        }
        if !context.hostName.isEmpty {
            writer.append("X-Forwarded-Server: ")
            writer.append(context.hostName)
            writer.append("\r\n")
        }
        if !(isTrusted && hasValue(.xRealIp)) {
            writer.append("X-Real-Ip: ")
            writer.append(context.clientAddress)
            writer.append("\r\n")
        }
    }

    /// All values of a believed client in one line, its own address behind them.
    private func writeForwardedFor(into writer: inout ByteWriter, _ context: ForwardContext) {
        let bytes = storage.slab.span
        var isFirst = true
        if context.isTrusted, storage.table.seen.contains(.xForwardedFor) {
            for index in storage.table.indices where storage.table[index].known == .xForwardedFor {
                let field = storage.table[index]
                writer.append(isFirst ? "X-Forwarded-For: " : ", ")
                writer.append(bytes, field.valueRange)
                isFirst = false
            }
        }
        if context.appendsForwardedFor {
            writer.append(isFirst ? "X-Forwarded-For: " : ", ")
            writer.append(context.clientAddress)
            isFirst = false
        }
        if !isFirst { writer.append("\r\n") }
    }

    private func writePort(
        into writer: inout ByteWriter, _ context: ForwardContext, keepsProto: Bool
    ) {
        writer.append("X-Forwarded-Port: ")
        if target.port.count > 0 {
            write(target.port, into: &writer)
        } else {
            let isSecure =
                keepsProto
                && storage.withFirst(.xForwardedProto) {
                    $0.hasExactly("https") || $0.hasExactly("wss")
                } == true
            writer.append(isSecure || context.isTLS ? "443" : "80")
        }
        writer.append("\r\n")
    }
}

extension Span<UInt8> {
    func hasExactly(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && hasBytes(of: text, at: 0)
    }
}

extension ByteWriter {
    /// Appends a whole line.
    mutating func append(_ name: StaticString, _ value: StaticString) {
        append(name)
        append(value)
        append("\r\n")
    }
}
