import SpeculaHTTP
import SpeculaIO
import SpeculaRouting
import SpeculaSimulation
import Testing

@testable import SpeculaUpstream

@Suite struct ServiceChooserTests {
    private let health = HealthBook()

    private func chooser(_ services: [(String, ServiceKind)]) -> ServiceChooser {
        let snapshot = Snapshots.of(services)
        let loop = SimulatedWorld(seed: 1).makeLoop()
        return ServiceChooser(
            directory: ServiceDirectory(
                snapshot: snapshot, tickets: TicketBook(), healthBook: health, tls: TLSClientBook { _ in }),
            upstreams: Upstreams(loop: loop, workers: 1))
    }

    private func facts(cookie: String? = nil) throws -> ChoiceFacts {
        let head = RequestHead()
        var parser = RequestParser()
        let field = cookie.map { "Cookie: \($0)\r\n" } ?? ""
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(field)\r\n".utf8)
        let step = parser.consume(bytes.span, into: head)
        try #require(step == .complete(consumed: bytes.count))
        let forward = ForwardContext(
            policy: ForwardPolicy(hostName: []), clientAddress: Array("10.0.0.1".utf8), isTrusted: false, isTLS: false)
        return ChoiceFacts(head: head, client: forward)
    }

    private func port(_ choice: Choice) -> UInt16? {
        if case .server(let seat) = choice { return seat.plan.port }
        return nil
    }

    @Test func turnsFollowWeights() throws {
        let chooser = chooser([("a", Snapshots.balancer([1, 2], weights: [3, 1]))])
        var counts: [UInt16: Int] = [:]
        for _ in 0..<40 { counts[try #require(port(chooser.choose(ServiceIndex(0), facts: facts()))), default: 0] += 1 }
        #expect(counts == [1: 30, 2: 10])
    }

    /// Nobody may be able to tell how many workers there are: whoever asks, the turns are those of one.
    @Test func fiveWorkersTakeTurnsAsOne() throws {
        let sticky = StickyCookiePlan(name: "lb", attributes: "; Path=/")
        let services = [
            ("a", Snapshots.balancer([1, 2, 3], weights: [3, 1, 2])),
            ("b", Snapshots.balancer([1, 2, 3], sticky: sticky)),
        ]
        let one = chooser(services)
        let shared = chooser(services)
        let world = SimulatedWorld(seed: 1)
        let five = (0..<5).map { _ in
            ServiceChooser(directory: shared.directory, upstreams: Upstreams(loop: world.makeLoop(), workers: 5))
        }
        for turn in 0..<600 {
            let worker = five[turn * turn % 5]
            #expect(
                port(worker.choose(ServiceIndex(0), facts: try facts()))
                    == port(one.choose(ServiceIndex(0), facts: try facts())))
        }
        // The cookie that one of them sets holds at all others.
        for worker in five {
            let chosen = port(worker.choose(ServiceIndex(1), facts: try facts()))
            let line = try #require(worker.cookiesToSet.first)
            let cookie = String(line.prefix { $0 != ";" })
            for other in five {
                #expect(port(other.choose(ServiceIndex(1), facts: try facts(cookie: cookie))) == chosen)
                #expect(other.cookiesToSet.isEmpty)
            }
        }
    }

    @Test func serverThatIsDownGetsNothingUntilItIsUpAgain() throws {
        let chooser = chooser([("a", Snapshots.balancer([1, 2], isChecked: true))])
        let directory = chooser.directory
        let first = try #require(directory.health(of: ServiceIndex(0), server: 0))
        #expect(directory.set(first, isUp: false))
        for _ in 0..<6 { #expect(port(chooser.choose(ServiceIndex(0), facts: try facts())) == 2) }
        #expect(directory.set(first, isUp: true))
        let ports = try (0..<4).map { _ in port(chooser.choose(ServiceIndex(0), facts: try facts())) }
        #expect(Set(ports) == [1, 2])
    }

    @Test func balancerWithoutServersHasNone() throws {
        let chooser = chooser([("a", Snapshots.balancer([]))])
        guard case .noAvailableServer(let service) = chooser.choose(ServiceIndex(0), facts: try facts()) else {
            Issue.record("something was chosen")
            return
        }
        #expect(service == ServiceIndex(0))
    }

    @Test func stickyCookieKeepsItsServerAndIsSetOnlyOnce() throws {
        let sticky = StickyCookiePlan(name: "lb", attributes: "; Path=/")
        let chooser = chooser([("a", Snapshots.balancer([1, 2, 3], sticky: sticky))])
        for _ in 0..<5 {
            #expect(port(chooser.choose(ServiceIndex(0), facts: try facts(cookie: "x=1; lb=value2"))) == 2)
            #expect(chooser.cookiesToSet.isEmpty)
        }
        _ = chooser.choose(ServiceIndex(0), facts: try facts(cookie: "lb=unknown"))
        #expect(chooser.cookiesToSet.count == 1)
        #expect(chooser.cookiesToSet.first?.hasSuffix("; Path=/") == true)
    }

    @Test func mirroringServicesOnTheWayAreTold() throws {
        let inner = MirroringPlan(
            primary: ServiceIndex(2), mirrors: [], mirrorsBody: true, maxBodySize: -1, propagatesHealth: false)
        let outer = MirroringPlan(
            primary: ServiceIndex(1), mirrors: [], mirrorsBody: true, maxBodySize: -1, propagatesHealth: false)
        let chooser = chooser([("o", .mirroring(outer)), ("i", .mirroring(inner)), ("a", Snapshots.balancer([1]))])
        #expect(port(chooser.choose(ServiceIndex(0), facts: try facts())) == 1)
        #expect(chooser.mirroringPassed == [ServiceIndex(0), ServiceIndex(1)])
        #expect(port(chooser.choose(ServiceIndex(2), facts: try facts())) == 1)
        #expect(chooser.mirroringPassed.isEmpty)
    }

    @Test func failoverGoesToTheFallbackWhileTheFirstIsDown() throws {
        let plan = FailoverPlan(
            service: ServiceIndex(1), fallback: ServiceIndex(2), propagatesHealth: false, errorStatuses: [],
            maxRequestBodyBytes: -1)
        let chooser = chooser([
            ("f", .failover(plan)), ("a", Snapshots.balancer([1], isChecked: true)), ("b", Snapshots.balancer([2])),
        ])
        #expect(port(chooser.choose(ServiceIndex(0), facts: try facts())) == 1)
        let server = try #require(chooser.directory.health(of: ServiceIndex(1), server: 0))
        _ = chooser.directory.set(server, isUp: false)
        #expect(port(chooser.choose(ServiceIndex(0), facts: try facts())) == 2)
    }
}
