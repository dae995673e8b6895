package import SpeculaHTTP
internal import SpeculaIO
package import SpeculaRouting

/// Where a request goes once every service on its way has decided.
package enum Choice {
    case server(ServerSeat)
    /// One of Specula's own services.
    case local(String)
    /// The load balancer has no server that may be chosen: 503 `no available server`.
    case noAvailableServer(ServiceIndex?)
    /// Both services of a failover are down: 503 `Service Unavailable`.
    case bothDown
}

/// What choosing a server may look at: the request's cookies and the client.
package struct ChoiceFacts {
    package let head: RequestHead
    package let client: ForwardContext

    package init(head: RequestHead, client: ForwardContext) {
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
    private var leaves: [LoadBalancerSeats?]
    /// The primaries of the mirroring services.
    private let primaries: [ServiceIndex?]
    private var restricted: [ServiceIndex: BalancerSchedule] = [:]
    private var states: [Bool] = []
    private var version: UInt64 = 0
    /// The mirroring services passed by the last `choose`, outermost first.
    package private(set) var mirroringPassed: [ServiceIndex] = []
    /// `Set-Cookie` values that the client must get for the last `choose`; mostly empty.
    package private(set) var cookiesToSet: [String] = []
    /// The failover with error statuses that the last `choose` passed.
    package private(set) var watchingFailover: ServiceIndex?

    package init(directory: ServiceDirectory, upstreams: Upstreams) {
        self.directory = directory
        self.upstreams = upstreams
        leaves = Array(repeating: nil, count: directory.snapshot.services.count)
        primaries = directory.snapshot.services.map { service in
            if case .mirroring(let plan) = service.kind { plan.primary } else { nil }
        }
    }

    /// Chooses where a request to `service` goes, drawing a ticket wherever one is due.
    package func choose(_ service: ServiceIndex, facts: ChoiceFacts) -> Choice {
        choose(service, head: facts.head, client: facts.client)
    }

    /// The same without a structure to make, in which another room would count each reference once more.
    package func choose(_ service: ServiceIndex, head: RequestHead, client: ForwardContext) -> Choice {
        while !mirroringPassed.isEmpty { mirroringPassed.removeLast() }
        if !cookiesToSet.isEmpty { cookiesToSet.removeAll() }
        watchingFailover = nil
        let current = directory.healthVersion
        if current != version { healthChanged(to: current) }
        var next = service
        // Cycles are refused when a configuration is read; the bound holds whatever came through.
        for _ in 0..<64 {
            if let leaf = leaves[Int(next.value)] { return pick(leaf, head, client) }
            if let primary = primaries[Int(next.value)] {
                mirroringPassed.append(next)
                next = primary
                continue
            }
            switch directory.snapshot.leaf(of: next, Walk(chooser: self, head: head, client: client)) {
            case .loadBalancer(let index): return pick(seats(of: index), head, client)
            case .local(let index):
                guard case .local(let name) = directory.plan(of: index).kind else { return .noAvailableServer(nil) }
                return .local(name)
            case .mirroring(let index):
                guard case .mirroring(let plan) = directory.plan(of: index).kind else { return .noAvailableServer(nil) }
                mirroringPassed.append(index)
                next = plan.primary
            case .failoverOnErrors(let index):
                guard case .failover(let plan) = directory.plan(of: index).kind else { return .noAvailableServer(nil) }
                if watchingFailover == nil { watchingFailover = index }
                next = plan.service
            case .noAvailableServer: return .noAvailableServer(nil)
            case .bothDown: return .bothDown
            }
        }
        return .noAvailableServer(nil)
    }

    private func pick(_ leaf: LoadBalancerSeats, _ head: RequestHead, _ client: ForwardContext) -> Choice {
        guard let seat = leaf.choose(for: head, from: client, version: version, &cookiesToSet) else {
            return .noAvailableServer(leaf.service)
        }
        return .server(seat)
    }

    private func seats(of service: ServiceIndex) -> LoadBalancerSeats {
        if let known = leaves[Int(service.value)] { return known }
        let made = LoadBalancerSeats(service: service, directory: directory, upstreams: upstreams)
        leaves[Int(service.value)] = made
        return made
    }

    /// Some server went up or down: parents look again, and schedules are made without what is down.
    private func healthChanged(to current: UInt64) {
        version = current
        states = directory.serviceStates()
        restricted.removeAll()
        for (place, service) in directory.snapshot.services.enumerated() {
            guard case .weighted(let plan) = service.kind, plan.propagatesHealth else { continue }
            let isUp = { (child: Int) in self.isUp(plan.children[child].service) }
            if plan.children.indices.contains(where: { !isUp($0) }) {
                restricted[ServiceIndex(place)] = plan.schedule.restricted(to: isUp)
            }
        }
    }

    fileprivate func isUp(_ service: ServiceIndex) -> Bool {
        let place = Int(service.value)
        return !states.indices.contains(place) || states[place]
    }

    fileprivate func restrictedSchedule(of service: ServiceIndex) -> BalancerSchedule? {
        restricted.isEmpty ? nil : restricted[service]
    }

    fileprivate func addCookie(_ text: String) { cookiesToSet.append(text) }
}

@available(*, unavailable)
extension ServiceChooser: Sendable {}

/// What the walk through weighted services and failovers asks, answered for one request.
private struct Walk: ServiceFacts {
    let chooser: ServiceChooser
    let head: RequestHead
    let client: ForwardContext

    func isUp(_ service: ServiceIndex) -> Bool { chooser.isUp(service) }

    func nextTicket(of service: ServiceIndex) -> UInt64 { chooser.directory.ticket(of: service)?.next() ?? 1 }

    func restrictedSchedule(of service: ServiceIndex) -> BalancerSchedule? {
        chooser.restrictedSchedule(of: service)
    }

    func withCookie(_ cookie: StickyCookiePlan, _ body: (Span<UInt8>) -> Void) {
        head.withCookie(cookie, body)
    }

    func withClientText(_ body: (Span<UInt8>) -> Void) {
        let text = client.clientAddress
        body(text.span)
    }

    func setCookie(_ cookie: StickyCookiePlan, value: String) {
        chooser.addCookie("\(cookie.name)=\(value)\(cookie.attributes)")
    }
}

extension RequestHead {
    /// Lends the value of a sticky cookie; the first `Cookie` field that has it counts.
    internal func withCookie(_ cookie: StickyCookiePlan, _ body: (Span<UInt8>) -> Void) {
        for index in 0..<count where self[index].known == .cookie {
            let isFound = withValue(of: index) { field in
                guard let range = cookie.value(in: field) else { return false }
                body(field.extracting(range))
                return true
            }
            if isFound { return }
        }
    }
}
