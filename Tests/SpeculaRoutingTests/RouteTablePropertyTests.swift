import Testing

@testable import SpeculaRouting

/// Random rules and requests: the compiled table against asking one rule after the other, straight from the grammar.
///
/// `ROUTING_SEED` sets the first seed, `ROUTING_ROUNDS` how many tables are made.
struct RouteTablePropertyTests {
    @Test func tableAnswersAsAskingEveryRuleDoes() throws {
        let first = UInt64(environment("ROUTING_SEED") ?? "") ?? 1
        let rounds = UInt64(environment("ROUTING_ROUNDS") ?? "") ?? 400
        for seed in first..<first + rounds {
            var random = SeededRandom(seed: seed)
            let count = Int.random(in: 1...60, using: &random)
            let rules = (0..<count).map { _ in RandomRule.make(depth: 3, &random) }
            let priorities = rules.map { _ in Int.random(in: 0...8, using: &random) }
            let entries = try rules.indices.map { place in
                RouteEntry(
                    rule: try Rule(parsing: rules[place].text), priority: priorities[place], order: place,
                    router: RouterIndex(place))
            }
            let matcher = RouteMatcher(RouteTable(entries.shuffled(using: &random)))
            let ranked = rules.indices.sorted { (-priorities[$0], $0) < (-priorities[$1], $1) }
            for _ in 0..<60 {
                let request = RandomRequest.make(&random)
                let expected = ranked.first { rules[$0].holds(for: request) }
                let found = matcher.route(request).map { Int($0.value) }
                try #require(
                    found == expected,
                    """
                    seed \(seed): \(request)
                    expected \(expected.map { rules[$0].text } ?? "none"), found \(found.map { rules[$0].text } ?? "none")
                    """)
            }
        }
    }
}

/// A rule as its grammar has it, and what it says about a request.
indirect enum RandomRule {
    case host(String), hostRegexp(String), path(String), pathPrefix(String), pathRegexp(String), method(String)
    case header(String, String), query(String, String), clientIP(String)
    case not(RandomRule), and(RandomRule, RandomRule), or(RandomRule, RandomRule)

    static let hosts = ["a", "a.", "b.a", "*.a", "*", "c.b.a", "*.b.a.", "A.B", "a.b", "*.b"]
    static let paths = ["/", "/a", "/ab", "/a/", "/a/b", "/a/b/c", "/b", "/abc/d", "/a//b", "/é", "/èa"]

    static func make(depth: Int, _ random: inout SeededRandom) -> RandomRule {
        func pick(_ values: [String]) -> String { values[Int.random(in: 0..<values.count, using: &random)] }
        let kind = Int.random(in: 0..<(depth > 0 ? 24 : 12), using: &random)
        switch kind {
        case 0, 1, 2: return .host(pick(hosts))
        case 3: return .hostRegexp(pick(["^a", "b$", "^[ab.]+$", "^$", "x"]))
        case 4, 5: return .path(pick(paths))
        case 6, 7: return .pathPrefix(pick(paths))
        case 8: return .pathRegexp(pick(["^/a", "b$", "/b", "^/.$"]))
        case 9: return .method(pick(["GET", "put"]))
        case 10: return Bool.random(using: &random) ? .header("X-A", pick(["1", "2"])) : .query("q", pick(["1", "2"]))
        case 11: return .clientIP(pick(["10.0.0.0/8", "127.0.0.1"]))
        case 12, 13: return .not(make(depth: depth - 1, &random))
        case 14...19: return .and(make(depth: depth - 1, &random), make(depth: depth - 1, &random))
        default: return .or(make(depth: depth - 1, &random), make(depth: depth - 1, &random))
        }
    }

    var text: String {
        switch self {
        case .host(let name): "Host(`\(name)`)"
        case .hostRegexp(let pattern): "HostRegexp(`\(pattern)`)"
        case .path(let path): "Path(`\(path)`)"
        case .pathPrefix(let path): "PathPrefix(`\(path)`)"
        case .pathRegexp(let pattern): "PathRegexp(`\(pattern)`)"
        case .method(let method): "Method(`\(method)`)"
        case .header(let name, let value): "Header(`\(name)`, `\(value)`)"
        case .query(let key, let value): "Query(`\(key)`, `\(value)`)"
        case .clientIP(let range): "ClientIP(`\(range)`)"
        case .not(let rule): "!(\(rule.text))"
        case .and(let left, let right): "(\(left.text)) && (\(right.text))"
        case .or(let left, let right): "(\(left.text)) || (\(right.text))"
        }
    }

    func holds(for request: TestRequest) -> Bool {
        switch self {
        case .host(let name): hostHolds(name.lowercased(), request.host)
        case .hostRegexp(let pattern):
            switch pattern {
            case "^a": request.host.hasPrefix("a")
            case "b$": request.host.hasSuffix("b")
            case "^[ab.]+$": !request.host.isEmpty && request.host.allSatisfy { "ab.".contains($0) }
            case "^$": true
            default: request.host.contains("x")
            }
        case .path(let path): request.path == path
        case .pathPrefix(let path): request.path.utf8.starts(with: path.utf8)
        case .pathRegexp(let pattern):
            switch pattern {
            case "^/a": request.path.hasPrefix("/a")
            case "b$": request.path.hasSuffix("b")
            case "/b":
                Array(request.path.utf8).indices.contains { request.path.utf8.dropFirst($0).starts(with: "/b".utf8) }
            default: request.path.unicodeScalars.count == 2
            }
        case .method(let method): request.method == method.uppercased()
        case .header(_, let value): request.fields.contains { $0.value == value }
        case .query(_, let value): request.query.split(separator: "&").contains { $0 == "q=\(value)" }
        case .clientIP(let range): range == "127.0.0.1" ? request.address == range : request.address.hasPrefix("10.")
        case .not(let rule): !rule.holds(for: request)
        case .and(let left, let right): left.holds(for: request) && right.holds(for: request)
        case .or(let left, let right): left.holds(for: request) || right.holds(for: request)
        }
    }

    private func hostHolds(_ name: String, _ host: String) -> Bool {
        guard !host.isEmpty else { return false }
        if name == "*" { return true }
        func dropped(_ text: String) -> String { text.hasSuffix(".") ? String(text.dropLast()) : text }
        guard name.hasPrefix("*.") else { return host == name || host + "." == name || host == name + "." }
        let labels = dropped(host).split(separator: ".", omittingEmptySubsequences: false)
        return labels.count > 1 && !labels[0].isEmpty
            && labels.dropFirst().joined(separator: ".") == dropped(String(name.dropFirst(2)))
    }
}

enum RandomRequest {
    static func make(_ random: inout SeededRandom) -> TestRequest {
        func pick(_ values: [String]) -> String { values[Int.random(in: 0..<values.count, using: &random)] }
        return TestRequest(
            host: pick(["a", "a.", "b.a", "c.a.", "b.b.a", "a.b", "b.b", "", "x", "a..", ".a"]),
            path: pick(RandomRule.paths + ["/a/b/c/d", "/x", "/abc"]), method: pick(["GET", "PUT"]),
            query: pick(["", "q=1", "q=1&q=2", "x=1"]),
            fields: Bool.random(using: &random) ? [(name: "x-a", value: pick(["1", "2", "3"]))] : [],
            address: pick(["10.1.2.3", "127.0.0.1", "::1"]))
    }
}
