/// Responses of servers: what is read, what is refused, and what the client gets; recorded from Traefik 3.7.9 (`wire/upstream`).
@testable internal import SpeculaHTTP
internal import Testing

/// Feeds `bytes` to a parser in pieces that end at `cuts`.
func parseResponse(
    _ bytes: [UInt8], into head: ResponseHead, answering method: Method = .get, cuts: [Int] = []
) -> ResponseStep {
    var parser = ResponseParser()
    head.reset()
    var start = 0
    for end in cuts + [bytes.count] {
        let step = parser.consume(bytes.span.extracting(start..<end), into: head, answering: method)
        if case .complete(let consumed) = step { return .complete(consumed: start + consumed) }
        if step != .needMore { return step }
        start = end
    }
    return .needMore
}

@Suite struct ResponseTests {
    private func response(_ text: String, answering method: Method = .get) -> ResponseHead? {
        let head = ResponseHead()
        guard case .complete = parseResponse(latin(text), into: head, answering: method) else { return nil }
        return head
    }

    private func downstream(
        _ head: ResponseHead, answering method: Method = .get, version: Version = .http11, keepAlive: Bool = true,
        extra: String = ""
    ) -> [UInt8] {
        let date = latin("Date: now\r\n")
        let bytes = written {
            head.writeDownstream(
                into: &$0, answering: method, version: version, keepAlive: keepAlive, dateLine: date.span,
                extraLines: latin(extra).span)
        }
        #expect(bytes.count <= head.downstreamSizeBound(extra: extra.utf8.count + date.count))
        return bytes
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n", Method.get, BodyFraming.length(10), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 10\r\n", .get, .length(10), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n", .head, .none, true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n", .get, .chunked, true),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nContent-Length: 5\r\n", .get, .chunked, false),
        ("HTTP/1.1 200 OK\r\n", .get, .untilClose, false), ("HTTP/1.1 204 No\r\n", .get, .none, true),
        ("HTTP/1.1 304 No\r\nContent-Length: 5\r\n", .get, .none, true), ("HTTP/1.1 103 Early\r\n", .get, .none, true),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n", .get, .length(1), false),
        ("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n", .get, .length(1), true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n", .get, .length(1), false),
        ("HTTP/1.1 101 Switch\r\nConnection: Upgrade\r\nUpgrade: x\r\n", .get, .none, false),
    ])
    func framesAndPersists(text: String, method: Method, framing: BodyFraming, keepAlive: Bool) throws {
        let head = try #require(response(text + "\r\n", answering: method))
        #expect(head.framing == framing)
        #expect(head.keepAlive == keepAlive)
    }

    @Test(arguments: [
        ("HTTP/1.1 200 \r\n\r\n", UInt16(200), ""), ("HTTP/1.1 200\r\n\r\n", 200, ""),
        ("HTTP/1.1 600 Odd One\r\n\r\n", 600, "Odd One"), ("HTTP/1.0 999 \u{e9}\tx\r\n\r\n", 999, "\u{e9}\tx"),
        ("HTTP/1.1 200 OK\nA: b\n\n", 200, "OK"),
    ])
    func readsStatusLines(text: String, status: UInt16, reason: String) throws {
        let head = try #require(response(text))
        #expect(head.status == status)
        #expect(head.withReason { SpeculaHTTPTests.text($0) } == reason)
    }

    @Test(arguments: [
        ("this is no http\r\n\r\n", MalformedResponse.statusLine), ("HTTP/1.1 99 Odd\r\n\r\n", .statusLine),
        ("HTTP/1.1 099 Odd\r\n\r\n", .statusLine), ("HTTP/1.1 1000 Odd\r\n\r\n", .statusLine),
        ("HTTP/2.0 200 OK\r\n\r\n", .statusLine), ("HTTP/1.1  200 OK\r\n\r\n", .statusLine),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", .statusLine), ("HTTP/1.1 200 O\rK\r\n\r\n", .statusLine),
        ("x\r\n", .statusLine), ("HTTP/1.1 200\tOK\r\n\r\n", .statusLine),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .framing),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", .framing),
        ("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", .framing),
        ("HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n", .framing),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .framing),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .framing),
        ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", .fieldLine), ("HTTP/1.1 200 OK\r\nnocolon\r\n\r\n", .fieldLine),
        ("HTTP/1.1 200 OK\r\nX: a\u{0}\r\n\r\n", .fieldLine),
    ])
    func malformedResponsesAreFailures(text: String, failure: MalformedResponse) {
        #expect(parseResponse(latin(text), into: ResponseHead()) == .failed(failure))
    }

    @Test func interimHeadsComeOneByOne() {
        let bytes = latin(
            "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody")
        var parser = ResponseParser()
        let head = ResponseHead()
        var offset = 0
        var found: [UInt16] = []
        repeat {
            head.reset()
            let rest = bytes.span.extracting(offset..<bytes.count)
            guard case .complete(let consumed) = parser.consume(rest, into: head, answering: .get) else { break }
            offset += consumed
            found.append(head.status)
        } while head.isInterim
        #expect(found == [103, 100, 200])
        #expect(offset == bytes.count - 4)
    }

    static let passed: [(String, [String])] = [
        (
            "Content-Length: 5\r\nContent-Type: text/plain",
            ["Content-Length: 5", "Content-Type: text/plain", "Date: now"]
        ),
        ("Content-Length: 5\r\nDate: then", ["Content-Length: 5", "Date: then"]),
        (
            "Connection: X-Hop, keep-alive\r\nX-Hop: secret\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\n"
                + "Proxy-Connection: keep-alive\r\nTe: x\r\nContent-Length: 5", ["Content-Length: 5", "Date: now"]
        ),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5", ["Date: now", "Transfer-Encoding: chunked"]),
        ("X: 1", ["Date: now", "Transfer-Encoding: chunked", "X: 1"]),
        ("X-Bad : 1\r\nContent-Length: 2", ["Content-Length: 2", "Date: now"]),
        (
            "Set-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nx-lower:v \r\nContent-Length: 1",
            ["Content-Length: 1", "Date: now", "Set-Cookie: a=1", "Set-Cookie: b=2; Path=/", "x-lower: v"]
        ),
        (
            "Trailer: X-Sum\r\nTransfer-Encoding: chunked",
            ["Date: now", "Trailer: X-Sum", "Transfer-Encoding: chunked"]
        ),
    ]

    @Test(arguments: passed)
    func clientsGetTheFieldsOfTheEnds(fields: String, expected: [String]) throws {
        let head = try #require(response("HTTP/1.1 200 OK\r\n\(fields)\r\n\r\n"))
        #expect(fieldLines(downstream(head)) == expected)
    }

    @Test func persistenceIsTheClients() throws {
        let head = try #require(
            response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: d\r\nConnection: close\r\n\r\n"))
        #expect(fieldLines(downstream(head)) == ["Content-Length: 5", "Date: d"])
        #expect(
            fieldLines(downstream(head, keepAlive: false)) == ["Connection: close", "Content-Length: 5", "Date: d"])
        let old = downstream(head, version: .http10)
        #expect(text(old).hasPrefix("HTTP/1.0 200 OK\r\n"))
        #expect(fieldLines(old) == ["Connection: keep-alive", "Content-Length: 5", "Date: d"])
        #expect(fieldLines(downstream(head, version: .http10, keepAlive: false)) == ["Content-Length: 5", "Date: d"])
    }

    @Test func anOldClientGetsNoChunks() throws {
        let head = try #require(response("HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n"))
        #expect(head.downstreamFraming(for: .http10) == .untilClose)
        #expect(head.downstreamFraming(for: .http11) == .chunked)
        #expect(fieldLines(downstream(head, version: .http10, keepAlive: false)) == ["Date: now", "Trailer: X"])
    }

    @Test func responsesWithoutABody() throws {
        let plain = "Content-Type: t\r\nContent-Length: 10\r\n\r\n"
        let toHead = try #require(response("HTTP/1.1 200 OK\r\n" + plain, answering: .head))
        let headLines = fieldLines(downstream(toHead, answering: .head))
        #expect(headLines == ["Content-Length: 10", "Content-Type: t", "Date: now"])
        let chunked = try #require(response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", answering: .head))
        #expect(fieldLines(downstream(chunked, answering: .head)) == ["Date: now"])
        #expect(fieldLines(downstream(try #require(response("HTTP/1.1 304 N\r\n" + plain)))) == ["Date: now"])
        let empty = try #require(response("HTTP/1.1 204 N\r\n" + plain))
        #expect(fieldLines(downstream(empty)) == ["Content-Type: t", "Date: now"])
    }

    /// Found by fuzzing: lines without blank and CR grow, and many of them outgrew the bound.
    @Test func manyShortLinesFitTheirBound() throws {
        let lines = String(repeating: "X:v\n", count: 1000)
        let head = try #require(response("HTTP/1.1 200 OK\n\(lines)\n"))
        #expect(fieldLines(downstream(head)).count == 1002)
    }

    @Test func interimAndSwitchingHeads() throws {
        let early = try #require(response("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"))
        #expect(text(downstream(early)) == "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n")
        let other = try #require(response("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: echo\r\nX: 1\r\n\r\n"))
        #expect(text(downstream(other)) == "HTTP/1.1 101 Go\r\nX: 1\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
    }

    @Test func linesOfTheGatewayAreAddedAndAMissingReasonIsFound() throws {
        let head = try #require(response("HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n"))
        let bytes = downstream(head, extra: "Set-Cookie: s=1\r\n")
        #expect(text(bytes).hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        #expect(fieldLines(bytes) == ["Content-Length: 0", "Date: now", "Set-Cookie: s=1"])
    }
}
