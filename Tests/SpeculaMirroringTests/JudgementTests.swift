import SpeculaMetrics
import SpeculaRouting
import Testing

@testable import SpeculaMirroring

/// How two answers compare, by what is known of both.
@Suite struct JudgementTests {
    private static let whole = ResponseFacts(
        isWhole: true, status: 200, fields: 7, mayHaveBody: true, isJSON: true, length: 10, digest: 1, isHeld: true)

    private func judge(
        _ body: MirrorComparisonPlan.Body, fields: Bool = true, status: Bool = true,
        _ changeReplica: (inout ResponseFacts) -> Void, primary changePrimary: (inout ResponseFacts) -> Void = { _ in }
    ) -> Judgement {
        var plan = MirrorComparisonPlan()
        plan.body = body
        plan.status = status
        plan.maxBodyBytes = 100
        if fields { plan.fields = [[1]] }
        var (primary, replica) = (Self.whole, Self.whole)
        changePrimary(&primary)
        changeReplica(&replica)
        return Judgement(plan, primary: primary, replica: replica)
    }

    private static let bodies: [MirrorComparisonPlan.Body] = [.none, .length, .exact, .json]

    @Test(arguments: bodies)
    func theSameIsAMatch(body: MirrorComparisonPlan.Body) {
        #expect(judge(body, { _ in }) == .result(.match))
    }

    @Test(arguments: bodies)
    func theWorstIsTold(body: MirrorComparisonPlan.Body) {
        #expect(judge(body, { $0 = ResponseFacts() }) == .result(.unpaired))
        #expect(judge(body, { $0.status = 500 }, primary: { $0.isWhole = false }) == .result(.unpaired))
        let all: (inout ResponseFacts) -> Void = {
            $0.status = 201
            $0.fields = 8
            $0.length = 11
            $0.digest = 2
        }
        #expect(judge(body, all) == .result(.statusMismatch))
        #expect(judge(body, status: false, all) == .result(.headerMismatch))
        let expected: Judgement =
            switch body {
            case .none: .result(.match)
            case .length, .exact: .result(.lengthMismatch)
            case .json: .needsReading
            }
        #expect(judge(body, fields: false, status: false, all) == expected)
    }

    @Test func bytesOfOneLengthDiffer() {
        #expect(judge(.exact, { $0.digest = 2 }) == .result(.bodyMismatch))
        #expect(judge(.length, { $0.digest = 2 }) == .result(.match))
        #expect(judge(.json, { $0.digest = 2 }) == .needsReading)
    }

    @Test(arguments: [MirrorComparisonPlan.Body.length, .exact, .json])
    func whatCannotBeComparedIsSkipped(body: MirrorComparisonPlan.Body) {
        #expect(judge(body, { $0.isEncoded = true }) == .result(.skipped))
        #expect(judge(body, { $0.isEncoded = true }, primary: { $0.isEncoded = true }) == .result(.skipped))
        #expect(judge(body, { $0.mayHaveBody = false }) == .result(.skipped))
        #expect(judge(body, { $0.status = 404 }, primary: { $0.mayHaveBody = false }) == .result(.statusMismatch))
        // A mirror's body that goes on where no more is read.
        let cutOff = judge(body) {
            $0.isCutOff = true
            $0.length = 1_500
        } primary: {
            $0.length = 2_000
        }
        #expect(cutOff == .result(.skipped))
    }

    @Test func aBodyThatIsLongerForSureIsNotSkipped() {
        let longer: (inout ResponseFacts) -> Void = {
            $0.isCutOff = true
            $0.length = 11
        }
        #expect(judge(.exact, longer) == .result(.lengthMismatch))
        #expect(judge(.length, longer) == .result(.lengthMismatch))
        #expect(judge(.json, longer) == .result(.skipped))
    }

    @Test func onlyJSONIsReadAsJSON() {
        #expect(judge(.json, { $0.isJSON = false }) == .result(.bodyMismatch))
        #expect(judge(.json, { $0.isJSON = false }, primary: { $0.isJSON = false }) == .result(.skipped))
        #expect(judge(.json, { $0.length = 101 }) == .result(.skipped))
        let notHeld = judge(.json) {
            $0.digest = 2
            $0.isHeld = false
        }
        #expect(notHeld == .result(.skipped))
    }
}
