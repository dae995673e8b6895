internal import SpeculaHTTP
internal import SpeculaIO
internal import SpeculaRouting

/// The servers of one load balancer as one worker sees them, and the choice among them.
internal final class LoadBalancerSeats {
    let service: ServiceIndex
    private let plan: LoadBalancerPlan
    private let seats: [ServerSeat]
    private let loop: EventLoop
    private let ticket: Ticket?
    private var schedule: BalancerSchedule
    private var version: UInt64 = 0
    private let times: LeastTimeBook?
    /// The only server there is: nothing to choose.
    private let single: ServerSeat?

    init(service: ServiceIndex, directory: ServiceDirectory, upstreams: Upstreams) {
        self.service = service
        loop = upstreams.loop
        guard case .loadBalancer(let plan) = directory.plan(of: service).kind else {
            preconditionFailure("only load balancers have servers")
        }
        self.plan = plan
        ticket = directory.ticket(of: service)
        let transport = directory.snapshot.transports[Int(plan.transport.value)]
        seats = plan.servers.enumerated().map { place, server in
            ServerSeat(
                service: service, place: place, plan: server, balancer: plan,
                health: directory.health(of: service, server: place), transport: transport,
                tls: server.isTLS ? directory.tls(of: plan.transport) : nil, upstreams: upstreams)
        }
        schedule = plan.schedule
        times =
            plan.strategy == .leastTime
            ? LeastTimeBook(LeastTime(weights: plan.servers.map { $0.isFenced ? 0 : $0.weight })) : nil
        let isAlone = seats.count == 1 && plan.sticky == nil && plan.servers[0].weight > 0 && !plan.servers[0].isFenced
        single = isAlone ? seats[0] : nil
        for seat in seats { seat.times = times }
    }

    /// The server for a request; nil: none may be chosen.
    func choose(
        for head: RequestHead, from client: ForwardContext, version: UInt64, _ cookies: inout [String]
    ) -> ServerSeat? {
        if let single { return single.isUp ? single : nil }
        if let sticky = plan.sticky {
            var match: StickyMatch?
            head.withCookie(sticky) { match = plan.server(stickyValue: $0) }
            if let match, seats[match.index].isUp {
                let seat = seats[match.index]
                if match.needsNewCookie { cookies.append(cookie(sticky, seat)) }
                return seat
            }
        }
        if version != self.version {
            self.version = version
            schedule = seats.allSatisfy(\.isUp) ? plan.schedule : plan.schedule.restricted { self.seats[$0].isUp }
        }
        guard let place = place(from: client) else { return nil }
        let seat = seats[place]
        if let sticky = plan.sticky { cookies.append(cookie(sticky, seat)) }
        return seat
    }

    private func cookie(_ sticky: StickyCookiePlan, _ seat: ServerSeat) -> String {
        "\(sticky.name)=\(seat.plan.stickyValue)\(sticky.attributes)"
    }

    private func place(from client: ForwardContext) -> Int? {
        let isAvailable = { (place: Int) in
            let seat = self.seats[place]
            return seat.isUp && !seat.plan.isFenced && seat.plan.weight > 0
        }
        switch plan.strategy {
        case .wrr:
            guard let ticket, !schedule.isEmpty else { return nil }
            return schedule.pick(ticket: ticket.next())
        case .hrw:
            let address = client.clientAddress
            return plan.highestRandomWeightServer(client: address.span, isAvailable: isAvailable)
        case .p2c:
            return PowerOfTwoChoices.pick(
                count: seats.count, random: loop.random(),
                // Weights do not count here, as in Traefik.
                isAvailable: { self.seats[$0].isUp && !self.seats[$0].plan.isFenced },
                inFlight: { self.seats[$0].legsUnderWay })
        case .leastTime:
            return times?.pick(isAvailable: isAvailable, inFlight: { self.seats[$0].legsUnderWay })
        }
    }
}

/// The times that `leasttime` decides by, shared by a load balancer and its seats.
internal final class LeastTimeBook {
    private var times: LeastTime

    init(_ times: LeastTime) { self.times = times }

    func pick(isAvailable: (Int) -> Bool, inFlight: (Int) -> Int) -> Int? {
        times.pick(isAvailable: isAvailable, inFlight: inFlight)
    }

    func note(_ place: Int, _ nanoseconds: UInt64) {
        times.record(server: place, milliseconds: Double(nanoseconds) / 1_000_000)
    }
}

@available(*, unavailable)
extension LoadBalancerSeats: Sendable {}
