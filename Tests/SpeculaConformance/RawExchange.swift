internal import Foundation

/// Bytes out, bytes back on one connection.
final class RawExchange {
    private let parts: [[UInt8]]
    private let methods: [String]
    private let options: [String: String]
    private let port: UInt16
    private let patience: Double
    private var localPort: UInt16 = 0
    /// What came before any answer: of TLS.
    private var begun: [String] = []

    /// `patience`: seconds for what should come and does not.
    init(parts: [[UInt8]], methods: [String], step: ConformanceStep, port: UInt16, patience: Double) {
        (self.parts, self.methods, options, self.port) = (parts, methods, step.options, port)
        self.patience = step.options["patience"].flatMap(Double.init) ?? patience
    }

    /// The client's own port is another one each time.
    func withoutClient(_ text: String) -> String {
        text.replacing("127.0.0.1:\(localPort)", with: "127.0.0.1:{client}")
    }

    /// - `isExpected`: Whether nothing more than these lines of the client's side is expected; until then, more is waited for.
    /// - `beforeAbort`: Called when all is sent, before the connection is reset.
    /// - Returns: The transcript's lines of the client's side.
    func perform(isExpected: ([String]) -> Bool, beforeAbort: () -> Void) -> [String] {
        guard let socket = Socket.connect(to: port, from: options["from"]) else { return ["< closed"] }
        localPort = socket.local.port
        var channel: any Channel = socket
        if let wishes = SecureChannel.Wishes(options) {
            guard let secure = SecureChannel(socket, wishes) else { return ["< tls: no memory"] }
            let (line, isDone) = secure.handshake()
            begun = ["< \(line)"]
            guard isDone else { return begun + ["< closed"] }
            channel = secure
        }
        var data: [UInt8] = []
        for (index, part) in parts.enumerated() {
            // A pause ends with the first bytes of an answer: before, what follows it might arrive together with what went before.
            if index > 0, case .bytes(let bytes) = channel.receive(within: Int(patience * 1000)) { data += bytes }
            if !channel.send(part, last: options["half"] != nil && index == parts.count - 1) { break }
        }
        if let delay = options["abort"].flatMap(Double.init) {
            beforeAbort()
            Thread.sleep(forTimeInterval: delay)
            socket.resetOnClose()
            return []
        }
        var isClosed = false
        receive(from: channel, into: &data) { data, closed in
            isClosed = closed
            return isExpected(lines(data, isClosed: closed))
        }
        return lines(data, isClosed: isClosed)
    }

    private func lines(_ data: [UInt8], isClosed: Bool) -> [String] {
        let (answers, rest) = AnswerParser.parse(data, methods: methods)
        var lines = begun, finals = 0
        for answer in answers {
            let isHead = answer.isFinal && finals < methods.count && methods[finals] == "HEAD"
            if answer.isFinal { finals += 1 }
            lines.append(withoutClient(Transcript.answer(answer, isHead: isHead)))
        }
        if !rest.isEmpty { lines.append("< rest \(Transcript.quoted(RequestText.text(rest), limit: 400))") }
        if isClosed { lines.append("< closed") }
        return lines
    }

    /// Reads until everything wanted is there and nothing more comes for a moment, and until it `isExpected` while there is patience.
    ///
    /// `isExpected` gets the bytes so far, and whether the gateway closed the connection.
    private func receive(from channel: any Channel, into data: inout [UInt8], isExpected: ([UInt8], Bool) -> Bool) {
        let wanted = options["responses"].flatMap { Int($0) } ?? 1
        let end = Date(timeIntervalSinceNow: patience)
        var isEnough = false
        while true {
            let left = Int(end.timeIntervalSinceNow * 1000)
            switch channel.receive(within: max(10, min(isEnough ? 100 : 8000, left))) {
            case .bytes(let bytes): data += bytes
            case .end, .failed:
                _ = isExpected(data, true)
                return
            case .timedOut where left <= 0 || isEnough && isExpected(data, false): return
            case .timedOut: continue
            }
            while case .bytes(let bytes) = channel.receive(within: 0) { data += bytes }
            let (answers, rest) = AnswerParser.parse(data, methods: methods)
            isEnough = answers.count(where: \.isFinal) >= wanted && rest.isEmpty && !answers.contains(where: \.isOpen)
        }
    }
}
