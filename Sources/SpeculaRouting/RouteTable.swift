/// The routes of one entry point, made ready for matching.
///
/// A value: built off the loops, shared by all workers.
package struct RouteTable: Sendable {
    let shared: Shared

    /// - Parameter entries: In any order.
    package init(_ entries: [RouteEntry] = []) { shared = Shared(RouteIndex(entries)) }

    /// One reference, whatever the table holds.
    final class Shared: Sendable {
        let index: RouteIndex

        init(_ index: consuming RouteIndex) { self.index = index }
    }
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
