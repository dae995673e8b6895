internal import Foundation
internal import Synchronization

/// A server that writes down what arrives and answers as `?do=` says (`UpstreamAnswer`), one thread a connection.
package final class Upstream: Sendable {
    package let port: UInt16
    private let listener: Socket
    private let seen = Mutex<[SeenRequest]>([])
    private let heads = Mutex(0)
    private let open = Mutex<[ObjectIdentifier: Socket]>([:])
    /// The name to answer with; the rules' server has one for each of its addresses.
    private let name: @Sendable (Socket) -> String

    package init?(name: String) {
        guard let listener = Socket.listen() else { return nil }
        (self.listener, port, self.name) = (listener, listener.local.port, { _ in name })
        start()
    }

    /// Listens on every address; 127.0.1.N answers as sN.
    package init?() {
        guard let listener = Socket.listen(on: "0.0.0.0") else { return nil }
        (self.listener, port) = (listener, listener.local.port)
        name = { "s\($0.local.host & 255)" }
        start()
    }

    /// What has arrived since the last time.
    package func take() -> [SeenRequest] {
        seen.withLock { seen in
            defer { seen = [] }
            return seen
        }
    }

    /// How many requests have begun to arrive.
    package var arrivals: Int { heads.withLock { $0 } }

    package var count: Int { seen.withLock { $0.count } }

    /// Ends the listening and every connection.
    package func stop() {
        listener.stop()
        open.withLock { for socket in $0.values { socket.stop() } }
    }

    private func start() {
        Thread.detachNewThread { [self] in
            while let socket = listener.accept() {
                open.withLock { $0[ObjectIdentifier(socket)] = socket }
                Thread.detachNewThread { [self] in
                    serve(socket)
                    _ = open.withLock { $0.removeValue(forKey: ObjectIdentifier(socket)) }
                }
            }
        }
    }

    private func serve(_ socket: Socket) {
        var reader = ByteReader(socket)
        let name = name(socket)
        while let head = reader.head() {
            heads.withLock { $0 += 1 }
            var request = SeenRequest(head: head)
            let answer = UpstreamAnswer(request, from: name)
            if answer.behaviour == "early" {
                seen.withLock { $0.append(request) }
                answer.write(to: socket, reader: &reader)
                return
            }
            if !request.value("expect").isEmpty { socket.send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
            guard readBody(of: &request, from: &reader) else { return }
            seen.withLock { $0.append(request) }
            guard answer.write(to: socket, reader: &reader) else { return }
            if request.value("connection").contains("close") || request.line.hasSuffix("1.0") { return }
        }
    }

    private func readBody(of request: inout SeenRequest, from reader: inout ByteReader) -> Bool {
        if request.value("transfer-encoding").lowercased().contains("chunked") {
            while let line = reader.line() {
                let digits = RequestText.text(line).prefix { $0.isHexDigit }
                guard let count = Int(digits, radix: 16) else { return false }
                if count == 0 { return readTrailers(of: &request, from: &reader) }
                guard let chunk = reader.exactly(count + 2) else { return false }
                request.body += chunk.dropLast(2)
            }
            return false
        }
        guard let count = Int(request.value("content-length")) else { return true }
        guard let body = reader.exactly(count) else { return false }
        request.body = body
        return true
    }

    private func readTrailers(of request: inout SeenRequest, from reader: inout ByteReader) -> Bool {
        while let line = reader.line() {
            if line == [13, 10] || line == [10] { return true }
            if let field = SeenRequest.Field(Substring(RequestText.text(line))) { request.trailers.append(field) }
        }
        return false
    }
}
