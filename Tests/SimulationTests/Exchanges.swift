import SpeculaSimulation

/// What a simulated client asks for, and how the primary answers: the target says it, so that both know without a word.
struct Ask: Sendable {
    /// How the primary answers.
    enum Answer: String, CaseIterable, Sendable {
        /// With a length; in chunks and a trailer; until it closes.
        case length, chunked, untilClose
        case noContent, notModified
        /// After a while; piece by piece; after informational heads.
        case slow, drip, hints
        /// Half an answer, then a reset or a FIN.
        case resetHalfWay, endsHalfWay
        /// Nothing but a FIN; bytes that are no HTTP.
        case drops, garbage
        /// Before the body was read, which is read all the same; and never is.
        case early, refuses
        /// With `Connection: close`.
        case farewell
        /// Asks for the body first, where the client waits for that.
        case welcomes
        /// Never.
        case mute
    }

    enum Body: Sendable, Equatable {
        case none
        case length(Int)
        /// In chunks of so many bytes.
        case chunked(Int, piece: Int)

        var count: Int {
            switch self {
            case .none: 0
            case .length(let count), .chunked(let count, _): count
            }
        }
    }

    var id: Int
    var method = "GET"
    var answer = Answer.length
    var size = 100
    var body = Body.none
    var expects = false
    var host = "example.com"
    var prefix = ""
    var fields: [String] = []

    var head: [UInt8] {
        var lines = ["\(method) \(prefix)/\(id)/\(answer.rawValue)/\(size) HTTP/1.1", "Host: \(host)"] + fields
        switch body {
        case .none: break
        case .length(let count): lines.append("Content-Length: \(count)")
        case .chunked: lines.append("Transfer-Encoding: chunked")
        }
        if expects { lines.append("Expect: 100-continue") }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
    }

    /// The body as it goes over the wire.
    var framedBody: [UInt8] {
        switch body {
        case .none: return []
        case .length(let count): return Bytes.pattern(id, count)
        case .chunked(let count, let piece):
            return Bytes.chunked(Bytes.pattern(id, count), piece: piece)
        }
    }

    var bytes: [UInt8] { head + framedBody }

    /// Reads a head back; nil when it is none of these.
    init?(head bytes: ArraySlice<UInt8>) {
        let line = String(decoding: bytes.prefix { $0 != 13 }, as: UTF8.self)
        let words = line.split(separator: " ")
        guard words.count == 3 else { return nil }
        let parts = words[1].split(separator: "/")
        guard parts.count >= 3, let id = Int(parts[parts.count - 3]), let size = Int(parts[parts.count - 1]),
            let answer = Answer(rawValue: String(parts[parts.count - 2]))
        else { return nil }
        self.init(id: id, method: String(words[0]), answer: answer, size: size)
    }

    init(
        id: Int, method: String = "GET", answer: Answer = .length, size: Int = 100, body: Body = .none,
        expects: Bool = false
    ) {
        self.id = id
        self.method = method
        self.answer = answer
        self.size = size
        self.body = body
        self.expects = expects
    }
}

/// Bytes that tell which request they belong to and where they stand.
enum Bytes {
    private static let table: [UInt8] = (0..<(1 << 16)).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 >> 8) }

    static func pattern(_ id: Int, _ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var start = (id * 1_009) & 0xffff
        while bytes.count < count {
            let take = min(count - bytes.count, table.count - start)
            bytes += table[start..<(start + take)]
            start = 0
        }
        return bytes
    }

    static func chunked(_ bytes: [UInt8], piece: Int, trailer: String = "") -> [UInt8] {
        var framed: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(max(piece, 1))
            rest = rest.dropFirst(part.count)
            framed += Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [13, 10]
        }
        return framed + Array("0\r\n\(trailer)\r\n".utf8)
    }

    /// The bytes of a whole chunked body.
    static func unchunked(_ framed: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = framed
        while let end = rest.firstIndex(of: 13) {
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16) ?? 0
            if size == 0 { break }
            rest = rest.dropFirst(end + 2 - rest.startIndex)
            bytes += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return bytes
    }

    /// Where the head ends, its blank line included.
    static func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while let found = bytes[index...].firstIndex(of: 13), found + 4 <= bytes.endIndex {
            if bytes[found + 1] == 10, bytes[found + 2] == 13, bytes[found + 3] == 10 { return found + 4 }
            index = found + 1
        }
        return nil
    }

    /// How long the response at the front is, informational heads included; nil while it is not whole, or ends with its connection.
    static func responseLength(_ bytes: ArraySlice<UInt8>, toHead: Bool) -> Int? {
        var rest = bytes
        while let end = headEnd(rest) {
            let head = String(decoding: rest[..<end], as: UTF8.self).lowercased()
            let status = Int(head.dropFirst(9).prefix(3)) ?? 0
            if (100..<200).contains(status) {
                rest = rest[end...]
                continue
            }
            if toHead || status == 204 || status == 304 { return end - bytes.startIndex }
            guard head.contains("content-length:") || head.contains("transfer-encoding:") else { return nil }
            return HTTPPeer.messageLength(rest).map { $0 + rest.startIndex - bytes.startIndex }
        }
        return nil
    }
}
