import Testing

@testable import SpeculaConfiguration

@Test(arguments: [
    ("http://10.0.0.1", "10.0.0.1", 80, "10.0.0.1", "", "http://10.0.0.1"),
    ("HTTP://Host.example:8080/a/b", "Host.example", 8080, "Host.example:8080", "/a/b", "http://Host.example:8080/a/b"),
    ("https://[::1]:8443/", "::1", 8443, "[::1]:8443", "/", "https://[::1]:8443/"),
    ("http://[fe80::1]", "fe80::1", 80, "[fe80::1]", "", "http://[fe80::1]"),
    ("http://user:pw@h:1/x?y#z", "h", 1, "h:1", "/x", "http://user:pw@h:1/x?y#z"),
    ("http://h:/p q", "h", 80, "h:", "/p%20q", "http://h:/p%20q"),
    ("h2c://h:50051", "h", 50051, "h:50051", "", "h2c://h:50051"),
])
func serverURLIsReadAsByGo(
    written: String, host: String, port: Int, authority: String, path: String, printed: String
) throws {
    let url = try ServerURL(parsing: written)
    #expect(url.host == host)
    #expect(Int(url.port) == port)
    #expect(url.authority == authority)
    #expect(url.path == path)
    #expect(url.text == printed)
}

@Test(arguments: [
    "", "not a url", "10.0.0.1:80", "ftp://x", "http://", "http:///x", "http://:80", "http://a:b", "http://a:99999",
    "http://[::1", "http://[::1]x", "http://::1:80", "http://a b", "http://a\u{1}", "://x",
])
func whatIsNoServerIsRefused(written: String) {
    #expect(throws: ServerURL.Failure.self) { try ServerURL(parsing: written) }
}

@Test func stickyNamesAndValuesAreTraefiks() {
    #expect(StickyCookieCompiler.defaultName(for: "t@file") == "_98439")
    #expect(StickyCookieCompiler.value(for: "http://10.0.0.1") == Digest.sha256("http://10.0.0.1", digits: 16))
    #expect(Digest.sha256("abc", digits: 16) == "ba7816bf8f01cfea")
    #expect(Digest.sha1("abc", digits: 5) == "a9993")
}
