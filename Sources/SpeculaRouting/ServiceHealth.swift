/// Which services are up, as their parents see them.
extension Snapshot {
    /// One answer for each service, by `ServiceIndex`.
    ///
    /// Called when a server's health changes, off the loops.
    ///
    /// A load balancer without a check is up; one with a check while a server is. A weighted service knows of its
    /// children only with `healthCheck`, and is up while one that can be chosen is. A mirroring service is as its primary
    /// is; mirrors do not count. A failover is up while one of its two is; of its fallback it knows only with `healthCheck`.
    ///
    /// `isServerUp` is asked for the servers of load balancers with a check, active or passive.
    package func serviceStates(isServerUp: (ServiceIndex, Int) -> Bool) -> [Bool] {
        var known = [Bool?](repeating: nil, count: services.count)
        return services.indices.map { isUp(ServiceIndex($0), &known, isServerUp) }
    }

    private func isUp(_ index: ServiceIndex, _ known: inout [Bool?], _ isServerUp: (ServiceIndex, Int) -> Bool) -> Bool
    {
        if let answer = known[Int(index.value)] { return answer }
        let answer: Bool
        switch services[Int(index.value)].kind {
        case .local:
            answer = true
        case .loadBalancer(let plan):
            let isChecked = plan.healthCheck != nil || plan.passiveHealthCheck != nil
            answer =
                !isChecked || plan.servers.isEmpty || plan.servers.indices.contains { isServerUp(index, $0) }
        case .weighted(let plan), .highestRandomWeight(let plan):
            answer =
                !plan.propagatesHealth
                || plan.children.contains { $0.weight > 0 && isUp($0.service, &known, isServerUp) }
        case .mirroring(let plan):
            answer = isUp(plan.primary, &known, isServerUp)
        case .failover(let plan):
            answer =
                isUp(plan.service, &known, isServerUp) || !plan.propagatesHealth
                || isUp(plan.fallback, &known, isServerUp)
        }
        known[Int(index.value)] = answer
        return answer
    }
}
