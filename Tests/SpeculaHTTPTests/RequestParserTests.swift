/// Request lines, fields and hosts: what is taken and what is answered instead.
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct RequestParserTests {
    @Test func readsARequestWithItsFields() throws {
        let bytes = latin("GET /a?x=1 HTTP/1.1\r\nHost: example.com\r\nX-One:  a b \t\r\n\r\nbody")
        let head = RequestHead()
        #expect(parse(bytes, into: head) == .complete(consumed: bytes.count - 4))
        #expect(head.method == .get)
        #expect(head.version == .http11)
        #expect(head.count == 2)
        #expect(head.withName(of: 1) { text($0) } == "X-One")
        #expect(head.withValue(of: 1) { text($0) } == "a b")
        #expect(head.framing == BodyFraming.none)
        #expect(head.keepAlive)
        #expect(head.prepareTarget(TargetPolicy()) == nil)
        #expect(head.withPath { text($0) } == "/a")
        #expect(head.withQuery { text($0) } == "x=1")
        #expect(head.withHost { text($0) } == "example.com")
    }

    @Test(arguments: [
        ("GET", Method.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete),
        ("OPTIONS", .options), ("TRACE", .trace), ("PATCH", .patch), ("PRI", .pri), ("CONNECT", .connect),
        ("get", .other), ("GETS", .other), ("PURGE", .other), ("PROPFIND", .other), ("PATCX", .other), ("X", .other),
    ])
    func knowsMethodsByCase(name: String, method: Method) throws {
        let head = try #require(request("\(name) /a HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.method == method)
        #expect(head.withMethodBytes { text($0) } == name)
    }

    /// Recorded from Traefik 3.7.9 (`wire/requests`), but for `GET /a CRLF CRLF`, which it leaves unanswered.
    @Test(arguments: [
        ("GET /a HTTP/1.1\r\n\r\n", Refusal.missingHost),
        ("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .severalHosts),
        ("GET /a HTTP/1.1\r\nHost: exa mple.com\r\n\r\n", .malformedHost),
        ("GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
        ("GET /a HTTP/1.1\r\nHost: user@example.com\r\n\r\n", .malformedHost),
        ("GET /a HTTP/2.0\r\nHost: a\r\n\r\n", .version),
        ("GET /a HTTP/0.9\r\nHost: a\r\n\r\n", .version),
        ("GET /a\r\n\r\n", .requestLine),
        ("GET  /a HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET /a HTTP/1.1 \r\nHost: a\r\n\r\n", .requestLine),
        ("GET /a http/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET /a HTTP/1.1\nHost: a\r\n\r\n", .requestLine),
        ("\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("G\u{e9}T /a HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GE(T /a HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET http:///b HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("GET http://u@a/b HTTP/1.1\r\nHost: a\r\n\r\n", .requestLine),
        ("BAD\r\n\r\n", .requestLine),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", .serverOptions),
    ])
    func answersBadRequestLines(text: String, expected: Refusal) {
        #expect(refusal(text) == expected)
    }

    @Test(arguments: [
        "GET /a HTTP/1.1\r\nHost: \r\n\r\n", "GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        "GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.2\r\nHost: a\r\n\r\n", "GET /a HTTP/1.9\r\nHost: a\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", "CONNECT /a HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT example.com:443 HTTP/1.1\r\n\r\n", "GET http://a/b HTTP/1.0\r\n\r\n",
        "GET https://h.example.com/abs HTTP/1.1\r\nHost: H.example.com\r\n\r\n",
    ])
    func takesOddButGoodRequests(text: String) {
        #expect(refusal(text) == nil)
        #expect(request(text) != nil)
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
        ("HTTP/1.1", "Connection: keep-alive\r\n", true), ("HTTP/1.0", "", false),
        ("HTTP/1.0", "Connection: keep-alive\r\n", true), ("HTTP/1.0", "Connection: Keep-Alive, x\r\n", true),
        ("HTTP/1.0", "Connection: keep-alive, close\r\n", false),
        ("HTTP/1.1", "Connection: x\r\nConnection: y , CLOSE ,\r\n", false),
    ])
    func knowsWhetherTheConnectionGoesOn(version: String, fields: String, goesOn: Bool) throws {
        let head = try #require(request("GET / \(version)\r\nHost: a\r\n\(fields)\r\n"))
        #expect(head.keepAlive == goesOn)
    }

    @Test(arguments: [
        ("Expect: 100-continue\r\nContent-Length: 5\r\n", true), ("Expect: 100-continue\r\n", true),
        ("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n", true),
        ("Expect: 100-continue\r\nContent-Length: 0\r\n", true), ("", false),
    ])
    func waitsForContinueWhereItSaysSo(fields: String, waits: Bool) throws {
        let head = try #require(request("POST / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
        #expect(head.expectsContinue == waits)
    }

    @Test func refusesOtherExpectations() {
        #expect(refusal("GET / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n") == .expectation)
    }

    @Test(arguments: [
        ("Connection: Upgrade\r\nUpgrade: foo\r\n", true), ("Upgrade: foo\r\n", false),
        ("Connection: Upgrade\r\n", false), ("Connection: x, upgrade\r\nUpgrade: websocket\r\n", true),
    ])
    func seesUpgrades(fields: String, wants: Bool) throws {
        let head = try #require(request("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
        #expect(head.upgradeRequested == wants)
    }

    @Test func countsTheLimitFromTheFirstByteToTheLast() {
        func head(_ size: Int) -> String {
            let frame = "GET / HTTP/1.1\r\nHost: a\r\nX: \r\n\r\n"
            return frame.replacing("X: ", with: "X: " + String(repeating: "v", count: size - frame.utf8.count))
        }
        let limits = HeadLimits(maxBytes: 8192)
        #expect(refusal(head(8192), limits: limits) == nil)
        #expect(refusal(head(8193), limits: limits) == .headTooLarge)
        #expect(refusal(String(repeating: "G", count: 8192), limits: limits) == .headTooLarge)
        #expect(refusal(String(repeating: "G", count: 8191), limits: limits) == nil)
    }

    @Test func countsFieldsAndTheRequestLineWhereAsked() {
        let two = "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n"
        #expect(refusal(two, limits: HeadLimits(maxFields: 2)) == nil)
        #expect(refusal(two, limits: HeadLimits(maxFields: 1)) == .headTooLarge)
        #expect(refusal(two, limits: HeadLimits(maxStartLineBytes: 16)) == nil)
        #expect(refusal(two, limits: HeadLimits(maxStartLineBytes: 15)) == .headTooLarge)
    }

    @Test func aHeadIsUsedAgainAfterAReset() throws {
        let head = RequestHead()
        for size in [1, 3000, 200_000, 2] {
            let bytes =
                latin("POST /\(size) HTTP/1.1\r\nHost: A\r\nContent-Length: \(size)\r\nX: ")
                + [UInt8](repeating: 0x76, count: size) + latin("\r\n\r\n")
            #expect(parse(bytes, into: head) == .complete(consumed: bytes.count))
            #expect(head.prepareTarget(TargetPolicy()) == nil)
            #expect(head.framing == .length(UInt64(size)))
            #expect(head.withPath { text($0) } == "/\(size)")
            #expect(head.withHost { text($0) } == "a")
            #expect(head.count == 3)
        }
    }

    @Test func onePieceMayHoldSeveralRequests() {
        let bytes = latin("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = RequestHead()
        var parser = RequestParser()
        var offset = 0
        for path in ["/1", "/2"] {
            head.reset()
            let step = parser.consume(bytes.span.extracting(offset..<bytes.count), into: head)
            #expect(step == .complete(consumed: bytes.count / 2))
            #expect(head.withTarget { text($0) } == path)
            offset += bytes.count / 2
        }
    }
}
