/// The routes of one entry point, made ready for matching. A value: built off the loops, shared by all workers.
package struct RouteTable: Sendable {
    let routes: CompiledRoutes

    /// - Parameter entries: In any order.
    package init(_ entries: [RouteEntry] = []) { routes = CompiledRoutes(entries) }
}

/// A router as the table needs it.
package struct RouteEntry: Sendable {
    package let rule: Rule
    /// Higher comes first.
    package let priority: Int
    /// Lower comes first among equal priorities.
    package let order: Int
    package let router: RouterIndex

    package init(rule: Rule, priority: Int, order: Int, router: RouterIndex) {
        self.rule = rule
        self.priority = priority
        self.order = order
        self.router = router
    }
}

/// What a table holds: rules as tests, in the order in which they are asked.
final class CompiledRoutes: Sendable {
    let program: RouteProgram
    /// For each route its first test.
    let entrances: [Int32]
    let routers: [RouterIndex]

    init(_ entries: [RouteEntry]) {
        let sorted = entries.sorted { ($1.priority, $0.order) < ($0.priority, $1.order) }
        var program = RouteProgram()
        entrances = sorted.map { program.add($0.rule.root) }
        routers = sorted.map(\.router)
        self.program = program
    }
}
