/// Which fields of a request a server sees, and the few that are written anew.
extension ParsedRequest {
    /// Whether `field`, which needs a second look, is passed on.
    func passes(
        _ field: Field, _ bytes: Span<UInt8>, _ context: ForwardContext, _ server: borrowing UpstreamTarget
    ) -> Bool {
        switch field.known {
        case .xForwardedFor: return false
        case .xForwardedServer: return context.isTrusted && context.hostName.isEmpty
        case .xForwardedHost, .xForwardedPort, .xForwardedProto, .xRealIp:
            return context.isTrusted && hasValue(field.known)
        case .xForwardedScheme, .xScheme: return context.isTrusted && !context.addsSchemeFields
        case .xForwardedUri, .xForwardedMethod, .xForwardedPrefix, .xForwardedTlsClientCert,
            .xForwardedTlsClientCertInfo:
            return context.isTrusted
        case .trailer: return framing == .chunked
        case .userAgent:
            // Go's client writes the first one, and none that is empty.
            let first = storage.table.first(.userAgent).map { storage.table[$0].nameStart }
            if first != field.nameStart || field.valueCount == 0 { return false }
        case .cookie: if !server.hiddenCookie.isEmpty { return false }
        case .secWebsocketKey, .secWebsocketAccept, .secWebsocketExtensions, .secWebsocketProtocol,
            .secWebsocketVersion:
            if connection.contains(.upgrade) { return false }
        case .other:
            if field.traits.contains(.underscore), !context.isTrusted, isManaged(bytes.extracting(field.nameRange)) {
                return false
            }
        default:
            var withheld = KnownFieldSet.hopByHop
            withheld.bits |= KnownFieldSet.essential.bits
            if withheld.contains(field.known) { return false }
        }
        return !connection.contains(.names) || !storage.connectionLists(field.nameRange)
    }

    /// Whether the first field called `known` has a value.
    func hasValue(_ known: KnownField) -> Bool {
        storage.withFirst(known) { $0.count > 0 } == true
    }

    /// Whether `name` is one that Traefik manages when its underscores are read as hyphens.
    private func isManaged(_ name: Span<UInt8>) -> Bool {
        guard name.count <= 40 else { return false }
        let hyphenated = (0..<name.count).map { name[$0] == UInt8(ascii: "_") ? UInt8(ascii: "-") : name[$0] }
        return KnownFieldSet.managed.contains(KnownField.recognise(hyphenated.span, from: 0, count: hyphenated.count))
    }

    /// Writes how the body ends.
    ///
    /// As in Go's client, an empty body is announced only where the method suggests one.
    @inline(__always)
    func writeFraming(into writer: inout ByteWriter, _ body: ForwardedBody) {
        var announced = framing
        switch body {
        case .asReceived: break
        case .none: announced = .none
        case .length(let count): announced = .length(count)
        }
        switch announced {
        case .chunked: writer.append("Transfer-Encoding: chunked\r\n")
        case .length(let count) where count > 0:
            writer.append("Content-Length: ")
            writer.append(decimal: count)
            writer.append("\r\n")
        case .length, .none, .untilClose:
            if line.method.announcesEmptyBody { writer.append("Content-Length: 0\r\n") }
        }
    }

    /// Puts back what was taken out for this hop and holds for the next one too.
    func writeRenewed(into writer: inout ByteWriter, _ server: borrowing UpstreamTarget) {
        if storage.lists("trailers", in: .te) { writer.append("Te: trailers\r\n") }
        guard connection.contains(.upgrade), server.allowsUpgrade else { return }
        writer.append("Connection: Upgrade\r\nUpgrade: ")
        storage.withFirst(.upgrade) { writer.append($0) }
        writer.append("\r\n")
    }

    /// Writes the `Sec-WebSocket-…` fields with the capitals that some servers insist on.
    func writeWebsocketFields(into writer: inout ByteWriter) {
        let bytes = storage.slab.span
        for index in storage.table.indices {
            let field = storage.table[index]
            switch field.known {
            case .secWebsocketKey: writer.append("Sec-WebSocket-Key: ")
            case .secWebsocketAccept: writer.append("Sec-WebSocket-Accept: ")
            case .secWebsocketExtensions: writer.append("Sec-WebSocket-Extensions: ")
            case .secWebsocketProtocol: writer.append("Sec-WebSocket-Protocol: ")
            case .secWebsocketVersion: writer.append("Sec-WebSocket-Version: ")
            default: continue
            }
            writer.append(bytes, field.valueRange)
            writer.append("\r\n")
        }
    }

    /// Writes the cookies without the hidden one.
    func writeCookies(into writer: inout ByteWriter, hiding name: borrowing [UInt8]) {
        let bytes = storage.slab.span
        for index in storage.table.indices where storage.table[index].known == .cookie {
            let field = storage.table[index]
            var isFirst = true
            var pairs = CookiePairs(field.valueRange)
            while let pair = pairs.next(in: bytes) {
                if bytes.extracting(pair.name).isEqual(to: name.span) { continue }
                writer.append(isFirst ? "Cookie: " : "; ")
                writer.append(bytes, pair.whole)
                isFirst = false
            }
            if !isFirst { writer.append("\r\n") }
        }
    }
}

extension Span<UInt8> {
    /// Whether `range` spells `name`, given in lower case, in any case.
    func spells(_ name: [UInt8], _ range: Range<Int>) -> Bool {
        guard range.count == name.count else { return false }
        for offset in 0..<name.count where Byte.lowercased(self[range.lowerBound + offset]) != name[offset] {
            return false
        }
        return true
    }

    func isEqual(to other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for offset in 0..<count where self[offset] != other[offset] { return false }
        return true
    }
}
