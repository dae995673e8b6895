extension ResponseHead {
    /// How the body goes to a client of `version`: as it came where its length is known or it has none, else in chunks, or until
    /// the connection closes for HTTP/1.0.
    package func downstreamFraming(for version: Version) -> BodyFraming {
        unsafe parsed.downstreamFraming(for: version)
    }

    /// How many bytes `writeDownstream` writes at most, given the lines of the caller.
    package func downstreamSizeBound(extra: Int) -> Int {
        // A line gains a blank behind its colon and a CR before its LF.
        unsafe parsed.storage.slab.count + 2 * parsed.storage.table.count + extra + 256
    }

    /// Writes the response's head for the client: fields of this hop out, framing and persistence anew.
    ///
    /// - Parameters:
    ///   - writer: Where to.
    ///   - method: The request's; `HEAD` keeps its `Content-Length` and has no body.
    ///   - version: The client's.
    ///   - keepAlive: Whether the client's connection goes on. It must be false where `downstreamFraming` is `.untilClose`.
    ///   - dateLine: `Date: … CRLF`, written where the server sent none.
    ///   - extraLines: Whole lines to add, such as a sticky session's `Set-Cookie`.
    package func writeDownstream(
        into writer: inout ByteWriter, answering method: Method, version: Version, keepAlive: Bool,
        dateLine: Span<UInt8>, extraLines: Span<UInt8> = Span()
    ) {
        unsafe parsed.writeDownstream(
            into: &writer, method: method, version: version, keepAlive: keepAlive, dateLine: dateLine,
            extraLines: extraLines)
    }
}

extension ParsedResponse {
    func downstreamFraming(for version: Version) -> BodyFraming {
        switch framing {
        case .none, .length: framing
        case .chunked, .untilClose: version == .http11 ? .chunked : .untilClose
        }
    }

    func writeDownstream(
        into writer: inout ByteWriter, method: Method, version: Version, keepAlive: Bool, dateLine: Span<UInt8>,
        extraLines: Span<UInt8>
    ) {
        writeStatusLine(into: &writer, version: version)
        writeFields(into: &writer)
        if storage.table.seen.contains(.contentLength) { writeLength(into: &writer, method: method) }
        if line.status == 101 {
            writer.append("Connection: Upgrade\r\nUpgrade: ")
            storage.withFirst(.upgrade) { writer.append($0) }
            writer.append("\r\n")
        } else if line.status >= 200 {
            if downstreamFraming(for: version) == .chunked { writer.append("Transfer-Encoding: chunked\r\n") }
            if !storage.table.seen.contains(.date) { writer.append(dateLine) }
            if !keepAlive, version == .http11 { writer.append("Connection: close\r\n") }
            if keepAlive, version == .http10 { writer.append("Connection: keep-alive\r\n") }
        }
        writer.append(extraLines)
        writer.append("\r\n")
    }

    @inline(__always)
    private func writeStatusLine(into writer: inout ByteWriter, version: Version) {
        writer.append(version == .http11 ? "HTTP/1.1 " : "HTTP/1.0 ")
        let reasonEnd = Int(line.reasonStart) &+ Int(line.reasonCount)
        if line.reasonCount > 0 {
            // Status, blank and reason stand together.
            writer.append(storage.slab.span, 9..<reasonEnd)
        } else {
            writer.append(storage.slab.span, 9..<12)
            writer.append(UInt8(ascii: " "))
            writer.append(StatusText.reason(line.status))
        }
        writer.append("\r\n")
    }

    /// Copies what passes; neighbouring lines that are tight leave in one piece.
    @inline(__always)
    private func writeFields(into writer: inout ByteWriter) {
        let bytes = storage.slab.span
        var withheld = KnownFieldSet.hopByHop
        withheld.insert(.contentLength)
        if framing == .chunked || line.status >= 200 && framing == .none {
            withheld.bits &= ~KnownFieldSet(.trailer).bits
        }
        if line.status == 304 { withheld.insert(.contentType) }
        let hasNames = connection.contains(.names)
        var run = 0..<0
        for index in storage.table.indices {
            let field = storage.table[index]
            if withheld.contains(field.known) || field.traits.contains(.dropped) { continue }
            if hasNames, storage.connectionLists(field.nameRange) { continue }
            guard field.traits.contains(.tight) else {
                writer.append(bytes, field.nameRange)
                writer.append(": ")
                writer.append(bytes, field.valueRange)
                writer.append("\r\n")
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

    /// Writes the length once, where there is one to speak of: not with 1xx, 204 and 304 (as Go's server), nor beside chunks.
    @inline(__always)
    private func writeLength(into writer: inout ByteWriter, method: Method) {
        if line.status < 200 || line.status == 204 || line.status == 304 { return }
        var length: UInt64?
        if case .length(let count) = framing {
            length = count
        } else if method == .head, !storage.table.seen.contains(.transferEncoding),
            let index = storage.table.first(.contentLength)
        {
            length = storage.length(of: storage.table[index])
        }
        guard let length else { return }
        writer.append("Content-Length: ")
        writer.append(decimal: length)
        writer.append("\r\n")
    }
}
