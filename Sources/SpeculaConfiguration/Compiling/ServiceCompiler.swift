internal import SpeculaRouting

/// Compiles all services, children before parents, and keeps what became of each.
struct ServiceCompiler {
    /// Services inside each other.
    static let maxDepth = 64

    /// What became of a service.
    enum Outcome {
        case pending
        case ready(Ready)
        case failed([Reason])

        struct Ready {
            var index: ServiceIndex
            /// Services below, itself included.
            var height: Int
            /// Why a service above cannot follow its health; nil: it can.
            var updaterProblem: String?
        }
    }

    /// Qualified and sorted; positions are those of every array here.
    let names: [String]
    /// Nil: one of Specula's own.
    let configurations: [ServiceConfiguration?]
    let positions: [String: Int]
    let transports: [String: TransportIndex?]
    private(set) var outcomes: [Outcome]
    private(set) var plans: [ServicePlan] = []
    /// Reasons for a warning, by position: mirrors that were dropped.
    var warnings: [Int: [String]] = [:]
    /// Positions that some router reaches.
    private(set) var reachable: Set<Int> = []
    private(set) var diagnostics: [(position: Int, diagnostic: Diagnostic)] = []
    private(set) var serverURLs: [Int: [String]] = [:]

    init(services: [String: ServiceConfiguration], local: [String], transports: [String: TransportIndex?]) {
        names = (Array(services.keys) + local).sorted()
        configurations = names.map { services[$0] }
        positions = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
        outcomes = Array(repeating: .pending, count: names.count)
        self.transports = transports
    }

    func position(of name: String) -> Int? { positions[name] }

    /// Compiles everything; only what `used` reaches gets a place in the snapshot.
    mutating func compile(used: some Sequence<String>) {
        let required = names.indices.map { edges(required: true, of: $0) }
        let mirrors = names.indices.map { edges(required: false, of: $0) }
        reach(used, required, mirrors)
        let graph = ServiceGraph(required: required, mirrors: mirrors)
        for position in graph.order { outcomes[position] = compile(position, graph) }
    }

    private mutating func reach(_ used: some Sequence<String>, _ required: [[Int]], _ mirrors: [[Int]]) {
        var work = used.compactMap { positions[$0] }
        while let position = work.popLast() {
            guard reachable.insert(position).inserted else { continue }
            work += required[position] + mirrors[position]
        }
    }

    private func edges(required: Bool, of position: Int) -> [Int] {
        guard let service = configurations[position] else { return [] }
        var children: [String] = []
        if required {
            if let weighted = service.weighted { children += weighted.services.map(\.name) }
            if let random = service.highestRandomWeight { children += random.services.map(\.name) }
            if let mirroring = service.mirroring { children.append(mirroring.service) }
            if let failover = service.failover { children += [failover.service, failover.fallback] }
        } else {
            children += service.mirroring?.mirrors.map(\.name) ?? []
        }
        return children.compactMap { positions[qualified($0, position)] }
    }

    func qualified(_ reference: String, _ position: Int) -> String {
        QualifiedName.of(reference, in: QualifiedName.provider(of: names[position]))
    }

    // MARK: One service

    private mutating func compile(_ position: Int, _ graph: ServiceGraph) -> Outcome {
        guard let service = configurations[position] else {
            return ready(position, .local(names[position]), height: 1, "it has no health check")
        }
        for key in service.unsupported {
            report(.error, position, key.message, at: key.location, kind: .notSupported)
        }
        if !service.unsupported.isEmpty { return .failed(service.unsupported.map(\.reason)) }
        let types = service.types
        guard types.count == 1 else {
            let name = names[position]
            return fail(
                position,
                types.isEmpty
                    ? "the service \"\(name)\" does not have any type defined"
                    : "cannot create service: multi-types service not supported, "
                        + "consider declaring two different pieces of service instead")
        }
        if graph.isCyclic(position) {
            let cycle = graph.cycle(from: position).map { names[$0] }
            let way = cycle.map { "service:" + $0 }.joined(separator: "->")
            return fail(
                position, "could not instantiate service \(names[position]): recursion detected in \(way)",
                kind: .mentions(cycle))
        }
        if let balancer = service.loadBalancer { return compile(position, balancer) }
        if let weighted = service.weighted { return compile(position, weighted) }
        if let random = service.highestRandomWeight { return compile(position, random) }
        if let mirroring = service.mirroring { return compile(position, mirroring, graph) }
        if let failover = service.failover { return compile(position, failover) }
        return .failed([])
    }

    private mutating func compile(_ position: Int, _ balancer: LoadBalancerConfiguration) -> Outcome {
        let compiler = LoadBalancerCompiler(service: names[position], transports: transports)
        let (plan, problems) = compiler.compile(balancer)
        guard let plan else {
            for problem in problems {
                report(.error, position, problem.message, ["loadBalancer"] + problem.path, kind: problem.kind)
            }
            return .failed(problems.map { Reason($0.message, $0.kind) })
        }
        serverURLs[position] = plan.servers.map(\.url)
        let isChecked = balancer.healthCheck != nil || balancer.passiveHealthCheck != nil
        return ready(
            position, .loadBalancer(plan), height: 1,
            isChecked ? nil : "healthCheck not enabled in config for this load balancer")
    }

    private mutating func compile(_ position: Int, _ weighted: WeightedConfiguration) -> Outcome {
        let follows = weighted.healthCheck != nil
        let (children, errors) = children(weighted.services, of: position, type: "weighted", follows: follows)
        guard let children else { return .failed(errors) }
        if let problem = StickyCookieCompiler.problem(weighted.sticky) {
            return fail(position, problem, ["weighted", "sticky", "cookie"])
        }
        let plan = WeightedPlan(
            children: children.plans, sticky: StickyCookieCompiler.plan(weighted.sticky, service: names[position]),
            propagatesHealth: follows)
        return ready(
            position, .weighted(plan), height: children.height + 1,
            follows ? nil : "healthCheck not enabled in config for this weighted service")
    }

    private mutating func compile(_ position: Int, _ random: HighestRandomWeightConfiguration) -> Outcome {
        let follows = random.healthCheck != nil
        let (children, errors) = children(
            random.services, of: position, type: "highestRandomWeight", follows: follows)
        guard let children else { return .failed(errors) }
        let plan = WeightedPlan(children: children.plans, sticky: nil, propagatesHealth: follows)
        return ready(
            position, .highestRandomWeight(plan), height: children.height + 1,
            follows ? nil : "healthCheck not enabled in config for this highestRandomWeight service")
    }

    private mutating func children(
        _ configured: [WeightedChild], of position: Int, type: String, follows: Bool
    ) -> (found: (plans: [WeightedPlan.Child], height: Int)?, errors: [Reason]) {
        var plans: [WeightedPlan.Child] = []
        var errors: [Reason] = []
        var height = 0
        for (number, child) in configured.enumerated() {
            let path: [any PathStep] = [type, "services", number, "name"]
            guard let found = require(child.name, of: position, path, follows: follows, &errors) else { continue }
            height = max(height, found.height)
            plans.append(
                WeightedPlan.Child(
                    service: found.index, weight: child.weight ?? 1,
                    stickyValue: StickyCookieCompiler.value(for: child.name), name: child.name))
        }
        return (errors.isEmpty ? (plans, height) : nil, errors)
    }

    private mutating func compile(_ position: Int, _ failover: FailoverConfiguration) -> Outcome {
        var errors: [Reason] = []
        let statuses = failover.errors.map { StatusRanges.parse($0.status) } ?? .success([])
        let ranges: [ClosedRange<Int>]
        switch statuses {
        case .success(let good): ranges = good
        case .failure(let failure):
            ranges = []
            errors.append(Reason(failure.message))
            report(.error, position, failure.message, ["failover", "errors", "status"])
        }
        let follows = failover.healthCheck != nil
        let primary = require(
            failover.service, of: position, ["failover", "service"], follows: ranges.isEmpty || follows, &errors)
        let fallback = require(
            failover.fallback, of: position, ["failover", "fallback"], follows: follows, &errors)
        guard errors.isEmpty, let primary, let fallback else { return .failed(errors) }
        let plan = FailoverPlan(
            service: primary.index, fallback: fallback.index, propagatesHealth: follows, errorStatuses: ranges,
            maxRequestBodyBytes: failover.errors?.maxRequestBodyBytes ?? -1)
        return ready(
            position, .failover(plan), height: max(primary.height, fallback.height) + 1,
            follows ? nil : "healthCheck not enabled in config for this failover service")
    }

    // MARK: Parts

    func lookUp(_ name: String) -> Outcome {
        guard let child = positions[name] else {
            return .failed([Reason("the service \"\(name)\" does not exist", .missing(.service, name))])
        }
        return outcomes[child]
    }

    mutating func require(
        _ reference: String, of position: Int, _ path: [any PathStep], follows: Bool, _ errors: inout [Reason]
    ) -> Outcome.Ready? {
        switch lookUp(qualified(reference, position)) {
        case .ready(let ready):
            if follows, let problem = ready.updaterProblem {
                let message = "cannot register \(reference) as updater for \(names[position]): \(problem)"
                let kind = FindingKind.mentions([qualified(reference, position)])
                errors.append(Reason(message, kind))
                report(.error, position, message, path, kind: kind)
                return nil
            }
            guard ready.height < Self.maxDepth else {
                let message = "services are nested deeper than \(Self.maxDepth)"
                errors.append(Reason(message))
                report(.error, position, message, path)
                return nil
            }
            return ready
        case .failed(let reasons):
            errors += reasons
            let isMissing = positions[qualified(reference, position)] == nil
            for reason in reasons where isMissing {
                report(.error, position, reason.message, path, kind: reason.kind)
            }
            return nil
        case .pending: return nil
        }
    }

    mutating func ready(
        _ position: Int, _ kind: ServiceKind, height: Int, _ updaterProblem: String?
    ) -> Outcome {
        let index = ServiceIndex(plans.count)
        if reachable.contains(position) { plans.append(ServicePlan(name: names[position], kind: kind)) }
        return .ready(.init(index: index, height: height, updaterProblem: updaterProblem))
    }

    mutating func fail(
        _ position: Int, _ message: String, _ path: [any PathStep] = [], kind: FindingKind = .plain
    ) -> Outcome {
        report(.error, position, message, path, kind: kind)
        return .failed([Reason(message, kind)])
    }

    mutating func report(
        _ severity: Diagnostic.Severity, _ position: Int, _ message: String, _ path: [any PathStep] = [],
        at location: Location? = nil, isLoud: Bool = false, kind: FindingKind = .plain
    ) {
        let name = names[position]
        let short = name.dropLast(QualifiedName.provider(of: name).utf8.count + 1)
        let origin = configurations[position]?.origin ?? Origin()
        let keyPath = origin.keyPath(
            path, default: path.isEmpty ? "http.services.\(short)" : "http.services.\(short).\(path.text)")
        let place = location ?? origin.location(path)
        var diagnostic = Diagnostic(severity, at: place, keyPath: keyPath, message, kind: kind)
        diagnostic.isLoud = isLoud
        diagnostics.append((position, diagnostic))
    }
}
