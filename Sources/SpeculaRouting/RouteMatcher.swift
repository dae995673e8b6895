/// Finds the router of a request: a table with one worker's own regular expressions.
package final class RouteMatcher {
    private let table: RouteTable.Shared
    private let expressions: WorkerExpressions

    package init(_ table: RouteTable) {
        self.table = table.shared
        expressions = WorkerExpressions(table.shared.index.program.patterns)
    }

    /// The router that takes the request: the first of those whose rules hold, by priority.
    ///
    /// Nil: none does.
    package func route(_ facts: some RequestFacts) -> RouterIndex? {
        var best = Int32.max
        facts.withHost { host in
            facts.withPath { path in
                facts.withMethod { method in
                    best = table.index.lowestRank(host, path, method, facts, expressions)
                }
            }
        }
        return best == .max ? nil : table.index.routers[Int(best)]
    }
}

@available(*, unavailable)
extension RouteMatcher: Sendable {}
