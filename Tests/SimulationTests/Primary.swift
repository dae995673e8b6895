import SpeculaSimulation

/// The scripted primary: reads what a request wants and does it.
enum Primary {
    /// The script of each of its connections.
    static var script: [PeerStep] {
        [
            .forever([
                .receiveMessage(length: { Bytes.headEnd($0) == nil ? nil : 0 }),
                .then { peer in steps(for: peer.unconsumed) },
            ])
        ]
    }

    private static func steps(for bytes: ArraySlice<UInt8>) -> [PeerStep] {
        let wholeRequest = PeerStep.receiveMessage(length: HTTPPeer.messageLength)
        guard let ask = Ask(head: bytes) else { return [wholeRequest, .send(response(for: nil)), .close] }
        let head = String(decoding: bytes[..<(Bytes.headEnd(bytes) ?? bytes.startIndex)], as: UTF8.self)
        let waits = head.lowercased().contains("expect: 100-continue")
        let answer = response(for: ask)
        let half = Array(answer.prefix(max(answer.count - max(ask.size / 2, 1), 1)))
        switch ask.answer {
        case .length, .chunked, .noContent, .notModified: return [wholeRequest, .send(answer)]
        case .untilClose, .farewell: return [wholeRequest, .send(answer), .close]
        case .slow: return [wholeRequest, .wait(.milliseconds(700)), .send(answer)]
        case .drip:
            let piece = max(answer.count / 9, 1)
            return [wholeRequest, .sendSlowly(answer, pieceBytes: piece, every: .milliseconds(30))]
        case .hints:
            let hints = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
            return [wholeRequest, .send(hints), .wait(.milliseconds(3)), .send(hints), .send(answer)]
        case .resetHalfWay: return [wholeRequest, .send(half), .wait(.milliseconds(20)), .reset]
        case .endsHalfWay: return [wholeRequest, .send(half), .close]
        case .drops: return [wholeRequest, .close]
        case .garbage: return [wholeRequest, .send("\u{1}\u{2}nonsense\r\n\r\n"), .receiveEnd, .close]
        case .early: return [.send(answer), wholeRequest]
        case .refuses: return [.stopReading, .send(response(for: ask, status: "413 Too Large")), .receiveEnd, .close]
        case .welcomes:
            return (waits ? [.send("HTTP/1.1 100 Continue\r\n\r\n")] : []) + [wholeRequest, .send(answer)]
        case .mute: return [wholeRequest, .receiveEnd, .close]
        }
    }

    /// The answer, to the byte.
    static func response(for ask: Ask?, status: String = "200 OK") -> [UInt8] {
        guard let ask else { return Array("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".utf8) }
        let isHead = ask.method == "HEAD"
        var lines = ["HTTP/1.1 \(status)", "X-Id: \(ask.id)"]
        var body = Bytes.pattern(ask.id, ask.size)
        switch ask.answer {
        case .noContent:
            lines[0] = "HTTP/1.1 204 No Content"
            body = []
        case .notModified:
            lines[0] = "HTTP/1.1 304 Not Modified"
            body = []
        case .chunked:
            lines.append("Transfer-Encoding: chunked")
            body = Bytes.chunked(body, piece: max(body.count / 8, 1_000), trailer: "X-Sum: 1\r\n")
        case .untilClose: break
        case .farewell: lines += ["Content-Length: \(body.count)", "Connection: close"]
        default: lines.append("Content-Length: \(body.count)")
        }
        return Array((lines + ["", ""]).joined(separator: "\r\n").utf8) + (isHead ? [] : body)
    }
}

/// Every way in which a mirror can be well or broken.
enum MirrorKind: String, CaseIterable, Sendable {
    case none, healthy, slow, slowBody, backlogFull, blackhole, refuses, resetsOnAccept, resetsMidBody, neverReads
    case earlyRefusal, endless, interimStorm, garbage, silentNames

    /// What the configuration names.
    func host(_ number: Int) -> String { self == .silentNames ? "mirror\(number).test" : "10.0.1.\(number + 1)" }

    /// How its connections go; nil: nobody is there.
    private var server: HTTPServerKind? {
        let answer = HTTPPeer.response(body: "mirrored")
        switch self {
        case .none, .blackhole, .refuses, .silentNames: return nil
        case .healthy, .backlogFull: return .healthy(response: answer)
        case .slow: return .slow(response: answer, delay: .seconds(5))
        case .slowBody: return .trickle(response: answer, every: .milliseconds(100))
        case .resetsOnAccept: return .resetsAtOnce
        case .resetsMidBody: return .resetsAfter(answer.count - 3, of: answer)
        case .neverReads: return .neverReads
        case .earlyRefusal: return .early(response: HTTPPeer.response(status: "413 Too Large"))
        case .endless:
            let head = "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"
            return .endless(
                head: Array(head.utf8), piece: [UInt8](repeating: 65, count: 16_384), every: .milliseconds(20))
        case .interimStorm: return .interimStorm(count: 200, response: answer)
        case .garbage: return .garbage([0, 1, 2, 13, 10, 13, 10])
        }
    }

    /// Puts it into the world as mirror of this number.
    func place(in world: SimulatedWorld, number: Int) {
        let address = Harness.mirror(number)
        switch self {
        case .blackhole: world.makeBlackhole(at: address)
        case .silentNames: world.setName(host(number), .silent)
        // The queue is full: only the third attempt of the handshake gets through.
        case .backlogFull:
            if let server { world.serve(server, at: address, profile: LinkProfile(latency: .milliseconds(1_500))) }
        default:
            if let server { world.serve(server, at: address) }
        }
    }
}
