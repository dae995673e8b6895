import Testing

@testable import SpeculaRouting

struct StickyCookieTests {
    private func value(_ name: String, in field: String) -> String? {
        let bytes = [UInt8](field)
        return StickyCookiePlan(name: name, attributes: "").value(in: bytes.span)
            .map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test(arguments: [
        ("lb=1", "1"), ("a=0; lb=1", "1"), ("a=0;lb=1;b=2", "1"), (" lb = 1 ", " 1"), ("lb =1", "1"), ("LB=1", nil),
        ("lb2=1", nil),
        ("lb", ""), ("lb; lb=1", ""), ("lb=", ""), ("lb=\"1\"", "1"), ("lb=\"", nil), ("lb=1\"2; lb=3", "3"),
        ("lb=1; lb=2", "1"),
        ("lb=a=b", "a=b"), ("lb=ü", nil), ("", nil), (";;", nil), ("lb=a b", "a b"), ("lb=\\", nil),
    ])
    func valuesAreReadAsByGo(field: String, expected: String?) {
        #expect(value("lb", in: field) == expected)
    }

    private func match(_ plan: LoadBalancerPlan, _ value: String) -> StickyMatch? {
        let bytes = [UInt8](value)
        return plan.server(stickyValue: bytes.span)
    }

    @Test func valuesMeanServers() {
        let plan = LoadBalancerPlan.fixture([.fixture("http://10.0.0.2:80"), .fixture("http://10.0.0.1:80")])
        #expect(match(plan, "sticky-http://10.0.0.1:80") == StickyMatch(index: 1, needsNewCookie: false))
        #expect(match(plan, "http://10.0.0.1:80") == StickyMatch(index: 1, needsNewCookie: true))
        #expect(match(plan, "6773b9eb3f0631af") == StickyMatch(index: 1, needsNewCookie: true))
        #expect(match(plan, "a3882de487ebf0dc") == StickyMatch(index: 1, needsNewCookie: true))
        #expect(match(plan, "") == nil)
        #expect(match(plan, "unknown") == nil)
    }
}
