internal import Foundation

/// What a server answers: 200 with `this is NAME`, or as the query's `do=BEHAVIOUR:ARGUMENT` says.
struct UpstreamAnswer {
    let behaviour, argument: String
    private let name: String
    private let isHead: Bool
    private let upgrade: String

    init(_ request: SeenRequest, from name: String) {
        var (behaviour, argument) = ("", "")
        if let start = request.line.range(of: "?do=") ?? request.line.range(of: "&do=") {
            let rest = request.line[start.upperBound...].prefix { $0 != " " && $0 != "&" }
            let words = rest.split(separator: ":", maxSplits: 1)
            behaviour = words.first.map(String.init) ?? ""
            argument =
                words.count > 1 ? String(words[1].prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "_" }) : ""
        }
        (self.behaviour, self.argument, self.name) = (behaviour, argument, name)
        isHead = request.line.hasPrefix("HEAD ")
        upgrade = request.value("upgrade")
    }

    /// Writes the answer.
    /// - Returns: Whether the connection stays open.
    @discardableResult
    func write(to socket: Socket, reader: inout ByteReader) -> Bool {
        let count = Int(argument) ?? 0
        switch behaviour {
        case "close": return false
        case "reset":
            socket.resetOnClose()
            return false
        case "delay": pause(Double(count) / 1000)
        case "big":
            socket.send(bytes("\(plain)Content-Length: \(count)\r\n\r\n"))
            let block = [UInt8](repeating: UInt8(ascii: "z"), count: 1 << 16)
            var left = count
            while left > 0 {
                guard socket.send(left < block.count ? Array(block[..<left]) : block) else { return false }
                left -= min(left, block.count)
            }
            return true
        case "sse":
            socket.send(
                bytes(plain.replacingOccurrences(of: "text/plain", with: "text/event-stream") + "\r\ndata: one\n\n"))
            pause(0.05)
            socket.send(bytes("data: two\n\n"))
            return false
        case "upgrade" where !upgrade.isEmpty:
            socket.send(bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: \(upgrade)\r\n\r\n"))
            let data = reader.some()
            socket.send(bytes("echo:") + data)
            return false
        case "short", "shortchunk":
            socket.send(bytes(fixed[behaviour] ?? ""))
            pause(0.05)
            return false
        default: break
        }
        if let text = fixed[behaviour] {
            socket.send(bytes(text))
            return !["early", "garbage", "nolength", "http10", "twolengths"].contains(behaviour)
        }
        socket.send(bytes(made(count)))
        return true
    }

    private var text: String { "this is \(name)\n" }
    private var plain: String { "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Server: \(name)\r\n" }
    private var usual: String { "Content-Length: \(text.utf8.count)\r\n\r\n\(text)" }

    private func made(_ count: Int) -> String {
        let length = "Content-Length: \(count)\r\n\r\n"
        switch behaviour {
        case "status":
            let isBare = argument == "204" || argument == "304"
            let head = "HTTP/1.1 \(argument) Some Reason\r\nX-Server: \(name)\r\n"
            if isBare { return head + "\r\n" }
            return head + "Content-Length: \(text.utf8.count)\r\n\r\n" + (isHead ? "" : text)
        case "bighead": return "\(plain)X-Long: \(String(repeating: "v", count: count))\r\nContent-Length: 2\r\n\r\nok"
        case "code": return "HTTP/1.1 \(argument) Odd\r\nContent-Length: 2\r\n\r\nok"
        case "text": return plain + length + String(String(repeating: "abcdefgh ", count: count / 9 + 1).prefix(count))
        case "json":
            return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + length
                + String(String(repeating: "{\"k\":\"v\"} ", count: count / 10 + 1).prefix(count))
        default: return plain + (isHead ? "Content-Length: \(text.utf8.count)\r\n\r\n" : usual)
        }
    }

    private var fixed: [String: String] {
        let chunked = "\(plain)Transfer-Encoding: chunked\r\n\r\n"
        return [
            "early": "HTTP/1.1 413 Payload Too Large\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly",
            "redirect": "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
            "garbage": "this is no http\r\n\r\n",
            "chunked": "\(chunked)5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
            "trailers":
                "\(plain)Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\nX-Unannounced: 1\r\n\r\n",
            "early1xx": "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n\(plain)\(usual)",
            "nolength": "\(plain)\r\n\(text)",
            "http10": plain.replacingOccurrences(of: "HTTP/1.1", with: "HTTP/1.0") + usual,
            "hop":
                "\(plain)Connection: X-Hop, keep-alive\r\nX-Hop: secret\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n"
                + "Proxy-Connection: keep-alive\r\nTe: x\r\n\(usual)",
            "dup":
                "\(plain)Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nx-lower-case: v\r\nX-Twice: 1\r\nX-Twice: 2\r\n"
                + "Server: upstream\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\(usual)",
            "short": "\(plain)Content-Length: 1000\r\n\r\nabc",
            "shortchunk": "\(chunked)5\r\nhello\r\n",
            "badchunk": "\(chunked)zz\r\nhello\r\n0\r\n\r\n",
            "twolengths": "\(plain)Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "both": "\(plain)Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "space": "HTTP/1.1 200 OK\r\nX-Bad : 1\r\nContent-Length: 2\r\n\r\nok",
            "noreason": "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok",
            "gzip": "\(plain)Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxxxx",
        ]
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func pause(_ seconds: Double) { Thread.sleep(forTimeInterval: seconds) }
}
