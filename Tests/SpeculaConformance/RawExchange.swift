internal import Foundation

/// Bytes out, bytes back on one connection.
final class RawExchange {
    private let parts: [[UInt8]]
    private let methods: [String]
    private let options: [String: String]
    private let port: UInt16
    private var localPort: UInt16 = 0

    init(parts: [[UInt8]], methods: [String], step: ConformanceStep, port: UInt16) {
        (self.parts, self.methods, options, self.port) = (parts, methods, step.options, port)
    }

    /// The client's own port is another one each time.
    func withoutClient(_ text: String) -> String {
        text.replacing("127.0.0.1:\(localPort)", with: "127.0.0.1:{client}")
    }

    /// - Returns: The transcript's lines of the client's side.
    func perform() -> [String] {
        guard let socket = Socket.connect(to: port, from: options["from"]) else { return ["< closed"] }
        localPort = socket.local.port
        var data: [UInt8] = []
        for (index, part) in parts.enumerated() {
            if index > 0 { Thread.sleep(forTimeInterval: 0.15) }
            if !socket.send(part) { break }
        }
        if options["half"] != nil { socket.finish() }
        if let delay = options["abort"].flatMap(Double.init) {
            Thread.sleep(forTimeInterval: delay)
            socket.resetOnClose()
            return []
        }
        let isClosed = receive(from: socket, into: &data)
        let (answers, rest) = AnswerParser.parse(data, methods: methods)
        var lines: [String] = [], finals = 0
        for answer in answers {
            let isHead = answer.isFinal && finals < methods.count && methods[finals] == "HEAD"
            if answer.isFinal { finals += 1 }
            lines.append(withoutClient(Transcript.answer(answer, isHead: isHead)))
        }
        if !rest.isEmpty { lines.append("< rest \(Transcript.quoted(RequestText.text(rest), limit: 400))") }
        if isClosed { lines.append("< closed") }
        return lines
    }

    /// Reads until everything expected is there and nothing more comes for a moment.
    /// - Returns: Whether the gateway closed the connection.
    private func receive(from socket: Socket, into data: inout [UInt8]) -> Bool {
        let wanted = options["responses"].flatMap { Int($0) } ?? 1
        let end = Date(timeIntervalSinceNow: options["patience"].flatMap(Double.init) ?? 8)
        var isEnough = false
        while true {
            let left = Int(end.timeIntervalSinceNow * 1000)
            switch socket.receive(within: max(10, min(isEnough ? 100 : 8000, left))) {
            case .bytes(let bytes): data += bytes
            case .end, .failed: return true
            case .timedOut where isEnough || left <= 0: return false
            case .timedOut: continue
            }
            while case .bytes(let bytes) = socket.receive(within: 0) { data += bytes }
            let (answers, rest) = AnswerParser.parse(data, methods: methods)
            isEnough = answers.count(where: \.isFinal) >= wanted && rest.isEmpty && !answers.contains(where: \.isOpen)
        }
    }
}
