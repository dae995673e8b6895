/// Everything that makes two parties disagree about where a message ends is refused, and the connection closed.
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct SmugglingTests {
    static let heads: [(String, Refusal)] = [
        ("Content-Length: 1\r\nTransfer-Encoding: chunked", .framing),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1", .framing),
        ("Transfer-Encoding: gzip\r\nContent-Length: 1", .framing),
        ("Content-Length: 1\r\nContent-Length: 1", .contentLength),
        ("Content-Length: 1\r\nContent-Length: 2", .contentLength),
        ("Content-Length: 1, 1", .contentLength), ("Content-Length: abc", .contentLength),
        ("Content-Length: -1", .contentLength), ("Content-Length: +1", .contentLength),
        ("Content-Length: 1_0", .contentLength), ("Content-Length: 0x1", .contentLength),
        ("Content-Length: 1 1", .contentLength), ("Content-Length: ", .contentLength),
        ("Content-Length: 1.0", .contentLength), ("Content-Length: \u{a0}1", .contentLength),
        ("Content-Length: 99999999999999999999", .contentLength),
        ("Content-Length: 9223372036854775808", .contentLength),
        ("Transfer-Encoding: gzip", .transferEncoding), ("Transfer-Encoding: gzip, chunked", .transferEncoding),
        ("Transfer-Encoding: chunked, gzip", .transferEncoding), ("Transfer-Encoding: xchunked", .transferEncoding),
        ("Transfer-Encoding: identity", .transferEncoding), ("Transfer-Encoding: chunked,", .transferEncoding),
        ("Transfer-Encoding: chunked, chunked", .transferEncoding), ("Transfer-Encoding: ", .transferEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", .transferEncoding),
        ("Transfer-Encoding: \"chunked\"", .transferEncoding), ("Transfer-Encoding: chunked;q=1", .transferEncoding),
        ("Transfer-Encoding: \u{b}chunked", .fieldLine), ("Transfer-Encoding : chunked", .fieldName),
        ("Transfer-Encoding\t: chunked", .fieldName), ("Content-Length : 1", .fieldName),
        ("Content\rLength: 1", .fieldLine), ("Content Length: 1", .fieldLine), ("Transfer\u{0}Encoding: a", .fieldLine),
        ("X: a\r\n b", .fieldLine), ("X: a\r\n\tb", .fieldLine), (" X: a", .fieldLine), ("\tX: a", .fieldLine),
        ("X : a", .fieldName), ("X\u{e9}: a", .fieldLine), ("X(y): a", .fieldLine), (": empty", .fieldLine),
        ("nocolon", .fieldLine), ("X: a\u{0}b", .fieldLine), ("X: a\u{1}b", .fieldLine), ("X: a\u{7f}b", .fieldLine),
        ("X: a\rb", .fieldLine), ("X: a\nY: b", .fieldLine), ("X: a\r\r\n", .fieldLine), ("X: a\n\n", .fieldLine),
        ("\r", .fieldLine), ("X:\r", .fieldLine), ("X\r\n: a", .fieldLine), ("X\n: a", .fieldLine),
        (" : a", .fieldLine), ("Host: b", .severalHosts), ("hOST:b", .severalHosts),
    ]

    @Test(arguments: heads)
    func refusesContradictoryHeads(fields: String, expected: Refusal) {
        let found = refusal("POST /a HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n0\r\n\r\n")
        #expect(found == expected)
        #expect(found?.closesConnection == true)
    }

    @Test(arguments: [
        ("Transfer-Encoding:\tchunked", BodyFraming.chunked), ("Transfer-Encoding: CHUNKED ", .chunked),
        ("transfer-encoding:chunked", .chunked), ("Content-Length:5", .length(5)), ("content-length: 007", .length(7)),
        ("Content-Length: 999999999999999999", .length(999_999_999_999_999_999)),
    ])
    func readsGoodFraming(fields: String, framing: BodyFraming) throws {
        let head = try #require(request("POST /a HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"))
        #expect(head.framing == framing)
    }

    @Test func aTransferCodingInHTTP10IsRefused() {
        #expect(refusal("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == .framing)
    }

    @Test(arguments: [
        "GET http://h.example.com/abs HTTP/1.1\r\nHost: other.example.com\r\n\r\n",
        "GET http://h.example.com/abs HTTP/1.1\r\nHost: \r\n\r\n",
        "GET http://h.example.com:81/abs HTTP/1.1\r\nHost: h.example.com\r\n\r\n",
    ])
    func targetAndHostMustAgree(text: String) {
        #expect(refusal(text) == .authorityMismatch)
    }

    static let chunks: [String] = [
        "g\r\nhello\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "5\nhello\n0\n\n", "5\r\nhello\n0\r\n\r\n",
        "5\r\nhello\r0\r\n\r\n", "FFFFFFFFFFFFFFFFF\r\nx", "FFFFFFFFFFFFFFFF\r\nx", "-1\r\nx", "+1\r\nx",
        "0x5\r\nhello",
        "\r\nhello", " 5\r\nhello", "5;\r\nhello", "5;=a\r\nhello", "5;a=\r\nhello", "5;a\nhello", "5;a\u{0}\r\nhello",
        "5 5\r\nhello", "5,\r\nhello", "5;a=\"x\r\nhello", "5;a=\"x\"y\r\nhello", "5;a b\r\nhello", "5\r\r\nhello",
        "0\r\n\n", "0\r\nX: a\n\r\n", "0\r\n X: a\r\n\r\n", "0\r\nX : a\r\n\r\n", "0\r\nnocolon\r\n\r\n", "0\r\n\rx\n",
        "5;" + String(repeating: "a", count: 5000), "00000000000000005\r\nhello",
        "0\r\nX: " + String(repeating: "a", count: 70000),
    ]

    @Test(arguments: chunks)
    func refusesBadChunks(body: String) {
        #expect(decode(latin(body), .chunked).refusal == .chunk)
    }
}
