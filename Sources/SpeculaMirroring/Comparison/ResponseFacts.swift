internal import SpeculaMetrics
internal import SpeculaRouting

/// What is known of one side's answer once it is over: enough to say how two of them compare.
internal struct ResponseFacts: Equatable {
    /// It came from a server, from its head to its end.
    var isWhole = false
    var status: UInt16 = 0
    /// Of the fields that are compared.
    var fields: UInt64 = 0
    /// Its status and its request's method let it have a body.
    var mayHaveBody = false
    /// The body is compressed, or otherwise another than it says.
    var isEncoded = false
    /// The body says that it is JSON.
    var isJSON = false
    /// It was longer than is read of a mirror: `length` counts what was.
    var isCutOff = false
    var length: UInt64 = 0
    /// Of the body's bytes.
    var digest: UInt64 = 0
    /// The body's bytes are at hand.
    var isHeld = false
}

/// How two answers compare: a pure function of what is known of both.
///
/// The worst is told, in this order: one side is not whole (`unpaired`), statuses differ, fields differ, lengths differ, bodies differ,
/// bodies could not be compared (`skipped`), all alike (`match`).
internal enum Judgement: Equatable {
    case result(ComparisonResult)
    /// Both bodies are JSON and differ in their bytes: what they say must be compared.
    case needsReading

    init(_ plan: MirrorComparisonPlan, primary: ResponseFacts, replica: ResponseFacts) {
        guard primary.isWhole, replica.isWhole else {
            self = .result(.unpaired)
            return
        }
        if plan.status, primary.status != replica.status {
            self = .result(.statusMismatch)
        } else if !plan.fields.isEmpty, primary.fields != replica.fields {
            self = .result(.headerMismatch)
        } else if plan.body == .none {
            self = .result(.match)
        } else if !primary.mayHaveBody || !replica.mayHaveBody || primary.isEncoded || replica.isEncoded {
            self = .result(.skipped)
        } else {
            self = Self.bodies(plan, primary, replica)
        }
    }

    private static func bodies(
        _ plan: MirrorComparisonPlan, _ primary: ResponseFacts, _ replica: ResponseFacts
    ) -> Judgement {
        if plan.body == .json { return json(plan, primary, replica) }
        // What was cut off is longer than `length` says: shorter than the other it may only seem.
        if replica.isCutOff, replica.length <= primary.length { return .result(.skipped) }
        if primary.length != replica.length { return .result(.lengthMismatch) }
        return .result(plan.body == .exact && primary.digest != replica.digest ? .bodyMismatch : .match)
    }

    private static func json(
        _ plan: MirrorComparisonPlan, _ primary: ResponseFacts, _ replica: ResponseFacts
    ) -> Judgement {
        if !primary.isJSON, !replica.isJSON { return .result(.skipped) }
        let limit = UInt64(plan.maxBodyBytes)
        if replica.isCutOff || primary.length > limit || replica.length > limit { return .result(.skipped) }
        if primary.isJSON != replica.isJSON { return .result(.bodyMismatch) }
        if primary.length == replica.length, primary.digest == replica.digest { return .result(.match) }
        return primary.isHeld && replica.isHeld ? .needsReading : .result(.skipped)
    }
}
