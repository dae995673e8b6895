package import SpeculaMetrics
internal import SpeculaRouting
internal import Synchronization

/// What lives on, over reloads and for all workers, beside one mirror of one mirroring service.
package final class MirrorState: Sendable {
    package let scope: MirrorScope
    private let inFlight = Atomic<Int>(0)
    private let held = Atomic<Int>(0)
    /// When the next copy is due by the mirror's rate, in nanoseconds of the monotonic clock.
    private let nextDue = Atomic<UInt64>(0)

    internal init(scope: MirrorScope) { self.scope = scope }

    /// Copies that are under way.
    package var copiesInFlight: Int { inFlight.load(ordering: .relaxed) }
    /// Bytes of request bodies held for copies of this mirror.
    package var heldBytes: Int { held.load(ordering: .relaxed) }

    internal func enter(limit: Int) -> Bool {
        if inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        inFlight.wrappingSubtract(1, ordering: .relaxed)
        return false
    }

    /// Whether the mirror's rate has room for a copy now.
    internal func admit(_ rate: MirrorRatePlan, at now: UInt64) -> Bool {
        var due = nextDue.load(ordering: .relaxed)
        while let next = rate.next(due: due, now: now) {
            let (isExchanged, original) = nextDue.weakCompareExchange(
                expected: due, desired: next, ordering: .relaxed)
            if isExchanged { return true }
            due = original
        }
        return false
    }

    internal func leave() { inFlight.wrappingSubtract(1, ordering: .relaxed) }

    internal func take(_ count: Int, of budget: MirrorBudget) -> Bool {
        // One mirror may not eat what the others need: half of the process's bytes is its share.
        if held.wrappingAdd(count, ordering: .relaxed).newValue > budget.limit / 2 {
            held.wrappingSubtract(count, ordering: .relaxed)
            return false
        }
        if budget.take(count) { return true }
        held.wrappingSubtract(count, ordering: .relaxed)
        return false
    }

    internal func giveBack(_ count: Int, to budget: MirrorBudget) {
        held.wrappingSubtract(count, ordering: .relaxed)
        budget.giveBack(count)
    }
}

/// The states of all mirrors, by mirroring service and mirror.
package final class MirrorBook: Sendable {
    private struct Key: Hashable {
        let service: String
        let mirror: String
    }

    package let budget: MirrorBudget
    /// The ports that the gateway itself listens on: a mirror that has one of them may be the gateway.
    internal let ownPorts: Set<UInt16>
    private let states = Mutex<[Key: MirrorState]>([:])
    private let registry: MetricRegistry

    package init(budget: MirrorBudget, registry: MetricRegistry, ownPorts: Set<UInt16> = []) {
        self.ownPorts = ownPorts
        self.budget = budget
        self.registry = registry
    }

    /// The state of one mirror, made, with all its series at zero, when it is first asked for.
    internal func state(service: String, primary: String, mirror: String, plan: MirrorPlan) -> MirrorState {
        let state = states.withLock { known in
            let key = Key(service: service, mirror: mirror)
            if let state = known[key] { return state }
            let state = MirrorState(scope: registry.mirror(service: service, mirror: mirror))
            known[key] = state
            return state
        }
        registry.setCompared(state.scope, plan.options.comparison != nil)
        let owner = Self.owner(service: service, mirror: mirror)
        let labels = [mirror, service]
        let limit = budget.limit / 2
        let copies = plan.maxInFlight
        let ratio = Double(plan.ratioMillionths) / 1_000_000
        registry.removeSources(owner: owner)
        registry.addGauge(MetricCatalog.inFlight, labels: labels, owner: owner) { Double(state.copiesInFlight) }
        registry.addGauge(MetricCatalog.inFlightLimit, labels: labels, owner: owner) { Double(copies) }
        registry.addGauge(MetricCatalog.bufferedBytes, labels: labels, owner: owner) { Double(state.heldBytes) }
        registry.addGauge(MetricCatalog.bufferedBytesLimit, labels: labels, owner: owner) { Double(limit) }
        registry.addGauge(MetricCatalog.configuredRatio, labels: labels, owner: owner) { ratio }
        registry.addGauge(MetricCatalog.mirrorInfo, labels: [mirror, primary, service], owner: owner) { 1 }
        return state
    }

    private static func owner(service: String, mirror: String) -> String { "mirror \(service) \(mirror)" }

    /// Forgets the mirrors that are in no set of `directory`.
    package func keep(only directory: MirrorDirectory) {
        var named: Set<Key> = []
        for set in directory.all {
            for mirror in set.mirrors { named.insert(Key(service: set.service, mirror: mirror.label)) }
        }
        let gone = states.withLock { known in
            let gone = known.keys.filter { !named.contains($0) }
            for key in gone { known[key] = nil }
            return gone
        }
        for key in gone { registry.removeSources(owner: Self.owner(service: key.service, mirror: key.mirror)) }
    }
}
