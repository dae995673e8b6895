/// Finds the router of a request: a table with one worker's own regular expressions.
package final class RouteMatcher {
    private let routes: CompiledRoutes
    private let expressions: WorkerExpressions

    package init(_ table: RouteTable) {
        routes = table.routes
        expressions = WorkerExpressions(table.routes.program.patterns)
    }

    /// The router that takes the request: the first of those whose rules hold, by priority. Nil: none does.
    package func route(_ facts: some RequestFacts) -> RouterIndex? {
        var found: RouterIndex?
        facts.withHost { host in
            facts.withPath { path in
                facts.withMethod { method in
                    found = find(host, path, method, facts)
                }
            }
        }
        return found
    }

    private func find(
        _ host: Span<UInt8>, _ path: Span<UInt8>, _ method: Span<UInt8>, _ facts: some RequestFacts
    ) -> RouterIndex? {
        for rank in routes.entrances.indices {
            if routes.program.holds(routes.entrances[rank], host, path, method, facts, expressions) {
                return routes.routers[rank]
            }
        }
        return nil
    }
}

@available(*, unavailable)
extension RouteMatcher: Sendable {}

/// One worker's expressions, each compiled at first use: RE2 objects share nothing between threads.
final class WorkerExpressions {
    private let patterns: [RegexPattern]
    private var compiled: [RegularExpression?]
    /// Holds a decoded value of a query.
    var scratch: [UInt8] = []

    init(_ patterns: [RegexPattern]) {
        self.patterns = patterns
        compiled = Array(repeating: nil, count: patterns.count)
    }

    subscript(index: UInt32) -> RegularExpression? {
        if let expression = compiled[Int(index)] { return expression }
        let expression = RegularExpression(checked: patterns[Int(index)])
        compiled[Int(index)] = expression
        return expression
    }
}

@available(*, unavailable)
extension WorkerExpressions: Sendable {}
