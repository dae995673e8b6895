import SpeculaMetrics
import SpeculaRouting
import SpeculaUpstream
import Testing

@testable import SpeculaMirroring

@Suite struct MirrorBudgetTests {
    private let registry = MetricRegistry(options: MetricOptions())

    private func state(limit: Int) -> (MirrorState, MirrorBudget) {
        let budget = MirrorBudget(limit: limit)
        return (MirrorState(scope: registry.mirror(service: "s", mirror: "m")), budget)
    }

    @Test func oneMirrorGetsHalfOfTheBytesAtMost() {
        let (state, budget) = state(limit: 100)
        #expect(state.take(50, of: budget))
        #expect(!state.take(1, of: budget))
        #expect(budget.heldBytes == 50)
        state.giveBack(50, to: budget)
        #expect(budget.heldBytes == 0)
        #expect(state.heldBytes == 0)
    }

    @Test func allMirrorsTogetherStayWithinTheBudget() {
        let budget = MirrorBudget(limit: 100)
        let states = (0..<3).map { MirrorState(scope: registry.mirror(service: "s", mirror: "m\($0)")) }
        #expect(states[0].take(50, of: budget))
        #expect(states[1].take(50, of: budget))
        #expect(!states[2].take(1, of: budget))
        #expect(states[2].heldBytes == 0)
    }

    @Test func copiesInFlightAreBoundedAndUndone() {
        let (state, _) = state(limit: 1)
        #expect(state.enter(limit: 2))
        #expect(state.enter(limit: 2))
        #expect(!state.enter(limit: 2))
        #expect(state.copiesInFlight == 2)
        state.leave()
        #expect(state.enter(limit: 2))
    }
}
