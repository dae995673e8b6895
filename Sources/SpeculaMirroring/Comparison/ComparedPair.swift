internal import SpeculaHTTP
internal import SpeculaRouting

/// One copy whose answer is held against the primary's; used again and again.
internal final class ComparedPair {
    private(set) var mirror: Mirror?
    private(set) var replica = ResponseRecord()
    /// What the access log is told once there is a result; nil: it does not ask.
    var untold: CopyFacts?
    private let budget: MirrorBudget

    init(budget: MirrorBudget) { self.budget = budget }

    func begin(_ mirror: Mirror) {
        self.mirror = mirror
        replica = ResponseRecord()
        if let comparison = mirror.comparison {
            replica.expect(hashing: comparison.hashedBytes, holding: comparison.heldBytes)
        }
    }

    // MARK: Told by the copy

    func answered(_ head: ResponseHead, of method: Method) {
        replica.head(head, of: method, budget)
        if let plan = mirror?.comparison?.plan, !plan.fields.isEmpty {
            replica.note(fields: FieldDigest.digest(of: head, plan.fields))
        }
    }

    func body(_ part: Span<UInt8>) { replica.body(part, budget) }

    /// The copy is over: `isWhole` or not, or its answer longer than is read.
    func ended(isWhole: Bool, isCutOff: Bool) {
        if isWhole || isCutOff { replica.end(isCutOff: isCutOff) }
    }

    func end() {
        replica.letGo(budget)
        mirror = nil
        untold = nil
    }
}

@available(*, unavailable)
extension ComparedPair: Sendable {}
