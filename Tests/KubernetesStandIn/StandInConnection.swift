internal import SpeculaConfiguration
internal import SpeculaIO

/// One client's connection: requests in turn, or a watch that goes on.
final class StandInConnection: ConnectionHandler, TimerTarget {
    struct Watch {
        let kind: StandInKind
        let namespace: String?
        let selector: String
        var version: Int
        let wantsBookmarks: Bool
    }

    private let connection: Connection
    private unowned let server: StandInServer
    private var received: [UInt8] = []
    private var waiting: [StandInRequest] = []
    private(set) var watch: Watch?
    private var end: TimerID = .none

    init(_ connection: Connection, server: StandInServer) {
        self.connection = connection
        self.server = server
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        for index in bytes.indices { received.append(bytes[index]) }
        while let request = StandInRequest.take(from: &received) { waiting.append(request) }
        answerAll()
        return bytes.count
    }

    /// Answers what waits, unless nothing is to be answered.
    func answerAll() {
        while !waiting.isEmpty, !server.faults.isMute, watch == nil, !connection.isClosed {
            server.requests += 1
            let request = waiting.removeFirst()
            server.lastAuthorization = request.fields["authorization"] ?? ""
            answer(request)
        }
    }

    func clientHello(on connection: Connection) -> TLSServerContext? { server.secure }

    func peerFinished(_ connection: Connection) { connection.close() }

    func closed(_ connection: Connection, reason: CloseReason) {
        server.loop.cancel(end)
        server.forget(self)
    }

    func drop(byReset: Bool) {
        if byReset { connection.reset() } else { connection.close() }
    }

    // MARK: Answering

    private func answer(_ request: StandInRequest) {
        if let tokens = server.faults.tokens,
            !tokens.contains(where: { request.fields["authorization"] == "Bearer \($0)" })
        {
            return refuse(401, "Unauthorized", "Unauthorized")
        }
        if let document = StandInDiscovery.document(request.path) { return reply(200, document) }
        guard let target = StandInTarget(request.path) else { return refuse(404, "NotFound", "no such path") }
        let kind = target.kind
        server.note(kind)
        if server.faults.unanswered.contains(kind.plural) {
            server.unanswered += 1
            return
        }
        if server.faults.missing.contains(kind.plural) {
            return refuse(404, "NotFound", "the server could not find the requested resource")
        }
        if server.faults.forbidden.contains(kind.plural) {
            return refuse(
                403, "Forbidden", "\(kind.plural).\(kind.group) is forbidden: User \"specula\" cannot list it")
        }
        if request.method != "GET", server.faults.readOnly.contains(kind.plural) {
            server.refusedWrites[kind.plural, default: 0] += 1
            return refuse(
                403, "Forbidden", "\(kind.plural).\(kind.group) is forbidden: User \"specula\" cannot patch it")
        }
        if request.method != "GET", server.faults.brokenWrites.contains(kind.plural) {
            return refuse(500, "InternalError", "broken")
        }
        if var planned = server.faults.statuses[kind.plural], !planned.isEmpty {
            let status = planned.removeFirst()
            server.faults.statuses[kind.plural] = planned
            return refuse(status, "Planned", "planned")
        }
        switch request.method {
        case "GET": get(request, target)
        case "POST", "PUT", "PATCH", "DELETE": change(request, target)
        default: refuse(405, "MethodNotAllowed", "no such method")
        }
    }

    private func get(_ request: StandInRequest, _ target: StandInTarget) {
        if !target.name.isEmpty {
            let found = server.store.objects[target.key]
            return found.map { reply(200, $0) } ?? refuse(404, "NotFound", "\(target.name) not found")
        }
        let selector = request.query["labelSelector"] ?? ""
        if ["1", "true"].contains(request.query["watch"]) { return begin(request, target, selector) }
        var items = server.store.list(target.kind, target.namespace, selector)
        var version = server.store.version
        var metadata: [JSONValue.Member] = []
        var start = 0
        if let token = request.query["continue"] {
            let parts = token.split(separator: "-").compactMap { Int($0) }
            guard parts.count == 2, parts[0] >= server.store.oldest else {
                return refuse(410, "Expired", "the continue token is too old")
            }
            (version, start) = (parts[0], parts[1])
        }
        let limit = Int(request.query["limit"] ?? "") ?? 0
        if limit > 0, request.query["resourceVersion"] != "0", items.count > start + limit {
            metadata.append(.init("continue", .string("\(version)-\(start + limit)")))
            items = Array(items[start..<(start + limit)])
        } else {
            items = Array(items.dropFirst(start))
        }
        metadata.append(.init("resourceVersion", .string(String(version))))
        // Items of the server's own kinds do not say what they are.
        if target.kind.group.isEmpty || target.kind.group.hasSuffix("k8s.io") && !target.kind.group.hasPrefix("gateway")
        {
            items = items.map { item in
                guard case .object(let members) = item else { return item }
                return .object(members.filter { $0.name != "kind" && $0.name != "apiVersion" })
            }
        }
        reply(
            200,
            [
                "kind": .string("\(target.kind.kind)List"), "apiVersion": .string(target.kind.apiVersion),
                "metadata": .object(metadata), "items": .array(items),
            ])
    }

    private func change(_ request: StandInRequest, _ target: StandInTarget) {
        let body = (try? JSONParser.parse(request.body)) ?? .object([])
        switch request.method {
        case "DELETE":
            guard let gone = server.store.remove(target.key) else { return refuse(404, "NotFound", "not found") }
            reply(200, gone)
        case "PATCH":
            guard let before = server.store.objects[target.key], let after = server.store.put(before.merged(with: body))
            else { return refuse(404, "NotFound", "not found") }
            reply(200, after)
        default:
            var object = body
            if let namespace = target.namespace, let metadata = object["metadata"] {
                object = object.setting("metadata", metadata.setting("namespace", .string(namespace)))
            }
            guard let stored = server.store.put(object) else { return refuse(422, "Invalid", "no such kind") }
            reply(request.method == "POST" ? 201 : 200, stored)
        }
        server.publish()
    }

    private func refuse(_ status: Int, _ reason: String, _ message: String) {
        reply(
            status,
            [
                "kind": "Status", "apiVersion": "v1", "metadata": .object([]), "status": "Failure",
                "message": .string(message), "reason": .string(reason), "code": .integer(Int64(status)),
            ])
    }

    private func reply(_ status: Int, _ body: JSONValue) {
        let bytes = body.text
        var head = "HTTP/1.1 \(status) X\r\nContent-Type: application/json\r\n"
        if status == 429 || status == 503, let wait = server.faults.retryAfter { head += "Retry-After: \(wait)\r\n" }
        if server.faults.chunkBytes > 0 {
            write(Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8))
            writeChunks(bytes)
            write(Array("0\r\n\r\n".utf8))
        } else {
            write(Array((head + "Content-Length: \(bytes.count)\r\n\r\n").utf8) + bytes)
        }
    }

    // MARK: Watching

    private func begin(_ request: StandInRequest, _ target: StandInTarget, _ selector: String) {
        let asked = request.query["resourceVersion"] ?? ""
        let version = Int(asked).flatMap { $0 == 0 ? nil : $0 } ?? server.store.version
        var isOld = version < server.store.oldest
        if server.faults.expirations > 0 {
            server.faults.expirations -= 1
            isOld = true
        }
        // A server may say it either way.
        if isOld, server.chance(2) == 0 { return refuse(410, "Expired", "too old resource version: \(version)") }
        write(Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".utf8))
        watch = Watch(
            kind: target.kind, namespace: target.namespace, selector: selector, version: version,
            wantsBookmarks: request.query["allowWatchBookmarks"] == "true")
        if isOld {
            return expire()
        }
        if let seconds = request.query["timeoutSeconds"].flatMap({ Int($0) }) {
            end = server.loop.schedule(after: .seconds(seconds), for: self, tag: 0)
        }
        publish()
    }

    func timerFired(_ id: TimerID, tag: Int) {
        end = .none
        endWatch(truncated: false)
    }

    /// Tells the watch that its version is forgotten, and ends it.
    private func expire() {
        send(
            "ERROR",
            [
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Expired", "code": 410,
                "message": "too old resource version",
            ])
        endWatch(truncated: false)
    }

    /// Sends what happened since; who fell behind what is remembered is told so.
    func publish() {
        guard var watch, !server.faults.isMute else { return }
        guard watch.version >= server.store.oldest else { return expire() }
        for event in server.store.history where event.version > watch.version {
            watch.version = event.version
            guard event.key.kind == watch.kind, watch.namespace == nil || watch.namespace == event.key.namespace,
                StandInStore.matches(event.object, watch.selector)
            else { continue }
            send(event.type, event.object)
        }
        self.watch = watch
    }

    func bookmark() {
        publish()
        guard let watch, watch.wantsBookmarks, !server.faults.isMute else { return }
        send(
            "BOOKMARK",
            [
                "kind": .string(watch.kind.kind), "apiVersion": .string(watch.kind.apiVersion),
                "metadata": ["resourceVersion": .string(String(server.store.version))],
            ])
    }

    /// Ends a watch in good order, or in the middle of a chunk.
    func endWatch(truncated: Bool) {
        server.loop.cancel(end)
        end = .none
        watch = nil
        if truncated {
            write(Array("40\r\n{\"type\":\"ADDED\",\"obj".utf8))
            connection.closeAfterFlush(lingering: .seconds(1))
        } else {
            write(Array("0\r\n\r\n".utf8))
            answerAll()
        }
    }

    private func send(_ type: String, _ object: JSONValue) {
        writeChunks((["type": .string(type), "object": object] as JSONValue).text + [UInt8(ascii: "\n")])
    }

    /// One chunk, or many, cut anywhere.
    private func writeChunks(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let most = server.faults.chunkBytes
            let count = most > 0 ? min(1 + server.chance(most), bytes.count - start) : bytes.count
            write(Array("\(String(count, radix: 16))\r\n".utf8) + bytes[start..<(start + count)] + Array("\r\n".utf8))
            start += count
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard !connection.isClosed else { return }
        connection.write(bytes.span)
    }
}
