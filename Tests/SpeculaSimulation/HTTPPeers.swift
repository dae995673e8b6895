package import SpeculaIO

/// Servers and clients that speak just enough HTTP/1.1 to be healthy, slow, rude or broken on purpose.
package enum HTTPPeer {
    /// How long the message at the front is: head, and body by Content-Length or chunks; nil when it is not whole yet.
    package static func messageLength(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let headEnd = find(Array("\r\n\r\n".utf8), in: bytes, from: bytes.startIndex) else { return nil }
        let head = String(decoding: bytes[..<headEnd], as: UTF8.self).lowercased()
        let headLength = headEnd + 4 - bytes.startIndex
        if head.contains("transfer-encoding: chunked") {
            return chunkedLength(bytes, from: headEnd + 4).map { $0 - bytes.startIndex }
        }
        for line in head.split(separator: "\r\n") where line.hasPrefix("content-length:") {
            let digits = line.dropFirst(15).filter { $0 != " " }
            guard let count = Int(digits) else { return headLength }
            return bytes.count >= headLength + count ? headLength + count : nil
        }
        return headLength
    }

    /// Where the last chunk and its trailers end.
    private static func chunkedLength(_ bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
        var position = start
        while let lineEnd = find([13, 10], in: bytes, from: position) {
            let line = String(decoding: bytes[position..<lineEnd], as: UTF8.self)
            let digits = line.prefix { $0 != ";" }
            guard let size = Int(digits, radix: 16) else { return bytes.endIndex }
            position = lineEnd + 2
            if size == 0 {
                while let end = find([13, 10], in: bytes, from: position) {
                    if end == position { return end + 2 }
                    position = end + 2
                }
                return nil
            }
            position += size + 2
            if position > bytes.endIndex { return nil }
        }
        return nil
    }

    private static func find(_ mark: [UInt8], in bytes: ArraySlice<UInt8>, from start: Int) -> Int? {
        var index = start
        while index + mark.count <= bytes.endIndex {
            if bytes[index] == mark[0], bytes[index..<(index + mark.count)].elementsEqual(mark) { return index }
            index += 1
        }
        return nil
    }

    package static func response(
        status: String = "200 OK", fields: [String] = [], body: String = ""
    ) -> [UInt8] {
        let lines = ["HTTP/1.1 \(status)"] + fields + ["Content-Length: \(body.utf8.count)", "", body]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    package static func request(
        _ line: String, host: String = "example.com", fields: [String] = [], body: [UInt8]? = nil
    ) -> [UInt8] {
        var lines = ["\(line) HTTP/1.1", "Host: \(host)"] + fields
        if let body { lines.append("Content-Length: \(body.count)") }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + (body ?? [])
    }
}

/// What a scripted HTTP server does on each of its connections.
package enum HTTPServerKind: Sendable {
    /// Answers each whole request.
    case healthy(response: [UInt8])
    /// Answers each whole request after a delay.
    case slow(response: [UInt8], delay: Duration)
    /// Takes the connection and never reads.
    case neverReads
    /// Reads everything and never answers.
    case silent
    /// Resets once it has sent so many bytes of its answer (0: before the first).
    case resetsAfter(Int, of: [UInt8])
    /// Finishes once it has sent so many bytes of its answer.
    case finishesAfter(Int, of: [UInt8])
    /// Answers as soon as the head is there and never reads the body.
    case early(response: [UInt8])
    /// Answers as soon as the connection is there, then resets.
    case answersUnasked([UInt8])
    /// Sends bytes that are no HTTP.
    case garbage([UInt8])
    /// Sends `100 Continue` and the like, so many of them, and then the answer.
    case interimStorm(count: Int, response: [UInt8])
    /// Sends a head and a body without end.
    case endless(head: [UInt8], piece: [UInt8], every: Duration)
    /// Sends its answer byte by byte.
    case trickle(response: [UInt8], every: Duration)
    /// Answers each request and closes the connection.
    case closesAfterEach(response: [UInt8])
    /// Resets the connection as soon as it is there.
    case resetsAtOnce

    /// The script for a connection.
    package var script: [PeerStep] {
        let wholeRequest = PeerStep.receiveMessage(length: HTTPPeer.messageLength)
        switch self {
        case .healthy(let response): return [.forever([wholeRequest, .note("request"), .send(response)])]
        case .slow(let response, let delay): return [.forever([wholeRequest, .wait(delay), .send(response)])]
        case .neverReads: return [.stopReading]
        case .silent: return []
        case .resetsAfter(let count, let response):
            return [wholeRequest, .send(Array(response.prefix(count))), .wait(.milliseconds(20)), .reset]
        case .finishesAfter(let count, let response):
            return [wholeRequest, .send(Array(response.prefix(count))), .close]
        case .early(let response): return [.receive(until: "\r\n\r\n"), .stopReading, .send(response)]
        case .answersUnasked(let response): return [.send(response), .wait(.milliseconds(5)), .reset]
        case .garbage(let bytes): return [.receive(until: "\r\n\r\n"), .send(bytes)]
        case .interimStorm(let count, let response):
            let interim = Array(String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: count).utf8)
            return [.forever([wholeRequest, .send(interim), .send(response)])]
        case .endless(let head, let piece, let delay):
            return [wholeRequest, .send(head), .forever([.send(piece), .wait(delay)])]
        case .trickle(let response, let delay):
            return [.forever([wholeRequest, .sendSlowly(response, pieceBytes: 1, every: delay)])]
        case .closesAfterEach(let response): return [wholeRequest, .send(response), .close]
        case .resetsAtOnce: return [.reset]
        }
    }
}

extension SimulatedWorld {
    /// An HTTP server of a kind, the same on every connection.
    @discardableResult
    package func serve(
        _ kind: HTTPServerKind, at address: SocketAddress, profile: LinkProfile? = nil
    ) -> SimulatedServer {
        serve(at: address, profile: profile) { _ in kind.script }
    }
}
