import Testing

@testable import SpeculaRouting

struct ServiceHealthTests {
    private func states(_ services: [ServicePlan], down: Set<[Int]> = []) -> [Bool] {
        Snapshot.fixture(services).serviceStates { service, server in !down.contains([Int(service.value), server]) }
    }

    @Test func aLoadBalancerIsUpWhileAServerIs() {
        let services = [ServicePlan.loadBalancer("a", [.fixture(), .fixture()], isChecked: true)]
        #expect(states(services) == [true])
        #expect(states(services, down: [[0, 0]]) == [true])
        #expect(states(services, down: [[0, 0], [0, 1]]) == [false])
    }

    @Test func withoutACheckItIsAlwaysUp() {
        #expect(states([.loadBalancer("a")], down: [[0, 0]]) == [true])
        #expect(states([.loadBalancer("a", [], isChecked: true)]) == [true])
    }

    @Test func aWeightedServiceKnowsOfItsChildrenWithHealthCheckOnly() {
        let leaves = [
            ServicePlan.loadBalancer("a", isChecked: true), .loadBalancer("b", isChecked: true),
            .loadBalancer("zero", isChecked: true),
        ]
        let children = [(0, 1), (1, 1), (2, 0)]
        let down: Set = [[0, 0], [1, 0]]
        #expect(states(leaves + [.weighted("w", children, propagatesHealth: true)], down: down)[3] == false)
        #expect(states(leaves + [.weighted("w", children, propagatesHealth: true)], down: [[0, 0]])[3] == true)
        #expect(states(leaves + [.weighted("w", children)], down: down)[3] == true)
    }

    @Test func mirroringIsAsItsPrimary() {
        let services = [
            ServicePlan.mirroring("m", 1, mirrors: [2]), .loadBalancer("p", isChecked: true),
            .loadBalancer("x", isChecked: true),
        ]
        #expect(states(services, down: [[2, 0]]) == [true, true, false])
        #expect(states(services, down: [[1, 0]]) == [false, false, true])
    }

    @Test func aFailoverIsUpWhileOneOfTheTwoIs() {
        func services(_ propagates: Bool) -> [ServicePlan] {
            [
                .failover("f", 1, 2, propagatesHealth: propagates), .loadBalancer("a", isChecked: true),
                .loadBalancer("b", isChecked: true),
            ]
        }
        #expect(states(services(true), down: [[1, 0]])[0])
        #expect(!states(services(true), down: [[1, 0], [2, 0]])[0])
        #expect(states(services(false), down: [[1, 0], [2, 0]])[0])
    }
}

struct ServiceWalkTests {
    private final class Facts: ServiceFacts {
        let down: Set<Int>
        var tickets = 0
        var cookie: String?
        var given: [String] = []
        var schedules: [Int: BalancerSchedule] = [:]

        init(down: Set<Int> = []) { self.down = down }

        func isUp(_ service: ServiceIndex) -> Bool { !down.contains(Int(service.value)) }
        func nextTicket(of service: ServiceIndex) -> UInt64 {
            tickets += 1
            return UInt64(tickets)
        }
        func restrictedSchedule(of service: ServiceIndex) -> BalancerSchedule? { schedules[Int(service.value)] }
        func withCookie(_ cookie: StickyCookiePlan, _ body: (Span<UInt8>) -> Void) {
            guard let value = self.cookie else { return }
            let bytes = [UInt8](value)
            body(bytes.span)
        }
        func withClientText(_ body: (Span<UInt8>) -> Void) {
            let bytes = [UInt8]("192.168.0.1")
            body(bytes.span)
        }
        func setCookie(_ cookie: StickyCookiePlan, value: String) { given.append("\(cookie.name)=\(value)") }
    }

    private let leaves = [ServicePlan.loadBalancer("a"), .loadBalancer("b")]

    @Test func leavesAnswerAtOnce() {
        let snapshot = Snapshot.fixture([
            .loadBalancer("a"), .mirroring("m", 0), ServicePlan(name: "api@internal", kind: .local("api@internal")),
        ])
        #expect(snapshot.leaf(of: ServiceIndex(0), Facts()) == .loadBalancer(ServiceIndex(0)))
        #expect(snapshot.leaf(of: ServiceIndex(1), Facts()) == .mirroring(ServiceIndex(1)))
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts()) == .local(ServiceIndex(2)))
    }

    @Test func weightedServicesTakeTurnsByTicket() {
        let snapshot = Snapshot.fixture(leaves + [.weighted("w", [(0, 3), (1, 1)])])
        let facts = Facts()
        let order = (0..<12).map { _ in snapshot.leaf(of: ServiceIndex(2), facts) }
        let expected = "001000010010".map { ServiceLeaf.loadBalancer(ServiceIndex($0 == "0" ? 0 : 1)) }
        #expect(order == expected)
        #expect(facts.tickets == 12)
        #expect(facts.given.isEmpty)
    }

    @Test func nobodyLeftIsNoAvailableServer() {
        let snapshot = Snapshot.fixture(leaves + [.weighted("w", [(0, 0)]), .weighted("v", [])])
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts()) == .noAvailableServer)
        #expect(snapshot.leaf(of: ServiceIndex(3), Facts()) == .noAvailableServer)
    }

    @Test func aRestrictedScheduleCounts() {
        let weighted = WeightedPlan.fixture([(0, 1), (1, 1)], true)
        let snapshot = Snapshot.fixture(leaves + [ServicePlan(name: "w", kind: .weighted(weighted))])
        let facts = Facts(down: [0])
        facts.schedules[2] = weighted.schedule.restricted { $0 == 1 }
        for _ in 0..<5 { #expect(snapshot.leaf(of: ServiceIndex(2), facts) == .loadBalancer(ServiceIndex(1))) }
    }

    @Test func aCookieNamesTheChildWhileItIsUp() {
        let sticky = StickyCookiePlan(name: "lb", attributes: "; Path=/")
        let weighted = ServicePlan.weighted("w", [(0, 1), (1, 1)], propagatesHealth: true, sticky: sticky)
        let snapshot = Snapshot.fixture(leaves + [weighted])
        let facts = Facts()
        facts.cookie = "child1"
        for _ in 0..<3 { #expect(snapshot.leaf(of: ServiceIndex(2), facts) == .loadBalancer(ServiceIndex(1))) }
        #expect(facts.tickets == 0 && facts.given.isEmpty)

        facts.cookie = "unknown"
        #expect(snapshot.leaf(of: ServiceIndex(2), facts) == .loadBalancer(ServiceIndex(0)))
        #expect(facts.given == ["lb=child0"])

        let facing = Facts(down: [1])
        facing.cookie = "child1"
        facing.schedules[2] = BalancerSchedule(weights: [1, 0])
        #expect(snapshot.leaf(of: ServiceIndex(2), facing) == .loadBalancer(ServiceIndex(0)))
        #expect(facing.given == ["lb=child0"])
    }

    @Test func aFailoverTakesTheFirstThatIsUp() {
        let snapshot = Snapshot.fixture(leaves + [.failover("f", 0, 1, propagatesHealth: true), .failover("g", 0, 1)])
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts()) == .loadBalancer(ServiceIndex(0)))
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts(down: [0])) == .loadBalancer(ServiceIndex(1)))
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts(down: [0, 1])) == .bothDown)
        #expect(snapshot.leaf(of: ServiceIndex(3), Facts(down: [0, 1])) == .loadBalancer(ServiceIndex(1)))
    }

    @Test func aFailoverOnErrorsKeepsTheResponseInSight() {
        let snapshot = Snapshot.fixture(leaves + [.failover("f", 0, 1, statuses: [500...504])])
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts()) == .failoverOnErrors(ServiceIndex(2)))
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts(down: [0])) == .loadBalancer(ServiceIndex(1)))
    }

    @Test func clientsKeepTheirChildByAddress() {
        let children = WeightedPlan.fixture([(0, 1), (1, 1)], true)
        let snapshot = Snapshot.fixture(leaves + [ServicePlan(name: "h", kind: .highestRandomWeight(children))])
        let first = snapshot.leaf(of: ServiceIndex(2), Facts())
        for _ in 0..<5 { #expect(snapshot.leaf(of: ServiceIndex(2), Facts()) == first) }
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts(down: [0])) == .loadBalancer(ServiceIndex(1)))
        #expect(snapshot.leaf(of: ServiceIndex(2), Facts(down: [0, 1])) == .noAvailableServer)
    }

    @Test func walksPassThroughSeveralServices() {
        let services =
            leaves + [.failover("f", 1, 0), .weighted("w", [(2, 1)]), .weighted("x", [(3, 1)]), .failover("g", 4, 0)]
        #expect(Snapshot.fixture(services).leaf(of: ServiceIndex(5), Facts()) == .loadBalancer(ServiceIndex(1)))
    }
}
