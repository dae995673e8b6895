/// What a server gets of a request's head; recorded from Traefik 3.7.9 (`wire/headers…`, `wire/requests`, `wire/bodies`).
@testable internal import SpeculaHTTP
internal import Testing

/// The head that a server gets, whole.
func upstreamHead(
    _ head: RequestHead, trusted: Bool = false, tls: Bool = false, client: String = "127.0.0.1",
    policy: ForwardPolicy = ForwardPolicy(hostName: latin("gateway")),
    server: UpstreamTarget = UpstreamTarget(authority: latin("server:81")), edits: FieldEdits? = nil,
    body: ForwardedBody = .asReceived
) -> [UInt8] {
    let context = ForwardContext(policy: policy, clientAddress: latin(client), isTrusted: trusted, isTLS: tls)
    let bound = head.upstreamSizeBound(context, server, edits: edits)
    let bytes = written(capacity: 1 << 17) {
        head.writeUpstream(into: &$0, context: context, server: server, edits: edits, body: body)
    }
    #expect(bytes.count <= bound)
    #expect(text(bytes).hasSuffix("\r\n\r\n"))
    return bytes
}

/// The fields that a server gets, sorted.
func forwarded(_ head: RequestHead, trusted: Bool = false, tls: Bool = false, client: String = "127.0.0.1") -> [String]
{
    fieldLines(upstreamHead(head, trusted: trusted, tls: tls, client: client))
}

@Suite struct UpstreamHeadTests {
    /// The fields that every request gets, but for those of the same names in `others`.
    private func expected(_ others: [String]) -> [String] {
        let names = Set(others.map { $0.prefix { $0 != ":" } })
        return (ordinary.filter { !names.contains($0.prefix { $0 != ":" }) } + others).filter { !$0.hasSuffix("-") }
            .sorted()
    }

    private var ordinary: [String] {
        [
            "Host: example.com", "X-Forwarded-For: 127.0.0.1", "X-Forwarded-Host: example.com",
            "X-Forwarded-Port: 80", "X-Forwarded-Proto: http", "X-Forwarded-Server: gateway", "X-Real-Ip: 127.0.0.1",
        ]
    }

    static let untrusted: [(String, [String])] = [
        ("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8", []), ("X-Forwarded-Proto: https", []),
        ("X-Forwarded-Host: evil.example", []), ("X-Forwarded-Port: 9", []), ("X-Forwarded-Server: evil", []),
        ("X-Forwarded-Uri: /evil", []), ("X-Forwarded-Method: PUT", []), ("X-Forwarded-Prefix: /evil", []),
        ("X-Forwarded-Tls-Client-Cert: x", []), ("X-Forwarded-Tls-Client-Cert-Info: x", []), ("X-Real-Ip: 6.6.6.6", []),
        ("X-Scheme: x\r\nX-Forwarded-Scheme: x", []), ("x_forwarded_for: 1.2.3.4", []), ("X-Real_Ip: 1", []),
        ("X_FORWARDED-Tls_Client_Cert-Info: 1", []), ("X-Forwarded-For: ", []),
        ("Forwarded: for=1.2.3.4;proto=https", ["Forwarded: for=1.2.3.4;proto=https"]),
        ("X-Forwarded-Custom: 1", ["X-Forwarded-Custom: 1"]),
        ("Connection: X-Gone\r\nX-Gone: 1\r\nX-Stays: 2", ["X-Stays: 2"]),
        ("Connection: close, x-gone\r\nX-Gone: 1", []), ("Connection: keep-alive", []),
        ("Connection: X-Forwarded-For, X-Real-Ip, Host, Content-Length, Authorization\r\nAuthorization: Basic x", []),
        ("Keep-Alive: timeout=5", []), ("Proxy-Connection: keep-alive", []), ("Proxy-Authorization: Basic x", []),
        ("Proxy-Authenticate: x", []), ("TE: trailers", ["Te: trailers"]), ("TE: gzip, trailers", ["Te: trailers"]),
        ("TE: gzip", []), ("Trailer: X-T", []), ("Upgrade: websocket", []),
        ("Connection: Upgrade\r\nUpgrade: foo", ["Connection: Upgrade", "Upgrade: foo"]),
        (
            "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            ["Connection: Upgrade", "Upgrade: h2c"]
        ),
        ("Connection: Upgrade", []), ("User-Agent: curl/8", ["User-Agent: curl/8"]), ("User-Agent: ", []),
        ("User-Agent: a\r\nUser-Agent: b", ["User-Agent: a"]), ("Accept-Encoding: gzip", ["Accept-Encoding: gzip"]),
        ("X-Empty: ", ["X-Empty: "]), ("X-Dup: 1\r\nX-Dup: 2", ["X-Dup: 1", "X-Dup: 2"]),
        ("Cookie: a=1\r\nCookie: b=2", ["Cookie: a=1", "Cookie: b=2"]), ("X-Blanks:   a  b  ", ["X-Blanks: a  b"]),
        ("X-Tab: \ta\tb\t", ["X-Tab: a\tb"]), ("X-High: caf\u{e9}", ["X-High: caf\u{e9}"]),
        ("X-Colon:v", ["X-Colon: v"]),
        ("X-Under_score: 1", ["X-Under_score: 1"]), ("X.Dot: 1", ["X.Dot: 1"]), ("Via: 1.1 other", ["Via: 1.1 other"]),
        ("Expect: 100-continue\r\nContent-Length: 0", ["Expect: 100-continue"]), ("Content-Length: 0", []),
        ("Content-Length: 5", ["Content-Length: 5"]), ("Transfer-Encoding: CHUNKED", ["Transfer-Encoding: chunked"]),
        ("Transfer-Encoding: chunked\r\nTrailer: X-T", ["Transfer-Encoding: chunked", "Trailer: X-T"]),
        ("Content-Length: 0005", ["Content-Length: 5"]),
        (
            "Connection: Upgrade\r\nUpgrade: websocket\r\nsec-websocket-key: k\r\nSEC-WEBSOCKET-VERSION: 13",
            [
                "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: k", "Sec-WebSocket-Version: 13",
                "X-Forwarded-Proto: ws",
            ]
        ),
    ]

    @Test(arguments: untrusted)
    func anUntrustedClientsFields(fields: String, others: [String]) throws {
        let head = try #require(request("GET /a HTTP/1.1\r\nHost: example.com\r\n\(fields)\r\n\r\n"))
        #expect(forwarded(head) == expected(others))
    }

    static let trusted: [(String, String, [String])] = [
        ("example.com", "X-Forwarded-For: 1.2.3.4", ["X-Forwarded-For: 1.2.3.4, 127.0.0.1"]),
        (
            "example.com", "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8",
            ["X-Forwarded-For: 1.2.3.4, 5.6.7.8, 127.0.0.1"]
        ),
        ("example.com", "X-Forwarded-Proto: https", ["X-Forwarded-Port: 443", "X-Forwarded-Proto: https"]),
        ("example.com", "X-Forwarded-Host: evil.example", ["X-Forwarded-Host: evil.example"]),
        ("example.com", "X-Forwarded-Port: 9", ["X-Forwarded-Port: 9"]),
        ("example.com", "X-Forwarded-Server: evil", []),
        ("example.com", "X-Forwarded-Uri: /evil", ["X-Forwarded-Uri: /evil"]),
        ("example.com", "X-Forwarded-Method: PUT", ["X-Forwarded-Method: PUT"]),
        ("example.com", "X-Forwarded-Tls-Client-Cert-Info: x", ["X-Forwarded-Tls-Client-Cert-Info: x"]),
        ("example.com", "X-Real-Ip: 6.6.6.6", ["X-Real-Ip: 6.6.6.6"]),
        ("example.com", "x_forwarded_for: 1.2.3.4", ["x_forwarded_for: 1.2.3.4"]),
        ("example.com", "X-Forwarded-For: ", ["X-Forwarded-For: , 127.0.0.1"]),
        ("example.com", "X-Forwarded-For: no ip, 1.2.3.4", ["X-Forwarded-For: no ip, 1.2.3.4, 127.0.0.1"]),
        ("example.com", "X-Real-Ip: \r\nX-Forwarded-Proto: \r\nX-Forwarded-Port: \r\nX-Forwarded-Host: ", []),
        ("example.com", "X-Forwarded-Scheme: a\r\nX-Scheme: b", ["X-Forwarded-Scheme: a", "X-Scheme: b"]),
        (
            "example.com:8443", "X-Forwarded-Proto: wss",
            [
                "Host: example.com:8443", "X-Forwarded-Host: example.com:8443", "X-Forwarded-Port: 8443",
                "X-Forwarded-Proto: wss",
            ]
        ),
        ("example.com", "X-Forwarded-Proto: wss", ["X-Forwarded-Port: 443", "X-Forwarded-Proto: wss"]),
        ("example.com", "X-Forwarded-Proto: bad", ["X-Forwarded-Port: 80", "X-Forwarded-Proto: bad"]),
        (
            "example.com:8443", "X-Forwarded-Host: q.example:99",
            ["Host: example.com:8443", "X-Forwarded-Host: q.example:99", "X-Forwarded-Port: 8443"]
        ),
        ("example.com", "X-Ordinary: 1", ["X-Ordinary: 1"]),
    ]

    @Test(arguments: trusted)
    func aTrustedClientsFields(host: String, fields: String, others: [String]) throws {
        let head = try #require(request("GET /a HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n\r\n"))
        #expect(forwarded(head, trusted: true) == expected(others))
    }

    @Test func anEmptyHostGetsTheServersAndNoForwardedHost() throws {
        for get in ["GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.1\r\nHost: \r\n\r\n"] {
            let lines = forwarded(try #require(request(get)))
            #expect(lines.contains("Host: server:81"))
            #expect(!lines.contains { $0.hasPrefix("X-Forwarded-Host") })
        }
    }

    @Test(arguments: [
        ("POST", "", "Content-Length: 0"), ("PUT", "Content-Length: 0\r\n", "Content-Length: 0"),
        ("PATCH", "", "Content-Length: 0"), ("DELETE", "Content-Length: 0\r\n", nil), ("OPTIONS", "", nil),
    ])
    func anEmptyBodyIsAnnouncedWhereGoDoes(method: String, fields: String, line: String?) throws {
        let head = try #require(request("\(method) /a HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"))
        #expect(forwarded(head).first { $0.hasPrefix("Content-Length") } == line)
    }

    @Test func overTLSAllSaysSo() throws {
        let plain = try #require(request("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(forwarded(plain, tls: true).contains("X-Forwarded-Proto: https"))
        #expect(forwarded(plain, tls: true).contains("X-Forwarded-Port: 443"))
        let socket = try #require(
            request("GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\n\r\n"))
        #expect(forwarded(socket, tls: true).contains("X-Forwarded-Proto: wss"))
        #expect(forwarded(socket, tls: true).contains("X-Forwarded-Port: 443"))
    }

    @Test func schemeFieldsAndNoAppending() throws {
        let policy = ForwardPolicy(appendsForwardedFor: false, addsSchemeFields: true, hostName: [])
        let head = try #require(request("GET /a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9\r\nX-Scheme: x\r\n\r\n"))
        let own = fieldLines(upstreamHead(head, policy: policy))
        #expect(
            own == [
                "Host: a", "X-Forwarded-Host: a", "X-Forwarded-Port: 80", "X-Forwarded-Proto: http",
                "X-Forwarded-Scheme: http", "X-Real-Ip: 127.0.0.1", "X-Scheme: http",
            ])
        let believed = fieldLines(upstreamHead(head, trusted: true, policy: policy))
        #expect(believed == (own + ["X-Forwarded-For: 9"]).sorted())
    }

    @Test func theRequestLineIsPreparedAndPrefixed() throws {
        let head = try #require(request("GET //a?x=1;y HTTP/1.0\r\nHost: a\r\n\r\n"))
        #expect(text(upstreamHead(head)).hasPrefix("GET /a?x=1&y HTTP/1.1\r\nHost: a\r\n"))
        var server = UpstreamTarget(authority: latin("s"), passesHost: false, pathPrefix: latin("/under/root/"))
        #expect(text(upstreamHead(head, server: server)).hasPrefix("GET /under/root/a?x=1&y HTTP/1.1\r\nHost: s\r\n"))
        server.pathPrefix = latin("/under")
        #expect(text(upstreamHead(head, server: server)).hasPrefix("GET /under/a?x=1&y HTTP/1.1\r\n"))
    }

    @Test func aMirrorsEdits() throws {
        let head = try #require(
            request(
                "POST /a HTTP/1.1\r\nHost: a\r\nCookie: x=1\r\nAuthorization: y\r\nx-mirrored: 0\r\nX-Stays: 1\r\n"
                    + "Content-Length: 5\r\n\r\n"))
        let edits = FieldEdits(removed: ["Cookie", "AUTHORIZATION"], set: [("X-Mirrored", "1")])
        let lines = fieldLines(upstreamHead(head, edits: edits, body: .none))
        #expect(lines.contains("X-Mirrored: 1") && lines.contains("X-Stays: 1") && lines.contains("Content-Length: 0"))
        #expect(!lines.contains { $0.hasPrefix("Cookie") || $0.hasPrefix("Authorization") || $0.hasPrefix("x-mirr") })
        #expect(fieldLines(upstreamHead(head, body: .length(9))).contains("Content-Length: 9"))
    }

    @Test func editsCannotAddLines() throws {
        let head = try #require(request("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
        let edits = FieldEdits(set: [("X-A", "1\r\nX-B: 2"), ("X C", "3"), ("", "4")])
        let lines = fieldLines(upstreamHead(head, edits: edits))
        #expect(lines.filter { $0.hasPrefix("X-A") } == ["X-A: 1  X-B: 2"])
        #expect(!lines.contains { $0.hasPrefix("X-B") || $0.hasPrefix("X C") })
    }

    /// Whoever wrote a field, the client or the gateway, it is taken out; what frames the message is not.
    @Test func editsReachTheGatewaysOwnFields() throws {
        let head = try #require(
            request("POST /a HTTP/1.1\r\nHost: a\r\nUser-Agent: u\r\nX-A: 1\r\nContent-Length: 5\r\n\r\n"))
        let edits = FieldEdits(
            removed: ["X-Forwarded-For", "x-real-ip", "User-Agent", "Content-Length", "Host", "X"],
            set: [("X-Forwarded-Host", "b"), ("Host", "c"), ("Transfer-Encoding", "d")], added: [("X-A", "2")])
        #expect(
            fieldLines(upstreamHead(head, edits: edits)) == [
                "Content-Length: 5", "Host: a", "X-A: 1", "X-A: 2", "X-Forwarded-Host: b", "X-Forwarded-Port: 80",
                "X-Forwarded-Proto: http", "X-Forwarded-Server: gateway",
            ])
    }

    @Test func aHeadTellsTheMirrorsThatItPassed() throws {
        let head = try #require(
            request("GET /a HTTP/1.1\r\nHost: a\r\nx-Specula-mirrored: 12, 34\r\nX-SPECULA-MIRRORED: 56\r\n\r\n"))
        let found = ["12", "34", "56", "1", ""].map { head.lists(latin($0).span, in: .xSpeculaMirrored) }
        #expect(found == [true, true, true, false, false])
        #expect(fieldLines(upstreamHead(head)).contains("x-Specula-mirrored: 12, 34"))
    }

    @Test func aHiddenCookieIsLeftOut() throws {
        let head = try #require(
            request("GET /a HTTP/1.1\r\nHost: a\r\nCookie: a=1; sticky=2;b=3\r\nCookie: sticky=4\r\n\r\n"))
        let server = UpstreamTarget(authority: latin("s"), hiddenCookie: latin("sticky"))
        let cookies = fieldLines(upstreamHead(head, server: server)).filter { $0.hasPrefix("Cookie") }
        #expect(cookies == ["Cookie: a=1; b=3"])
        #expect(head.withCookie(latin("sticky").span) { text($0) } == "2")
        #expect(head.withCookie(latin("none").span) { text($0) } == nil)
    }

    @Test func manyShortLinesFitTheirBound() throws {
        let lines = String(repeating: "X:v\r\nCookie:a;b;c;d\r\n", count: 1000)
        let head = try #require(request("GET / HTTP/1.1\r\nHost:a\r\n\(lines)\r\n"))
        let server = UpstreamTarget(authority: latin("s"), hiddenCookie: latin("x"))
        #expect(fieldLines(upstreamHead(head, server: server)).count == 2007)
    }

    @Test func anUpgradeIsNotPassedOnWhereItMayNot() throws {
        let head = try #require(request("GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n"))
        let server = UpstreamTarget(authority: latin("s"), allowsUpgrade: false)
        #expect(!text(upstreamHead(head, server: server)).contains("Upgrade"))
    }

    @Test func aWriterWithoutRoomSaysSoAndWritesNothingBeyond() throws {
        let head = try #require(request("GET /a HTTP/1.1\r\nHost: a\r\n\r\n"))
        let context = ForwardContext(
            policy: ForwardPolicy(hostName: []), clientAddress: latin("::1"), isTrusted: false, isTLS: false)
        _ = written(capacity: 40) { writer in
            head.writeUpstream(
                into: &writer, context: context, server: UpstreamTarget(authority: []), body: .asReceived)
            #expect(writer.hasOverflowed)
            #expect(writer.count <= 40)
        }
    }
}
