/// Answers of the gateway's own, dates, labels, local requests.
@testable internal import SpeculaHTTP
internal import Testing

@Suite struct AnswerTests {
    private let date = latin("Date: now\r\n")

    private func answer(_ refusal: Refusal) -> String {
        text(written { refusal.write(into: &$0, dateLine: date.span) })
    }

    @Test func refusalsAreTraefiks() {
        let closing = "Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
        #expect(answer(.requestLine) == "HTTP/1.1 400 Bad Request\r\n\(closing)400 Bad Request")
        #expect(
            answer(.missingHost)
                == "HTTP/1.1 400 Bad Request\r\n\(closing)400 Bad Request: missing required Host header")
        #expect(
            answer(.headTooLarge)
                == "HTTP/1.1 431 Request Header Fields Too Large\r\n\(closing)431 Request Header Fields Too Large")
        #expect(
            answer(.version)
                == "HTTP/1.1 505 HTTP Version Not Supported\r\n\(closing)"
                + "505 HTTP Version Not Supported: unsupported protocol version")
        #expect(answer(.transferEncoding) == "HTTP/1.1 501 Not Implemented\r\n\(closing)Unsupported transfer encoding")
        #expect(answer(.fragment) == "HTTP/1.1 400 Bad Request\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
        #expect(answer(.serverOptions) == "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
        #expect(
            answer(.expectation)
                == "HTTP/1.1 417 Expectation Failed\r\nConnection: close\r\nDate: now\r\nContent-Length: 0\r\n\r\n")
        #expect(
            answer(.underscore)
                == "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "X-Content-Type-Options: nosniff\r\nDate: now\r\nContent-Length: 12\r\n\r\nBad Request\n")
    }

    @Test(arguments: Refusal.allCases)
    func everyRefusalIsAWholeAnswer(refusal: Refusal) {
        let text = answer(refusal)
        #expect(text.hasPrefix("HTTP/1.1 \(refusal.status) "))
        #expect(text.contains("Connection: close\r\n") == refusal.closesConnection)
        #expect(!refusal.reason.description.isEmpty)
    }

    @Test(arguments: SyntheticResponse.allCases)
    func everyAnswerIsWhole(response: SyntheticResponse) throws {
        let bytes = written(capacity: SyntheticResponse.sizeBound) {
            response.write(into: &$0, answering: .get, version: .http11, keepAlive: true, dateLine: date.span)
            #expect(!$0.hasOverflowed)
        }
        let head = ResponseHead()
        guard case .complete(let consumed) = parseResponse(bytes, into: head) else {
            Issue.record("no response")
            return
        }
        #expect(head.status == response.status)
        #expect(head.framing == .length(UInt64(bytes.count - consumed)))
        #expect(text(Array(bytes[consumed...])) == response.body.description)
        let short = written {
            response.write(into: &$0, answering: .head, version: .http10, keepAlive: false, dateLine: date.span)
        }
        #expect(text(short).hasSuffix("\r\n\r\n") && !text(short).contains("Connection"))
    }

    @Test func answersAreTraefiks() {
        func lines(_ response: SyntheticResponse, keepAlive: Bool = true, version: Version = .http11) -> String {
            text(
                written {
                    response.write(
                        into: &$0, answering: .get, version: version, keepAlive: keepAlive, dateLine: date.span)
                })
        }
        #expect(
            lines(.notFound)
                == "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
                + "X-Content-Type-Options: nosniff\r\nDate: now\r\nContent-Length: 19\r\n\r\n404 page not found\n")
        #expect(
            lines(.badGateway, keepAlive: false)
                == "HTTP/1.1 502 Bad Gateway\r\nDate: now\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Gateway"
        )
        #expect(
            lines(.notImplemented, version: .http10)
                == "HTTP/1.0 501 Not Implemented\r\nDate: now\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n")
    }

    @Test(arguments: [
        (UpstreamFailure.noServer, UInt16(503)), (.refused, 502), (.unreachable, 502), (.unresolved, 502),
        (.reset, 502),
        (.closedEarly, 502), (.connectTimedOut, 504), (.headTimedOut, 504), (.clientGone, 499), (.malformed, 500),
        (.tls, 500), (.internalError, 500), (.requestMalformed, 400), (.connectMethod, 501),
    ])
    func failuresHaveTheirStatus(failure: UpstreamFailure, status: UInt16) {
        #expect(failure.status == status)
    }

    @Test(arguments: [
        (Int64(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_827_696, "Tue, 29 Feb 2000 12:34:56 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (.max, "Fri, 31 Dec 9999 23:59:59 GMT"), (.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
    ])
    func datesAreSpelledOut(seconds: Int64, expected: String) {
        let date = HTTPDate(secondsSinceEpoch: seconds)
        #expect(text(written { date.write(into: &$0) }) == expected)
        #expect(text(date.line) == "Date: \(expected)\r\n")
    }

    @Test(arguments: [
        ("Connection: Upgrade\r\nUpgrade: websocket", RequestProtocol.websocket),
        ("Connection: keep-alive, upgrade\r\nUpgrade: a, WebSocket", .websocket), ("Upgrade: websocket", .http),
        ("Connection: x\r\nConnection: upgrade\r\nUpgrade: websocket", .http),
        ("Accept: text/html, Text/Event-Stream", .sse), ("Accept: text/event-stream;q=1", .http),
        ("Content-Type: application/grpc", .grpc), ("Content-Type: application/grpc+proto", .grpc),
        ("Content-Type: application/grpc-web+proto", .grpcWeb), ("Content-Type: text/plain", .http), ("X: 1", .http),
    ])
    func protocolsAreLabelledAsTraefikDoes(fields: String, expected: RequestProtocol) throws {
        let head = try #require(request("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n"))
        #expect(head.requestProtocol == expected)
    }

    @Test func aLocalRequestIsACopy() throws {
        let head = try #require(request("GET /api/a%20b?x=%20 HTTP/1.1\r\nHost: A:1\r\nAccept: x\r\n\r\n"))
        let local = head.makeLocalRequest()
        #expect(local.method == "GET" && local.path == "/api/a b" && local.query == "x=%20" && local.authority == "A:1")
        #expect(local.firstValue(of: "ACCEPT") == "x")
        #expect(local.firstValue(of: "none") == nil)
    }

    @Test func everyKnownFieldIsRecognisedInAnyCase() {
        for known in KnownField.allCases where known != .other {
            let name = latin(hyphenated("\(known)"))
            for bytes in [name, latin(text(name).uppercased())] {
                #expect(KnownField.recognise(bytes.span, from: 0, count: bytes.count) == known)
                for index in bytes.indices {
                    var other = bytes
                    other[index] ^= 0x01
                    #expect(KnownField.recognise(other.span, from: 0, count: other.count) != known)
                }
            }
        }
    }

    /// `contentLength` as `content-length`.
    private func hyphenated(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
    }

    @Test func fieldsAreFoundByName() throws {
        let head = try #require(request("GET / HTTP/1.1\r\nHost: a\r\nX-Id: 1\r\nx-id: 2\r\n\r\n"))
        #expect(head.anyField(named: latin("x-id").span) { text($0) == "2" })
        #expect(!head.anyField(named: latin("x-id").span) { text($0) == "3" })
        #expect(!head.anyField(named: latin("x-if").span) { _ in true })
        #expect(head.first(.host) == 0 && head.first(.cookie) == nil)
    }
}
