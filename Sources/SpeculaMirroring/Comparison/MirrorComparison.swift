internal import SpeculaRouting

/// A mirror's `compare`, made ready: what is compared, the paths that do not count, and which copies it is done for.
internal final class MirrorComparison: Sendable {
    let plan: MirrorComparisonPlan
    let ignored: IgnoredPaths
    /// Of its own, so that its share is exact among the copies that are sent.
    private let ticket: Ticket
    /// Bytes of a body that are hashed: as many as are read of a mirror's.
    let hashedBytes: UInt64
    let heldBytes: Int

    init(_ plan: MirrorComparisonPlan, maxResponseBytes: Int, ticket: Ticket) {
        self.plan = plan
        self.ticket = ticket
        ignored = IgnoredPaths(plan.ignored)
        switch plan.body {
        case .none, .length: hashedBytes = 0
        case .exact, .json: hashedBytes = UInt64(max(maxResponseBytes, plan.maxBodyBytes))
        }
        heldBytes = plan.body == .json ? plan.maxBodyBytes : 0
    }

    /// Whether the copy that is being sent is one that is compared.
    func choosesCopy() -> Bool {
        plan.ratioMillionths >= 1_000_000
            || MirrorSample.isChosen(ticket: ticket.next(), ratioMillionths: plan.ratioMillionths)
    }
}
