import SpeculaSimulation
import Testing

@testable import SpeculaIO

/// How much a turn does before production is asked for again.
@Suite(.timeLimit(.minutes(5)))
struct TurnTests {
    private static let mirror = SocketAddress(ipv4: 0x0a00_0002, port: 80)

    /// Reads what comes and writes down in which turn.
    private final class Reader: ConnectionHandler {
        var turns: [Int] = []
        var bytes = 0

        func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
            turns.append(connection.loop.statistics.turns)
            self.bytes += bytes.count
            return bytes.count
        }

        func peerFinished(_ connection: Connection) {}
        func closed(_ connection: Connection, reason: CloseReason) {}
    }

    /// Connections of mirrors on which so many bytes wait, and which want to be read in one and the same turn.
    private static func mirrors(_ count: Int, bytes: Int, on loop: EventLoop, in world: SimulatedWorld) -> (
        connections: [Connection], readers: [Reader]
    ) {
        world.serve(at: mirror, profile: LinkProfile(capacity: 1 << 20)) { _ in
            [.send([UInt8](repeating: 7, count: bytes)), .receiveEnd]
        }
        let readers = (0..<count).map { _ in Reader() }
        let connections = readers.map { loop.connect(to: mirror, lane: .mirror, handler: $0) }
        for connection in connections { connection.pauseReading() }
        world.run(for: .seconds(1))
        for connection in connections { connection.resumeReading() }
        return (connections, readers)
    }

    private static func mostInOneTurn(_ readers: [Reader]) -> Int {
        let turns = readers.map { Set($0.turns) }
        return Set(turns.flatMap { $0 }).map { turn in turns.count { $0.contains(turn) } }.max() ?? 0
    }

    /// A thousand answers of mirrors that come together would keep clients waiting for as long as all of them take.
    @Test func productionIsAskedForAfterAFewMirrors() {
        let world = SimulatedWorld(seed: 1)
        let loop = world.makeLoop()
        let (connections, readers) = Self.mirrors(200, bytes: 100, on: loop, in: world)
        #expect(world.run(until: { readers.allSatisfy { $0.bytes == 100 } }))
        #expect(Self.mostInOneTurn(readers) == 32)
        // In the order in which they came.
        let turns = readers.compactMap(\.turns.first)
        #expect(turns == turns.sorted())
        for connection in connections { connection.close() }
        world.settle()
        world.checkNothingLeft()
        #expect(world.complaints == [])
    }

    @Test func mirrorsWithMuchToReadCountForMore() {
        let world = SimulatedWorld(seed: 2)
        let loop = world.makeLoop()
        let (connections, readers) = Self.mirrors(40, bytes: 600_000, on: loop, in: world)
        #expect(world.run(until: { readers.allSatisfy { $0.bytes == 600_000 } }))
        #expect(Self.mostInOneTurn(readers) <= 32)
        // While all have more than a turn's bytes, four of them are a turn.
        let first = readers.map { $0.turns.first ?? 0 }
        #expect(Dictionary(grouping: first, by: { $0 }).values.map(\.count).max() == 4)
        for connection in connections { connection.close() }
        world.settle()
        world.checkNothingLeft()
        #expect(world.complaints == [])
    }

    /// Those that are closed while they wait for their turn are passed over, and nothing of them is left.
    @Test func mirrorsMayEndWhileTheyWaitForTheirTurn() {
        let world = SimulatedWorld(seed: 3)
        let loop = world.makeLoop()
        let (connections, readers) = Self.mirrors(100, bytes: 100, on: loop, in: world)
        loop.turn(wait: false)
        #expect(readers.count { $0.bytes == 100 } == 32)
        for connection in connections.dropFirst(50) { connection.close() }
        #expect(world.run(until: { readers.prefix(50).allSatisfy { $0.bytes == 100 } }))
        #expect(readers.dropFirst(50).allSatisfy { $0.bytes == 0 })
        for connection in connections { connection.close() }
        world.settle()
        world.checkNothingLeft()
        #expect(world.complaints == [])
    }

    /// A thousand copies that were sent together run out of time together.
    @Test func timersThatExpireTogetherFireInSeveralTurns() {
        final class Recorder: TimerTarget {
            let loop: EventLoop
            var turns: [Int] = []
            init(_ loop: EventLoop) { self.loop = loop }
            func timerFired(_ id: TimerID, tag: Int) { turns.append(loop.statistics.turns) }
        }
        let world = SimulatedWorld(seed: 4)
        let loop = world.makeLoop()
        let recorder = Recorder(loop)
        for tag in 0..<1_000 { _ = loop.schedule(after: .seconds(30), for: recorder, tag: tag) }
        #expect(world.run(until: { recorder.turns.count == 1_000 }))
        #expect(Dictionary(grouping: recorder.turns, by: { $0 }).values.map(\.count).max() == 64)
        world.checkNothingLeft()
    }
}
