/// Paths, queries and hosts as rules and servers see them; recorded from Traefik 3.7.9 (`wire/paths`, `process/…`).
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct TargetTests {
    private func upstream(_ target: String, policy: TargetPolicy = TargetPolicy()) -> String? {
        guard let head = request("GET \(target) HTTP/1.1\r\nHost: example.com\r\n\r\n", policy: policy) else {
            return nil
        }
        let query = head.withQuery { text($0) }
        return head.withPath { text($0) } + (head.hasQuery ? "?" + query : "")
    }

    @Test(arguments: [
        ("/a/", "/a/"), ("/a//b", "/a/b"), ("//a", "/a"), ("/a/./b", "/a/b"), ("/a/../b", "/b"), ("/../a", "/a"),
        ("/a/%2e%2e/b", "/b"), ("/a/%2Fb", "/a/%2Fb"), ("/a%2Fb", "/a%2Fb"), ("/%61", "/a"), ("/a/%20", "/a/%20"),
        ("/a/%00", "/a/%00"), ("/a;x=1", "/a;x=1"), ("/a/b;c", "/a/b;c"), ("/a?x=1;y=2", "/a?x=1&y=2"), ("/a?", "/a?"),
        ("/a?x=%zz", "/a?x=%zz"), ("/a?a=b&a=c&=d&e", "/a?a=b&a=c&=d&e"), ("/a/b%5Cc", "/a/b%5Cc"),
        ("/a/\\b", "/a/%5Cb"), ("/a/%3B", "/a/%3B"), ("/a/%3F", "/a/%3F"), ("/a/%23", "/a/%23"), ("/a/%25", "/a/%25"),
        ("/a/<x>", "/a/%3Cx%3E"), ("/a/\"q\"", "/a/%22q%22"), ("/a/{b}", "/a/%7Bb%7D"), ("/a/|", "/a/%7C"),
        ("/a/^", "/a/%5E"), ("/a/`", "/a/%60"), ("/a/+", "/a/+"), ("/a/~", "/a/~"), ("/a/*", "/a/*"), ("/a/'", "/a/'"),
        ("/a/%E4%BD%A0", "/a/%E4%BD%A0"), ("/a/.", "/a"), ("/a/..", "/"), ("/a/...", "/a/..."), ("/a/%2E", "/a"),
        ("/a/b/", "/a/b/"), ("/a/b//", "/a/b/"), ("/", "/"), ("/a?do=%", "/a?do=%"), ("/a\u{e9}", "/a%E9"),
        ("/a/%e4%bd", "/a/%E4%BD"), ("/a/%7e%41", "/a/~A"), ("/..", "/"), ("/.", "/"), ("//", "/"), ("/./", "/"),
        ("/a/b/../", "/a/"), ("/.well-known/x", "/.well-known/x"), ("/a/..b/.c", "/a/..b/.c"),
        ("/a..//..b", "/a../..b"),
        ("/a/[x]", "/a/[x]"), ("/a?x=//./..", "/a?x=//./.."), ("/a?x=\u{e9}\"<", "/a?x=\u{e9}\"<"),
        ("http://example.com", "/"), ("http://example.com?x", "/?x"), ("http://example.com/a//b?x=1;2", "/a/b?x=1&2"),
        ("/a?x?y", "/a?x?y"), ("/a.b.", "/a.b."), ("/%2F..%2F", "/%2F..%2F"), ("/a%2F/../b", "/b"),
    ])
    func serversSeeACleanTarget(target: String, expected: String) {
        #expect(upstream(target) == expected)
    }

    @Test(arguments: [
        ("/a/%zz", Refusal.requestLine), ("/a/%", .requestLine), ("/a/%4", .requestLine), ("/a#frag", .fragment),
        ("/a?x#frag", .fragment), ("#", .requestLine), ("http://example.com#a", .fragment),
    ])
    func badTargetsAreAnswered(target: String, expected: Refusal) {
        #expect(refusal("GET \(target) HTTP/1.1\r\nHost: example.com\r\n\r\n") == expected)
    }

    @Test(arguments: [
        ("/a//b", "/a//b"), ("/a/../b", "/a/../b"), ("/./a", "/./a"), ("//a", "//a"), ("/a/%2e/b", "/a/./b"),
    ])
    func pathsStayAsTheyAreWhereAsked(target: String, expected: String) {
        #expect(upstream(target, policy: TargetPolicy(sanitizesPath: false)) == expected)
    }

    @Test func deniesEncodedCharacters() {
        let policy = TargetPolicy(deniedCharacters: Set("/%#?;\\\0".utf8))
        for code in ["%2F", "%25", "%23", "%3F", "%3B", "%5C", "%00", "%2f", "\\"] {
            #expect(refusal("GET /a/\(code) HTTP/1.1\r\nHost: a\r\n\r\n", policy: policy) == .encodedCharacter)
        }
        #expect(upstream("/a/%20", policy: policy) == "/a/%20")
        #expect(upstream("/a?q=%2F", policy: policy) == "/a?q=%2F")
        #expect(upstream("/a/b;c", policy: policy) == "/a/b;c")
    }

    @Test func encodesSemicolonsWhereAsked() {
        #expect(upstream("/a;b?x=1;y=2", policy: TargetPolicy(encodesQuerySemicolons: true)) == "/a;b?x=1%3By=2")
    }

    @Test(arguments: [
        ("/foo%20bar", "/foo bar"), ("/a%2Fb", "/a%2Fb"), ("/a%3bb", "/a%3Bb"), ("/%E4%BD%A0", "/\u{e4}\u{bd}\u{a0}"),
        ("/a%25b", "/a%25b"), ("/a\"b", "/a\"b"), ("/a%22b", "/a\"b"), ("/plain", "/plain"), ("/a%40%5B", "/a%40%5B"),
        ("/a//b/%2e%2e/c", "/a/c"), ("/a%00", "/a\u{0}"),
    ])
    func rulesSeeADecodedPath(target: String, expected: String) throws {
        let head = try #require(request("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"))
        #expect(head.withDecodedPath { text($0) } == expected)
    }

    @Test func underscoresAreKeptDeletedOrRejected() throws {
        let get = "GET /a HTTP/1.1\r\nHost: example.com\r\nX_Forwarded_For: 1\r\nX-A_b: 2\r\nX-Ok: 3\r\n\r\n"
        #expect(try #require(request(get)).count == 4)
        #expect(refusal(get, policy: TargetPolicy(underscores: .reject)) == .underscore)
        let head = try #require(request(get, policy: TargetPolicy(underscores: .delete)))
        #expect(head.count == 2)
        #expect(head.withName(of: 1) { text($0) } == "X-Ok")
    }

    @Test(arguments: [
        ("example.com", "example.com", "80"), ("EXAMPLE.com", "example.com", "80"),
        ("example.com:8080", "example.com", "8080"), ("Example.com:8080", "example.com", "8080"),
        ("[::1]:81", "::1", "81"), ("[::1]", "[::1]", "80"), ("[FE80::A]:1", "fe80::a", "1"), ("", "", "80"),
        ("a:", "a", "80"), ("a:b:c", "a:b:c", "80"), ("example.com.", "example.com.", "80"),
    ])
    func rulesSeeTheHostInLowerCaseWithoutPort(sent: String, host: String, port: String) throws {
        let head = try #require(request("GET / HTTP/1.1\r\nHost: \(sent)\r\n\r\n"))
        #expect(head.withHost { text($0) } == host)
        #expect(head.withAuthority { text($0) } == sent)
        #expect(forwarded(head).contains("X-Forwarded-Port: \(port)"))
    }

    @Test func anAbsoluteTargetBringsItsAuthority() throws {
        let head = try #require(request("GET http://H.example.com/abs HTTP/1.1\r\nHost: h.example.com\r\n\r\n"))
        #expect(head.targetForm == .absolute)
        #expect(head.withHost { text($0) } == "h.example.com")
        #expect(head.withAuthority { text($0) } == "H.example.com")
    }

    /// Cleaning twice changes nothing, and what is cleaned never climbs.
    @Test func cleaningIsIdempotent() {
        var random = Random(state: 7)
        for _ in 0..<20_000 {
            let alphabet: [UInt8] = latin("/./.a%2")
            var path: [UInt8] = [0x2f]
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                path.append(alphabet[Int.random(in: 0..<alphabet.count, using: &random)])
            }
            var once = path
            PathCleaner.clean(&once, from: 0)
            var twice = once
            PathCleaner.clean(&twice, from: 0)
            #expect(once == twice)
            #expect(once.first == 0x2f && !text(once).contains("//") && !text(once).contains("/../"))
        }
    }
}

@Suite struct WordwiseTests {
    /// What looks at eight or sixteen bytes at once finds what a look at each byte finds.
    @Test func wordsAgreeWithBytes() {
        let room = [UInt8](repeating: UInt8(ascii: "a"), count: 40)
        for position in 0..<34 {
            for byte in UInt8.min...UInt8.max {
                var bytes = room
                bytes[position] = byte
                let span = bytes.span
                let isPlain =
                    Unicode.Scalar(byte).properties.isAlphabetic && byte < 128 || byte &- 0x30 < 10 || byte == 0x2d
                let isHost = byte &- 0x61 < 26 || byte &- 0x30 < 11 || byte == 0x2d || byte == 0x2e
                let isControl = byte < 0x20 || byte == 0x7f
                for length in 1...24 {
                    let isInside = position < length
                    #expect(span.isPlainName(from: 0, count: length) == (!isInside || isPlain))
                    #expect(span.isPlainHost(0..<length) == (!isInside || isHost))
                }
                for end in [34, 40] {
                    #expect(span.firstControl(from: 0, to: end) == (isControl ? position : end))
                    #expect(span.firstOffset(of: byte, from: 0, to: end) == (byte == 0x61 ? 0 : position))
                }
            }
        }
    }

    @Test func setsHoldWhatTheyShould() {
        func set(_ text: String) -> Set<UInt8> { Set(text.utf8) }
        let alphanumeric = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        let sets: [(ASCIISet, Set<UInt8>)] = [
            (.token, alphanumeric.union(set("!#$%&'*+-.^_`|~"))),
            (.plainPath, alphanumeric.union(set("-_~!$&'()*+,;=:@[]"))),
            (.host, alphanumeric.union(set("!$%&'()*+,-.:;=[]_~"))), (.unreserved, alphanumeric.union(set("-._~"))),
            (.reserved, set(":/?#[]@!$&'()*+,;=%")),
        ]
        for (set, expected) in sets {
            for byte in UInt8.min...UInt8.max { #expect(set.contains(byte) == expected.contains(byte)) }
        }
    }
}
