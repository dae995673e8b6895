package import SpeculaHTTP
package import SpeculaIO
package import SpeculaRouting

/// Where a request goes once every service on its way has decided.
package enum Choice {
    case server(ServerSeat)
    /// One of Specula's own services.
    case local(String)
    /// No server may be chosen: 503.
    case unavailable
}

/// What choosing a server may look at: the client, and the cookies of the request.
package struct ChoiceFacts {
    package let head: RequestHead
    package let client: (UInt64, UInt64)

    package init(head: RequestHead, client: (UInt64, UInt64)) {
        self.head = head
        self.client = client
    }
}

/// Walks the services of one snapshot for one worker: weighted, failover, mirroring, down to a server.
///
/// Bound to its loop; made anew for each snapshot. What it met on the way of the last `choose` (mirroring services, cookies
/// to set, a failover that watches statuses) is left in its properties until the next call.
package final class ServiceChooser {
    package let directory: ServiceDirectory
    private let upstreams: Upstreams
    private var leaves: [Leaf?]
    private var schedules: [BalancerSchedule?]
    /// The mirroring services passed by the last `choose`, outermost first.
    package private(set) var mirroringPassed: [ServiceIndex] = []
    /// `Set-Cookie` values that the client must get for the last `choose`; mostly empty.
    package private(set) var cookiesToSet: [String] = []
    /// The failover with error statuses that the last `choose` passed, and its fallback.
    package private(set) var watchingFailover: ServiceIndex?

    package init(directory: ServiceDirectory, upstreams: Upstreams) {
        self.directory = directory
        self.upstreams = upstreams
        leaves = Array(repeating: nil, count: directory.snapshot.services.count)
        schedules = Array(repeating: nil, count: directory.snapshot.services.count)
    }

    /// Chooses where a request to `service` goes, drawing a ticket wherever one is due.
    package func choose(_ service: ServiceIndex, facts: ChoiceFacts) -> Choice {
        if !mirroringPassed.isEmpty { mirroringPassed.removeAll(keepingCapacity: true) }
        if !cookiesToSet.isEmpty { cookiesToSet.removeAll() }
        watchingFailover = nil
        return walk(service, facts)
    }

    private func walk(_ service: ServiceIndex, _ facts: ChoiceFacts) -> Choice {
        let index = Int(service.value)
        if let leaf = leaves[index] { return leaf.choose(facts, directory, &cookiesToSet) }
        switch directory.snapshot.services[index].kind {
        case .loadBalancer(let plan):
            let leaf = Leaf(service: service, plan: plan, directory: directory, upstreams: upstreams)
            leaves[index] = leaf
            return leaf.choose(facts, directory, &cookiesToSet)
        case .mirroring(let plan):
            mirroringPassed.append(service)
            return walk(plan.primary, facts)
        case .weighted(let plan):
            guard let child = weightedChild(plan, of: service, facts) else { return .unavailable }
            return walk(child, facts)
        case .highestRandomWeight(let plan):
            guard let child = hashedChild(plan, facts) else { return .unavailable }
            return walk(child, facts)
        case .failover(let plan):
            return walkFailover(plan, service, facts)
        case .local(let name):
            return .local(name)
        }
    }

    private func walkFailover(_ plan: FailoverPlan, _ service: ServiceIndex, _ facts: ChoiceFacts) -> Choice {
        guard plan.errorStatuses.isEmpty else {
            if directory.isUp(plan.service) {
                if watchingFailover == nil { watchingFailover = service }
                return walk(plan.service, facts)
            }
            return walk(plan.fallback, facts)
        }
        if directory.isUp(plan.service) { return walk(plan.service, facts) }
        if directory.isUp(plan.fallback) { return walk(plan.fallback, facts) }
        return .unavailable
    }

    // MARK: Children

    private func weightedChild(_ plan: WeightedPlan, of service: ServiceIndex, _ facts: ChoiceFacts) -> ServiceIndex? {
        if let sticky = plan.sticky {
            for child in plan.children where isAvailable(child, plan) && child.weight > 0 {
                if facts.head.hasCookie(named: sticky.name, value: child.stickyValue) { return child.service }
            }
        }
        let place: Int?
        if plan.propagatesHealth, plan.children.contains(where: { !isAvailable($0, plan) }) {
            let weights = plan.children.map { isAvailable($0, plan) ? max(0, $0.weight) : 0 }
            place = directory.ticket(of: service).flatMap { BalancerSchedule(weights: weights).pick(ticket: $0.next()) }
        } else {
            let schedule =
                schedules[Int(service.value)] ?? BalancerSchedule(weights: plan.children.map { max(0, $0.weight) })
            schedules[Int(service.value)] = schedule
            place = directory.ticket(of: service).flatMap { schedule.pick(ticket: $0.next()) }
        }
        guard let place else { return nil }
        let child = plan.children[place]
        if let sticky = plan.sticky { cookiesToSet.append("\(sticky.name)=\(child.stickyValue)\(sticky.attributes)") }
        return child.service
    }

    private func isAvailable(_ child: WeightedPlan.Child, _ plan: WeightedPlan) -> Bool {
        !plan.propagatesHealth || directory.isUp(child.service)
    }

    private func hashedChild(_ plan: WeightedPlan, _ facts: ChoiceFacts) -> ServiceIndex? {
        var candidates: [(name: String, weight: Int)] = []
        var places: [Int] = []
        for (place, child) in plan.children.enumerated() where isAvailable(child, plan) && child.weight > 0 {
            candidates.append((directory.plan(of: child.service).name, child.weight))
            places.append(place)
        }
        guard let pick = RendezvousHash.pick(client: facts.client, among: candidates) else { return nil }
        return plan.children[places[pick]].service
    }
}

@available(*, unavailable)
extension ServiceChooser: Sendable {}

/// A load balancer as one worker sees it.
private final class Leaf {
    private let service: ServiceIndex
    private let plan: LoadBalancerPlan
    private let seats: [ServerSeat]
    private let random: EventLoop
    private var schedule: BalancerSchedule
    private var scheduleVersion: UInt64 = 0
    private var anyDown = false
    private let single: ServerSeat?

    init(service: ServiceIndex, plan: LoadBalancerPlan, directory: ServiceDirectory, upstreams: Upstreams) {
        self.service = service
        self.plan = plan
        random = upstreams.loop
        let transport = directory.snapshot.transports[Int(plan.transport.value)]
        seats = plan.servers.enumerated().map { place, server in
            ServerSeat(
                service: service, plan: server, balancer: plan,
                health: directory.health(of: service, server: place), transport: transport, upstreams: upstreams)
        }
        schedule = BalancerSchedule(weights: [])
        single = seats.count == 1 && plan.sticky == nil && seats[0].plan.weight > 0 && !seats[0].plan.isFenced
            ? seats[0] : nil
    }

    func choose(_ facts: ChoiceFacts, _ directory: ServiceDirectory, _ cookies: inout [String]) -> Choice {
        if let single { return single.isUp ? .server(single) : .unavailable }
        if let sticky = plan.sticky {
            for seat in seats where seat.isUp {
                if facts.head.hasCookie(named: sticky.name, value: seat.plan.stickyValue) { return .server(seat) }
            }
        }
        let version = directory.healthVersion
        if version != scheduleVersion {
            scheduleVersion = version
            anyDown = seats.contains { !$0.isUp }
            schedule = BalancerSchedule(weights: seats.map { isEligible($0) ? $0.plan.weight : 0 })
        }
        guard let place = place(facts, directory) else { return .unavailable }
        let seat = seats[place]
        if let sticky = plan.sticky { cookies.append("\(sticky.name)=\(seat.plan.stickyValue)\(sticky.attributes)") }
        return .server(seat)
    }

    private func isEligible(_ seat: ServerSeat) -> Bool { seat.isUp && !seat.plan.isFenced && seat.plan.weight > 0 }

    private func place(_ facts: ChoiceFacts, _ directory: ServiceDirectory) -> Int? {
        switch plan.strategy {
        case .wrr:
            return directory.ticket(of: service).flatMap { schedule.pick(ticket: $0.next()) }
        case .hrw:
            var candidates: [(name: String, weight: Int)] = []
            var places: [Int] = []
            for (place, seat) in seats.enumerated() where isEligible(seat) {
                candidates.append((seat.plan.url, seat.plan.weight))
                places.append(place)
            }
            return RendezvousHash.pick(client: facts.client, among: candidates).map { places[$0] }
        case .p2c:
            guard let (first, second) = twoRandom() else { return nil }
            return seats[first].legsUnderWay <= seats[second].legsUnderWay ? first : second
        case .leastTime:
            var best: Int?
            for (place, seat) in seats.enumerated() where isEligible(seat) {
                if let known = best, seats[known].expectedCost <= seat.expectedCost { continue }
                best = place
            }
            return best
        }
    }

    /// Two different eligible seats, or the same twice when there is one.
    private func twoRandom() -> (Int, Int)? {
        var eligible = 0
        for seat in seats where isEligible(seat) { eligible += 1 }
        guard eligible > 0 else { return nil }
        let draw = random.random()
        let first = Int(draw % UInt64(eligible))
        guard eligible > 1 else { return (nth(0), nth(0)) }
        var second = Int((draw >> 32) % UInt64(eligible - 1))
        if second >= first { second += 1 }
        return (nth(first), nth(second))
    }

    private func nth(_ wanted: Int) -> Int {
        var left = wanted
        for (place, seat) in seats.enumerated() where isEligible(seat) {
            if left == 0 { return place }
            left -= 1
        }
        return 0
    }
}
