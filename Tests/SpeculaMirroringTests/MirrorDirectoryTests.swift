import SpeculaMetrics
import SpeculaRouting
import SpeculaUpstream
import Testing

@testable import SpeculaMirroring

@Suite struct MirrorDirectoryTests {
    private func directory(_ mirrors: [MirrorPlan], _ book: MirrorBook, _ tickets: TicketBook) -> MirrorDirectory {
        let plan = MirroringPlan(
            primary: ServiceIndex(1), mirrors: mirrors, mirrorsBody: true, maxBodySize: -1, propagatesHealth: false)
        let snapshot = Snapshot(
            generation: 1, routers: [],
            services: [
                ServicePlan(name: "m@file", kind: .mirroring(plan)), ServicePlan(name: "p", kind: .local("noop")),
            ],
            transports: [], tables: [:])
        return MirrorDirectory(snapshot: snapshot, tickets: tickets, book: book)
    }

    private func makeBook() -> MirrorBook {
        MirrorBook(budget: MirrorBudget(), registry: MetricRegistry(options: MetricOptions()))
    }

    private func takesMethod(_ mirror: Mirror, _ method: String) -> Bool {
        let bytes = Array(method.utf8)
        return mirror.takesMethod(of: bytes.span)
    }

    @Test func sameMirrorTwiceKeepsTwoBooks() throws {
        let twice = MirrorPlan(name: "x@file", service: ServiceIndex(1), ratioMillionths: 500_000)
        let set = try #require(directory([twice, twice], makeBook(), TicketBook()).set(of: ServiceIndex(0)))
        #expect(set.mirrors.map(\.label) == ["x@file", "x@file#2"])
        #expect(set.mirrors[0].state !== set.mirrors[1].state)
    }

    @Test func mirrorWithFiltersOfItsOwnDrawsTicketsOfItsOwn() throws {
        let filtered = MirrorPlan(
            name: "x", service: ServiceIndex(1), ratioMillionths: 500_000, methods: ["GET"])
        let plain = MirrorPlan(name: "y", service: ServiceIndex(1), ratioMillionths: 500_000)
        let set = try #require(directory([filtered, plain], makeBook(), TicketBook()).set(of: ServiceIndex(0)))
        #expect(set.mirrors[0].ownTicket != nil)
        #expect(set.mirrors[1].ownTicket == nil)
        let takes = set.mirrors.map { mirror in ["GET", "POST"].map { takesMethod(mirror, $0) } }
        #expect(takes == [[true, false], [true, true]])
    }

    @Test func statesOutliveAReload() throws {
        let book = makeBook()
        let tickets = TicketBook()
        let mirror = MirrorPlan(name: "x", service: ServiceIndex(1), ratioMillionths: 500_000)
        let before = try #require(directory([mirror], book, tickets).set(of: ServiceIndex(0)))
        let after = try #require(directory([mirror], book, tickets).set(of: ServiceIndex(0)))
        #expect(before.mirrors[0].state === after.mirrors[0].state)
        #expect(before.ticket === after.ticket)
    }
}
