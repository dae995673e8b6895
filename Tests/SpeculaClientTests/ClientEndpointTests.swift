import SpeculaHTTP
import Testing

@testable import SpeculaClient

@Suite struct ClientEndpointTests {
    @Test(arguments: [
        ("http://a", "http://a"), ("http://a:80/", "http://a"), ("https://a:443/b/c/", "https://a/b/c"),
        ("https://a:6443", "https://a:6443"), ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("HTTP://a:81", "http://a:81"),
    ])
    func readsURL(_ text: String, _ expected: String) { #expect(ClientEndpoint(text)?.description == expected) }

    @Test(arguments: [
        "", "a", "ftp://a", "http://", "http://a:0", "http://a:99999", "http://a b", "http://u@a", "http://[::1",
        "http://a\r\nb",
    ])
    func refusesWhatIsNone(_ text: String) { #expect(ClientEndpoint(text) == nil) }

    @Test func writesAHead() throws {
        let endpoint = try #require(ClientEndpoint("http://[::1]:81/api"))
        let request = ClientRequest(
            .post, endpoint, "/v1?a=b", fields: [("X-A", "1\r\nX-B: 2")], body: Array("hello".utf8))
        #expect(
            String(decoding: request.writtenHead(), as: UTF8.self)
                == "POST /api/v1?a=b HTTP/1.1\r\nHost: [::1]:81\r\nX-A: 1X-B: 2\r\nContent-Length: 5\r\n\r\n")
    }
}
