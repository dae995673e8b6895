import SpeculaHTTP
import SpeculaRouting
import SpeculaUpstream
import Testing

@testable import SpeculaProxy

/// A rule on a forwarded field must not be satisfied by a client that merely says so.
@Suite struct RoutedRequestTests {
    private func matches(_ rule: String, fields: String, isTrusted: Bool) throws -> Bool {
        let head = RequestHead()
        var parser = RequestParser()
        let bytes = Array("GET / HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n".utf8)
        let step = parser.consume(bytes.span, into: head)
        try #require(step == .complete(consumed: bytes.count))
        #expect(head.prepareTarget(TargetPolicy()) == nil)
        let entry = RouteEntry(rule: try Rule(parsing: rule), priority: 1, order: 0, router: RouterIndex(0))
        let forward = ForwardContext(
            policy: ForwardPolicy(hostName: []), clientAddress: Array("10.1.2.3".utf8), isTrusted: isTrusted,
            isTLS: false)
        let request = RoutedRequest(head: head, clientAddress: (0, 0), origin: forward)
        return RouteMatcher(RouteTable([entry])).route(request) != nil
    }

    @Test(arguments: [
        ("Header(`X-Forwarded-Proto`, `https`)", "X-Forwarded-Proto: https\r\n"),
        ("Header(`X-Real-Ip`, `1.2.3.4`)", "X-Real-Ip: 1.2.3.4\r\n"),
        ("Header(`X-Forwarded-For`, `1.2.3.4`)", "X-Forwarded-For: 1.2.3.4\r\n"),
    ])
    func forwardedFieldsCountOnlyFromTheTrusted(_ rule: String, _ fields: String) throws {
        #expect(try matches(rule, fields: fields, isTrusted: true))
        #expect(try !matches(rule, fields: fields, isTrusted: false))
    }

    @Test func rulesSeeWhatTheGatewayItselfWillWrite() throws {
        #expect(try matches("Header(`X-Real-Ip`, `10.1.2.3`)", fields: "", isTrusted: false))
        #expect(try matches("Header(`X-Forwarded-Proto`, `http`)", fields: "", isTrusted: false))
        #expect(try matches("Header(`X-Forwarded-Host`, `a.example`)", fields: "", isTrusted: false))
    }

    @Test func otherFieldsAreTheClientsOwn() throws {
        #expect(try matches("Header(`X-Tenant`, `1`)", fields: "X-Tenant: 1\r\n", isTrusted: false))
    }
}
