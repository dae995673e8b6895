@testable import SpeculaRouting

/// A request for tests, its parts as they reach rules: host and path canonical, query as sent.
struct TestRequest: RequestFacts {
    var host = ""
    var path = "/"
    var method = "GET"
    var query = ""
    var fields: [(name: String, value: String)] = []
    var address = "127.0.0.1"

    func withHost(_ body: (Span<UInt8>) -> Void) { lend(host, body) }
    func withPath(_ body: (Span<UInt8>) -> Void) { lend(path, body) }
    func withMethod(_ body: (Span<UInt8>) -> Void) { lend(method, body) }
    func withQuery(_ body: (Span<UInt8>) -> Void) { lend(query, body) }

    func anyField(named name: Span<UInt8>, where condition: (Span<UInt8>) -> Bool) -> Bool {
        let wanted = name.indices.map { name[$0] }
        for field in fields where Array(field.name.lowercased().utf8) == wanted {
            let value = Array(field.value.utf8)
            if condition(value.span) { return true }
        }
        return false
    }

    var clientAddress: (UInt64, UInt64) {
        guard let address = Address(address) else { return (0, 0) }
        return (address.high, address.low)
    }

    private func lend(_ text: String, _ body: (Span<UInt8>) -> Void) {
        let bytes = Array(text.utf8)
        body(bytes.span)
    }
}

/// The router that a table of these rules gives a request to: its place among the rules.
///
/// Priorities are the rules' lengths.
func route(_ rules: [String], _ request: TestRequest) throws -> Int? {
    let entries = try rules.enumerated().map { place, text in
        RouteEntry(
            rule: try Rule(parsing: text), priority: Rule.defaultPriority(of: text), order: place,
            router: RouterIndex(place))
    }
    return RouteMatcher(RouteTable(entries)).route(request).map { Int($0.value) }
}

/// True if a rule takes a request.
func takes(_ rule: String, _ request: TestRequest) throws -> Bool { try route([rule], request) == 0 }

extension [UInt8] {
    init(_ text: String) { self = Array(text.utf8) }
}

extension RegularExpression {
    /// For expectations, which cannot hold a span.
    func matches(_ bytes: [UInt8]) -> Bool { matches(bytes.span) }
}
