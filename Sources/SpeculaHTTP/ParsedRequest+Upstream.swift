/// Writes a request's head for a server: Traefik's rules for fields (traefik.md 6.2), in one pass over the table.
extension ParsedRequest {
    /// What `writeUpstream` may need at most.
    func upstreamSizeBound(
        _ context: ForwardContext, _ server: borrowing UpstreamTarget, _ edits: FieldEdits?
    ) -> Int {
        // A line gains a blank behind its colon, a cookie one behind its semicolon.
        let gained = storage.table.count + (server.hiddenCookie.isEmpty ? 0 : storage.slab.count)
        return storage.slab.count + gained + target.derived.count + 2 * Int(target.authority.count)
            + context.block.count
            + 2 * context.clientAddress.count + server.authority.count + server.pathPrefix.count
            + (edits?.lines.count ?? 0) + 2 * (storage.withFirst(.xForwardedProto) { $0.count } ?? 0) + 640
    }

    func writeUpstream(
        into writer: inout ByteWriter, context: ForwardContext, server: borrowing UpstreamTarget,
        edits: FieldEdits?, body: ForwardedBody, trace: TraceFields?
    ) {
        writeRequestLine(into: &writer, pathPrefix: server.pathPrefix)
        writeHost(into: &writer, server)
        let firstField = writer.count
        writeFields(into: &writer, context, server, trace)
        if let trace { writer.append(trace) }
        writeFraming(into: &writer, body)
        if storage.table.seen.intersects(KnownFieldSet(.te, .upgrade)) { writeRenewed(into: &writer, server) }
        if connection.contains(.upgrade) { writeWebsocketFields(into: &writer) }
        if !server.hiddenCookie.isEmpty { writeCookies(into: &writer, hiding: server.hiddenCookie) }
        let isWebsocket = connection.contains(.upgrade) && storage.lists("websocket", in: .upgrade)
        if context.isTrusted && storage.table.seen.intersects(.managed) || isWebsocket {
            writeForwarded(into: &writer, context, isWebsocket: isWebsocket)
        } else {
            writeOrdinaryForwarded(into: &writer, context)
        }
        if let edits {
            if !edits.removed.isEmpty { writer.dropLines(from: firstField, where: edits.removes) }
            writer.append(edits.lines)
        }
        writer.append("\r\n")
    }

    @inline(__always)
    private func writeRequestLine(into writer: inout ByteWriter, pathPrefix: borrowing [UInt8]) {
        let bytes = storage.slab.span
        writer.append(bytes, 0..<Int(line.methodCount) &+ 1)
        var path = target.path
        if !pathPrefix.isEmpty {
            let prefixEnds = pathPrefix[pathPrefix.count - 1] == UInt8(ascii: "/")
            writer.append(pathPrefix.span, 0..<pathPrefix.count - (prefixEnds ? 1 : 0))
        }
        // A path and query that stayed as they were leave in one piece.
        if !path.isDerived, !target.query.isDerived, target.hasQuery {
            path.count = path.count &+ 1 &+ target.query.count
            write(path, into: &writer)
        } else {
            write(path, into: &writer)
            if target.hasQuery {
                writer.append(UInt8(ascii: "?"))
                write(target.query, into: &writer)
            }
        }
        writer.append(" HTTP/1.1\r\nHost: ")
    }

    @inline(__always)
    private func writeHost(into writer: inout ByteWriter, _ server: borrowing UpstreamTarget) {
        if server.passesHost, target.authority.count > 0 {
            write(target.authority, into: &writer)
        } else {
            writer.append(server.authority)
        }
        writer.append("\r\n")
    }

    /// Copies what passes; neighbouring lines that are tight leave in one piece.
    @inline(__always)
    private func writeFields(
        into writer: inout ByteWriter, _ context: ForwardContext, _ server: borrowing UpstreamTarget,
        _ trace: TraceFields?
    ) {
        let bytes = storage.slab.span
        var withheld = KnownFieldSet.hopByHop
        withheld.bits |= KnownFieldSet.essential.bits | KnownFieldSet.managed.bits
        withheld.insert(.userAgent)
        if !server.hiddenCookie.isEmpty { withheld.insert(.cookie) }
        if connection.contains(.upgrade) {
            withheld.bits |= KnownFieldSet.range(.secWebsocketKey, .secWebsocketVersion).bits
        }
        let needsLook = connection.contains(.names)
        let traces = trace?.replaced ?? KnownFieldSet(bits: 0)
        var run = 0..<0
        for index in storage.table.indices {
            let field = storage.table[index]
            if traces.contains(field.known) { continue }
            if withheld.contains(field.known) || needsLook || !field.traits.isSubset(of: .tight) {
                guard passes(field, bytes, context, server) else { continue }
            }
            guard field.traits.contains(.tight) else {
                writeLine(field, bytes, into: &writer)
                continue
            }
            if run.upperBound == Int(field.nameStart) {
                run = run.lowerBound..<field.lineEnd
            } else {
                writer.append(bytes, run)
                run = Int(field.nameStart)..<field.lineEnd
            }
        }
        writer.append(bytes, run)
    }

    private func writeLine(_ field: Field, _ bytes: Span<UInt8>, into writer: inout ByteWriter) {
        writer.append(bytes, field.nameRange)
        writer.append(": ")
        writer.append(bytes, field.valueRange)
        writer.append("\r\n")
    }

    @inline(__always)
    func write(_ place: Place, into writer: inout ByteWriter) {
        let range = Int(place.start)..<Int(place.start) &+ Int(place.count)
        if place.isDerived {
            writer.append(target.derived.span, range)
        } else {
            writer.append(storage.slab.span, range)
        }
    }
}
