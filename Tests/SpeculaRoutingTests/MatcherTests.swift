import Testing

@testable import SpeculaRouting

struct MatcherTests {
    @Test(arguments: [
        ("Host(`example.com`)", "example.com", true), ("Host(`EXAMPLE.com`)", "example.com", true),
        ("Host(`example.com.`)", "example.com", true), ("Host(`example.com`)", "example.com.", true),
        ("Host(`example.com.`)", "example.com.", true), ("Host(`example.com`)", "example.com..", false),
        ("Host(`example.com`)", "xexample.com", false), ("Host(`example.com`)", "", false),
        ("Host(`*`)", "anything", true), ("Host(`*`)", "", false),
        ("Host(`*.example.com`)", "a.example.com", true), ("Host(`*.example.com`)", "a.example.com.", true),
        ("Host(`*.example.com.`)", "a.example.com", true), ("Host(`*.example.com`)", "example.com", false),
        ("Host(`*.example.com`)", "a.b.example.com", false), ("Host(`*.example.com`)", ".example.com", false),
        ("Host(`*.example.com`)", "aexample.com", false), ("Host(`::1`)", "::1", true),
        ("HostRegexp(`^a\\.`)", "a.b", true), ("HostRegexp(`^a\\.`)", "b.a.", false),
        ("HostRegexp(`(?<sub>[a-z]+)\\.b`)", "a.b", true), ("HostRegexp(`^$`)", "a.b", true),
    ])
    func host(rule: String, host: String, isTaken: Bool) throws {
        #expect(try takes(rule, TestRequest(host: host)) == isTaken)
    }

    @Test(arguments: [
        ("Path(`/a`)", "/a", true), ("Path(`/a`)", "/a/", false), ("Path(`/a`)", "/A", false),
        ("PathPrefix(`/a`)", "/ab", true), ("PathPrefix(`/a/`)", "/a", false), ("PathPrefix(`/`)", "/", true),
        ("PathRegexp(`b$`)", "/a/b", true), ("PathRegexp(`^/a(b|c)+$`)", "/abcb", true),
        ("PathRegexp(`^/é.$`)", "/éü", true), ("PathRegexp(`^/a$`)", "/ab", false),
        ("Path(`/{id}`)", "/{id}", true), ("Path(`/{id}`)", "/1", false),
    ])
    func path(rule: String, path: String, isTaken: Bool) throws {
        #expect(try takes(rule, TestRequest(path: path)) == isTaken)
    }

    @Test(arguments: [
        ("Method(`GET`)", "GET", true), ("Method(`get`)", "GET", true), ("Method(`get`)", "get", false),
        ("Method(`GET`)", "GETS", false), ("Method(`FOO`)", "FOO", true),
    ])
    func method(rule: String, method: String, isTaken: Bool) throws {
        #expect(try takes(rule, TestRequest(method: method)) == isTaken)
    }

    @Test(arguments: [
        ("Header(`X-A`, `1`)", true), ("Header(`x-a`, `2`)", true), ("Header(`X-A`, `3`)", false),
        ("Header(`X-B`, `1`)", false), ("Header(`X-A`, `1, 2`)", false), ("HeaderRegexp(`X-A`, `^[2-9]$`)", true),
        ("HeaderRegexp(`X-A`, `^[3-9]$`)", false), ("HeaderRegexp(`X-B`, `.*`)", false),
        ("Header(`Host`, `a`)", false), ("HeaderRegexp(`Host`, `.*`)", false), ("!Header(`Host`, `a`)", true),
        ("HeaderRegexp(`Transfer-Encoding`, `.*`)", false), ("HeaderRegexp(`X-Empty`, `^$`)", true),
    ])
    func header(rule: String, isTaken: Bool) throws {
        let fields = [("X-A", "1"), ("x-a", "2"), ("Host", "a"), ("Transfer-Encoding", "chunked"), ("X-Empty", "")]
        #expect(try takes(rule, TestRequest(fields: fields.map { (name: $0.0, value: $0.1) })) == isTaken)
    }

    @Test(arguments: [
        ("Query(`a`)", "a", true), ("Query(`a`)", "a=", true), ("Query(`a`)", "a=1", false),
        ("Query(`a`, `1`)", "a=1", true), ("Query(`a`, `1`)", "b=2&a=3&a=1", true), ("Query(`a`, `1`)", "A=1", false),
        ("Query(`a b`, `c d`)", "a+b=c%20d", true), ("Query(`a`, `=`)", "a==", true),
        ("Query(`a`, `1`)", "a=1;", false),
        ("Query(`a`, `%`)", "a=%", false), ("Query(`a`, `1`)", "a=%zz&a=1", true), ("Query(`a`, `1`)", "&&a=1", true),
        ("Query(`a`, `+`)", "a=%2B", true), ("Query(`a`, `/`)", "a=%2f", true), ("Query(`a`)", "", false),
        ("QueryRegexp(`a`, `^[12]$`)", "a=3&a=2", true), ("QueryRegexp(`a`, `^[12]$`)", "a=12", false),
        ("QueryRegexp(`a`)", "a=", true), ("QueryRegexp(`a`)", "a=1", false),
        ("QueryRegexp(`a`, `^b c$`)", "a=b+c", true),
        ("QueryRegexp(`a`, `.*`)", "b=1", false), ("QueryRegexp(`a`, `.*`)", "a=%", false),
    ])
    func query(rule: String, query: String, isTaken: Bool) throws {
        #expect(try takes(rule, TestRequest(query: query)) == isTaken)
    }

    @Test(arguments: [
        ("ClientIP(`127.0.0.1`)", "127.0.0.1", true), ("ClientIP(`127.0.0.2/31`)", "127.0.0.3", true),
        ("ClientIP(`10.0.0.0/8`)", "127.0.0.1", false), ("ClientIP(`::1`)", "::1", true),
        ("ClientIP(`127.0.0.1`)", "::ffff:127.0.0.1", true), ("ClientIP(`::/0`)", "127.0.0.1", false),
    ])
    func clientIP(rule: String, address: String, isTaken: Bool) throws {
        #expect(try takes(rule, TestRequest(address: address)) == isTaken)
    }

    /// Go takes a byte that is no UTF-8 for U+FFFD; RE2 alone would match nothing there.
    @Test func brokenTextMatchesAsInGo() throws {
        let expression = try #require(RegularExpression(checked: RegexPattern([UInt8]("^a.b$"))))
        #expect(expression.matches([UInt8(ascii: "a"), 0xFF, UInt8(ascii: "b")]))
        #expect(!expression.matches([UInt8(ascii: "a"), 0xC3, 0x28, UInt8(ascii: "b")]))
        let replacement = try #require(RegularExpression(checked: RegexPattern([UInt8]("^\\x{FFFD}$"))))
        #expect(replacement.matches([0xFF]))
    }
}
