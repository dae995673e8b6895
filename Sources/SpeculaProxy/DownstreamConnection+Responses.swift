internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaMirroring
internal import SpeculaUpstream

/// What the exchange orders: responses into bytes, and the client's side of the request paused and resumed.
extension DownstreamConnection {
    /// The client's side of the request stops being read until `resumeRequest`.
    func pauseRequest() { connection?.pauseReading() }

    func resumeRequest() { connection?.resumeReading() }

    func expectChunks(_ wants: Bool) { connection?.receivesIntoChunks = wants }

    var unsentBytes: Int { connection?.unsentBytes ?? 0 }

    var isCongested: Bool { connection?.isCongested(above: Self.highWater) ?? false }

    func sendContinue() {
        connection?.compose(upTo: 32) { memory in
            var writer = ByteWriter(memory)
            writer.append("HTTP/1.1 100 Continue\r\n\r\n")
            return writer.count
        }
    }

    /// Passes a 1xx head on.
    func send(informational head: ResponseHead, of request: RequestHead) {
        guard let connection else { return }
        connection.compose(upTo: head.downstreamSizeBound(extra: 0)) { memory in
            var writer = ByteWriter(memory)
            head.writeDownstream(
                into: &writer, answering: request.method, version: request.version, keepAlive: true, dateLine: Span())
            return writer.count
        }
    }

    /// Writes the head of the response.
    func send(_ head: ResponseHead, of request: RequestHead, cookies: [String]) {
        guard let connection else { return }
        hasRespondedHead = true
        // By pattern: `==` of another room's enumeration goes through its witness table.
        switch head.downstreamFraming(for: request.version) {
        case .none, .length:
            responseChunked = false
            responseUntilClose = false
        case .chunked:
            responseChunked = true
            responseUntilClose = false
        case .untilClose:
            responseChunked = false
            responseUntilClose = true
            keepsAlive = false
        }
        settleWhetherItGoesOn()
        // A client that still waits for its 100 will not send the body that would have to be read first.
        if phase == .body, request.expectsContinue { keepsAlive = false }
        let keepsAlive = keepsAlive
        let extra = cookies.isEmpty ? [] : Array(cookies.map { "Set-Cookie: \($0)\r\n" }.joined().utf8)
        worker.withDateLine { date in
            connection.compose(upTo: head.downstreamSizeBound(extra: extra.count + date.count)) { memory in
                var writer = ByteWriter(memory)
                head.writeDownstream(
                    into: &writer, answering: request.method, version: request.version, keepAlive: keepsAlive,
                    dateLine: date, extraLines: extra.span)
                return writer.count
            }
        }
    }

    /// - Returns: Whether the client takes less than there is for it.
    func send(body bytes: Span<UInt8>) -> Bool {
        guard let connection, sendsBody else { return false }
        if responseChunked {
            connection.composeChunkHead(bytes.count)
            connection.write(bytes)
            connection.composeChunkEnd()
        } else {
            connection.write(bytes)
        }
        return connection.isCongested(above: Self.highWater)
    }

    /// The response is whole.
    func sendEnd(trailers: TrailerBlock?) {
        if responseChunked, sendsBody, let connection {
            if let trailers {
                connection.compose(upTo: trailers.sizeBound + ByteWriter.chunkOverhead) { memory in
                    var writer = ByteWriter(memory)
                    writer.appendLastChunk(trailers)
                    return writer.count
                }
            } else {
                connection.composeLastChunk()
            }
        }
        responseEnded()
    }

    /// Writes a whole response of Specula's own.
    func send(_ response: SyntheticResponse, of request: RequestHead) {
        guard let connection else { return }
        hasRespondedHead = true
        settleWhetherItGoesOn()
        let keepsAlive = keepsAlive
        worker.withDateLine { date in
            connection.compose(upTo: SyntheticResponse.sizeBound) { memory in
                var writer = ByteWriter(memory)
                response.write(
                    into: &writer, answering: request.method, version: request.version, keepAlive: keepsAlive,
                    dateLine: date)
                return writer.count
            }
        }
        responseEnded()
    }

    /// Writes what a local service answered.
    func send(_ response: LocalResponse, of request: RequestHead) {
        guard let connection else { return }
        hasRespondedHead = true
        settleWhetherItGoesOn()
        connection.write(localHead(response, of: request).span)
        if sendsBody {
            connection.write(response.body.span)
            for block in response.blocks { connection.write(block) }
        }
        responseEnded()
    }

    /// Settles what a head is about to say.
    ///
    /// Behind an early answer only so much of the body is read. Where more is left the connection will be closed, and a
    /// client that was not told would send its next request into that.
    private func settleWhetherItGoesOn() {
        let isTooMuchLeft = phase == .body && decoder.announcedRest > UInt64(Self.discardLimit)
        if entryPoint.isDraining || isTooMuchLeft { keepsAlive = false }
    }

    func localHead(_ response: LocalResponse, of request: RequestHead) -> [UInt8] {
        let version = request.version == .http11 ? "HTTP/1.1" : "HTTP/1.0"
        let status = UInt16(clamping: response.status)
        var text = "\(version) \(status) \(StatusText.reason(status))\r\n"
        for field in response.fields { text += "\(field.name): \(field.value)\r\n" }
        if status >= 200, status != 204, status != 304 { text += "Content-Length: \(response.length)\r\n" }
        if !keepsAlive, request.version == .http11 { text += "Connection: close\r\n" }
        if keepsAlive, request.version == .http10 { text += "Connection: keep-alive\r\n" }
        var bytes = Array(text.utf8)
        worker.withDateLine { date in for index in date.indices { bytes.append(date[index]) } }
        bytes += [0x0d, 0x0a]
        return bytes
    }

    /// The response broke off after its head: the client must see that it is not whole.
    func cutResponse() {
        exchange = nil
        stopFeeding()
        phase = .closing
        guard let connection else { return }
        if responseUntilClose { connection.reset() } else { connection.closeAfterFlush(lingering: Self.lingering) }
    }

    /// From here on bytes pass as they are, both ways.
    func becomeTunnel() {
        phase = .tunnel
        keepsAlive = false
        setDeadline(.none)
        // What came behind the request was left lying until now.
        if !isReceiving { connection?.resumeReading() }
    }

    /// - Returns: Whether the client takes less than there is for it.
    func sendTunnel(_ bytes: Span<UInt8>) -> Bool {
        guard let connection else { return false }
        connection.write(bytes)
        return connection.isCongested(above: Self.highWater)
    }

    func finishTunnel() {
        exchange = nil
        phase = .closing
        connection?.closeAfterFlush(lingering: Self.lingering)
    }

    /// Whether what is left of a request's body is read although its response is whole.
    var goesOnReading: Bool { phase == .body && keepsAlive }

    /// The copies of the request that was answered early get the rest of its body, as far as it is read.
    func keepFeeding(_ copies: CopySet) { fed = copies }

    /// What is left of the body will not be read.
    func stopFeeding() {
        let fed = self.fed
        self.fed = nil
        fed?.requestBroken()
    }

    func responseEnded() {
        exchange = nil
        switch phase {
        case .responding where keepsAlive:
            becomeIdle()
            if !isReceiving { connection?.resumeReading() }
        case .body where keepsAlive:
            discarded = 0
            phase = .discarding
            connection?.receivesIntoChunks = false
            if decoder.isEnded { discardingEnded() }
            if !isReceiving { connection?.resumeReading() }
        case .head, .body, .responding, .discarding, .tunnel, .closing:
            close(lingering: phase == .body)
        }
    }
}
