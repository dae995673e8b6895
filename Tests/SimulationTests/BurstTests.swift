import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// What comes due for very many copies at once is done a little a turn, production's events in between.
@Suite(.timeLimit(.minutes(5)))
struct BurstTests {
    private static let copies = 300

    /// All copies of a round of clients, which have their answers and are gone.
    private static func sendCopies(_ harness: Harness, in world: SimulatedWorld) {
        let clients = (0..<copies).map { number in
            world.connect(
                to: Harness.front, name: "client \(number)",
                [
                    .send(Ask(id: number + 1, answer: .farewell).bytes),
                    .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }), .close,
                ])
        }
        #expect(world.run(until: { clients.allSatisfy(\.isDone) }, limit: .seconds(1)), "a client waits")
        world.run(for: .milliseconds(200))
    }

    /// Runs until all copies have ended; gives by how much the number of connections grew and fell in one turn at most.
    private static func largestSteps(_ harness: Harness, in world: SimulatedWorld) -> (up: Int, down: Int) {
        let loop = harness.workers[0].loop
        var last = loop.statistics.openConnections
        var steps = (up: 0, down: 0)
        let ended = world.run(
            until: {
                let now = loop.statistics.openConnections
                steps = (max(steps.up, now - last), max(steps.down, last - now))
                last = now
                return harness.isIdle
            }, limit: .seconds(60))
        #expect(ended, "something stays under way")
        return steps
    }

    private static func finish(_ harness: Harness, in world: SimulatedWorld, expecting outcome: MirrorOutcome) throws {
        world.run(for: .seconds(1))
        harness.checkIdle()
        harness.checkBooks()
        let mirror = try #require(harness.shared.registry.readBooks().mirrors.values.first)
        #expect(mirror.outcomes[Int(outcome.rawValue)] == UInt64(copies))
        harness.stop()
        #expect(world.complaints == [])
    }

    /// A silent name server that answers at last used to have a thousand connections begun in one turn.
    @Test func copiesThatWaitedForANameConnectAFewATurn() throws {
        let world = SimulatedWorld(seed: 21)
        let harness = try Harness(world: world)
        harness.servePrimaries()
        MirrorKind.healthy.place(in: world, number: 0)
        world.setName("mirror0.test", .addresses([Harness.mirror(0)], after: .seconds(3)))
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .silentNames)]))
        Self.sendCopies(harness, in: world)
        let steps = Self.largestSteps(harness, in: world)
        #expect((1...16).contains(steps.up))
        try Self.finish(harness, in: world, expecting: .complete)
    }

    /// Copies that were sent together run out of time together.
    @Test func copiesThatRunOutOfTimeTogetherEndAFewATurn() throws {
        let world = SimulatedWorld(seed: 22)
        world.turnNanoseconds = 0
        let harness = try Harness(world: world)
        harness.servePrimaries()
        MirrorKind.neverReads.place(in: world, number: 0)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .neverReads)]))
        Self.sendCopies(harness, in: world)
        let steps = Self.largestSteps(harness, in: world)
        #expect((1...64).contains(steps.down))
        try Self.finish(harness, in: world, expecting: .timeout)
    }
}
