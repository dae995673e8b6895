import Testing

@testable import SpeculaRouting

struct RouteTableTests {
    private func table(_ rules: [(text: String, priority: Int, order: Int)]) throws -> RouteMatcher {
        RouteMatcher(
            RouteTable(
                try rules.enumerated().map { place, rule in
                    RouteEntry(
                        rule: try Rule(parsing: rule.text), priority: rule.priority, order: rule.order,
                        router: RouterIndex(place))
                }))
    }

    @Test func anEmptyTableTakesNothing() {
        #expect(RouteMatcher(RouteTable()).route(TestRequest(host: "a")) == nil)
    }

    @Test func higherPriorityComesFirst() throws {
        let matcher = try table([("Host(`a`)", 1, 0), ("PathPrefix(`/`)", 2, 0), ("Host(`b`)", -3, 0)])
        #expect(matcher.route(TestRequest(host: "a")) == RouterIndex(1))
        let other = try table([("Host(`a`)", 3, 0), ("PathPrefix(`/`)", 2, 0)])
        #expect(other.route(TestRequest(host: "a")) == RouterIndex(0))
        #expect(other.route(TestRequest(host: "b")) == RouterIndex(1))
    }

    @Test func equalPrioritiesGoByOrder() throws {
        let matcher = try table([("Host(`a`)", 5, 9), ("PathPrefix(`/`)", 5, 2), ("Method(`GET`)", 5, 4)])
        #expect(matcher.route(TestRequest(host: "a")) == RouterIndex(1))
    }

    @Test func extremePrioritiesSort() throws {
        let matcher = try table([("Path(`/`)", .min, 0), ("Path(`/`)", .max, 0), ("Path(`/`)", 0, 0)])
        #expect(matcher.route(TestRequest()) == RouterIndex(1))
    }

    @Test func longerRulesComeFirstByDefault() throws {
        let rules = ["Host(`a`)", "Host(`a`) && PathPrefix(`/b`)", "Host(`a`) && PathPrefix(`/b/c`)"]
        #expect(try route(rules, TestRequest(host: "a", path: "/b/c")) == 2)
        #expect(try route(rules, TestRequest(host: "a", path: "/b")) == 1)
        #expect(try route(rules, TestRequest(host: "a", path: "/")) == 0)
        #expect(try route(rules, TestRequest(host: "b", path: "/b/c")) == nil)
    }

    @Test func tenThousandHostsFindTheirOwn() throws {
        var rules = (0..<10_000).map { "Host(`h\($0).example.com`)" }
        rules.append("Host(`*.example.com`)")
        rules.append("Path(`/`)")
        for host in [0, 1, 4999, 9999] {
            #expect(try route(rules, TestRequest(host: "h\(host).example.com")) == host)
        }
        #expect(try route(rules, TestRequest(host: "x.example.com")) == 10_000)
        #expect(try route(rules, TestRequest(host: "h7.example.org")) == 10_001)
    }

    @Test func manyPathsOfOneHostFindTheirOwn() throws {
        let rules = (0..<2_000).flatMap { ["Host(`a`) && PathPrefix(`/p\($0)/`)", "Host(`a`) && Path(`/p\($0)`)"] }
        #expect(try route(rules, TestRequest(host: "a", path: "/p17/x")) == 34)
        #expect(try route(rules, TestRequest(host: "a", path: "/p17")) == 35)
        #expect(try route(rules, TestRequest(host: "a", path: "/p1999/")) == 3998)
        #expect(try route(rules, TestRequest(host: "a", path: "/p2000/")) == nil)
        #expect(try route(rules, TestRequest(host: "b", path: "/p17")) == nil)
    }

    /// Each path the beginning of the next: the tree is as deep as it is long.
    @Test func pathsInsideOneAnotherAreNoTrouble() throws {
        let rules = (1...1_000).map { "PathPrefix(`/" + String(repeating: "a", count: $0) + "`)" }
        #expect(try route(rules, TestRequest(path: "/" + String(repeating: "a", count: 700) + "b")) == 699)
        #expect(try route(rules, TestRequest(path: "/b")) == nil)
    }

    /// 100 alternatives of the host and 100 of the path: more pairs than the table keeps.
    @Test func veryManyAlternativesStayRight() throws {
        let hosts = (0..<100).map { "Host(`h\($0)`)" }.joined(separator: " || ")
        let paths = (0..<100).map { "Path(`/p\($0)`)" }.joined(separator: " || ")
        let rule = "(\(hosts)) && (\(paths))"
        #expect(try takes(rule, TestRequest(host: "h99", path: "/p99")))
        #expect(try !takes(rule, TestRequest(host: "h99", path: "/p100")))
        #expect(try !takes(rule, TestRequest(host: "h100", path: "/p99")))
    }
}
