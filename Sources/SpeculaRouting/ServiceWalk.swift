/// The way from a router's service down to the one that answers.
package protocol ServiceFacts {
    /// As the last `serviceStates` said.
    func isUp(_ service: ServiceIndex) -> Bool
    /// The next ticket of a weighted service; asked once for each request that passes it.
    func nextTicket(of service: ServiceIndex) -> UInt64
    /// The schedule of a weighted service of which some child is down; nil: all are up, the plan's own counts.
    func restrictedSchedule(of service: ServiceIndex) -> BalancerSchedule?
    /// Lends the value of a sticky cookie, if the request has it.
    func withCookie(_ cookie: StickyCookiePlan, _ body: (Span<UInt8>) -> Void)
    /// Lends the peer's address as text, without port.
    func withClientText(_ body: (Span<UInt8>) -> Void)
    /// A choice was made that the response's `Set-Cookie` has to tell.
    func setCookie(_ cookie: StickyCookiePlan, value: String)
}

/// Where the walk ends.
package enum ServiceLeaf: Sendable, Equatable {
    case loadBalancer(ServiceIndex)
    case local(ServiceIndex)
    /// The walk goes on from the primary, once the copies are decided.
    case mirroring(ServiceIndex)
    /// A failover whose first service is up and whose `errors.status` has to see the response.
    case failoverOnErrors(ServiceIndex)
    /// 503 `no available server`.
    case noAvailableServer
    /// 503 `Service Unavailable`: both services of a failover are down.
    case bothDown
}

extension Snapshot {
    /// Walks through weighted services and failovers; ends at the first service that does more than choose.
    package func leaf(of start: ServiceIndex, _ facts: some ServiceFacts) -> ServiceLeaf {
        var current = start
        // The compiler of the configuration refuses cycles; the bound holds whatever it let through.
        for _ in 0...64 {
            switch services[Int(current.value)].kind {
            case .loadBalancer: return .loadBalancer(current)
            case .local: return .local(current)
            case .mirroring: return .mirroring(current)
            case .failover(let plan):
                guard let next = plan.choice(isUp: facts.isUp) else { return .bothDown }
                if next == plan.service, !plan.errorStatuses.isEmpty { return .failoverOnErrors(current) }
                current = next
            case .weighted(let plan):
                guard let child = plan.turn(of: current, facts) else { return .noAvailableServer }
                current = child.service
            case .highestRandomWeight(let plan):
                guard let child = highestChild(of: plan, facts) else { return .noAvailableServer }
                current = child.service
            }
        }
        return .noAvailableServer
    }

    private func highestChild(of plan: WeightedPlan, _ facts: some ServiceFacts) -> WeightedPlan.Child? {
        var chosen: Int?
        facts.withClientText { client in
            chosen = HighestRandomWeight.pick(
                client: client, count: plan.children.count,
                name: { plan.children[$0].nameBytes },
                weight: { plan.children[$0].weight },
                isAvailable: { !plan.propagatesHealth || facts.isUp(plan.children[$0].service) })
        }
        return chosen.map { plan.children[$0] }
    }
}

extension FailoverPlan {
    /// The service to ask first.
    ///
    /// Nil: neither is up. Without `healthCheck` the fallback counts as up.
    package func choice(isUp: (ServiceIndex) -> Bool) -> ServiceIndex? {
        if isUp(service) { return service }
        return !propagatesHealth || isUp(fallback) ? fallback : nil
    }
}

extension WeightedPlan {
    fileprivate func turn(of index: ServiceIndex, _ facts: some ServiceFacts) -> Child? {
        func isUp(_ child: Child) -> Bool { child.weight > 0 && (!propagatesHealth || facts.isUp(child.service)) }
        if let sticky {
            var match: StickyMatch?
            facts.withCookie(sticky) { match = child(stickyValue: $0) }
            if let match, isUp(children[match.index]) { return children[match.index] }
        }
        let schedule = facts.restrictedSchedule(of: index) ?? schedule
        guard !schedule.isEmpty, let turn = schedule.pick(ticket: facts.nextTicket(of: index)) else { return nil }
        if let sticky { facts.setCookie(sticky, value: children[turn].stickyValue) }
        return children[turn]
    }
}
