import SpeculaSimulation
import Testing

@testable import SpeculaIO

/// What the kernel does at the seam, held against the simulation: where the two differ, the simulation is wrong.
@Suite(.timeLimit(.minutes(5)))
struct SocketFactsTests {
    @Test(arguments: Fact.allCases)
    func simulationDoesWhatTheKernelDoes(fact: Fact) throws {
        let world = SimulatedWorld(seed: 1)
        let simulated = SocketBench(network: world.makeNetwork(), world: world)
        let real = try fact.observeKernel()
        let imagined = fact.observe(simulated)
        #expect(real == imagined)
        #expect(!real.isEmpty)
        #expect(world.complaints == [])
    }

    @Test func acceptedAndConnectedSocketsSendWithoutDelayAndProbe() throws {
        let bench = SocketBench(network: try LinuxNetwork(resolver: Resolver()), world: nil)
        let (client, server) = try #require(bench.connectedPair())
        #expect(SocketBench.hasNoDelay(client))
        #expect(SocketBench.hasNoDelay(server))
        #expect(SocketBench.probeSeconds(client) == 30)
        #expect(SocketBench.probeSeconds(server) == 15)
        bench.closeAll()
    }
}

/// One conversation each; what is observed is written down as text.
enum Fact: String, CaseIterable, CustomTestStringConvertible {
    case refusedConnect, connected, bytesThenFinish, bytesThenReset, closeWithUnreadBytes, sendToClosedPeer
    case halfClose, emptyRead, sendUntilFull, portInUse, sharedPort, closedListener, finishWhileUnread, bothFinished
    case silentConnect, acceptWithoutDescriptors, connectWithoutDescriptors, acceptFromReserve

    var testDescription: String { rawValue }

    /// Where descriptors run out, they do in a table of a thread's own: other tests have theirs.
    func observeKernel() throws -> [String] {
        let makeBench = { @Sendable () throws -> SocketBench in
            SocketBench(network: try LinuxNetwork(resolver: Resolver()), world: nil)
        }
        switch self {
        case .acceptWithoutDescriptors, .connectWithoutDescriptors, .acceptFromReserve:
            return try OwnDescriptors.run { [self] in observe(try makeBench()) }
        default: return observe(try makeBench())
        }
    }

    func observe(_ bench: SocketBench) -> [String] {
        defer { bench.closeAll() }
        switch self {
        case .refusedConnect: return bench.refusedConnect()
        case .portInUse: return bench.portInUse(isShared: false)
        case .sharedPort: return bench.portInUse(isShared: true)
        case .closedListener: return bench.closedListener()
        case .silentConnect: return bench.silentConnect()
        case .acceptWithoutDescriptors: return bench.acceptWithoutDescriptors()
        case .connectWithoutDescriptors: return bench.connectWithoutDescriptors()
        case .acceptFromReserve: return bench.acceptFromReserve()
        default: break
        }
        guard let (client, server) = bench.connectedPair() else { return ["no pair"] }
        var log: [String] = []
        switch self {
        case .connected: log = [bench.bits(client), bench.bits(server), bench.read(client), bench.read(server)]
        case .bytesThenFinish:
            log.append(bench.write(client, 5))
            bench.close(client)
            log += [bench.bits(server), bench.read(server), bench.read(server), bench.read(server)]
        case .bytesThenReset:
            log.append(bench.write(client, 5))
            bench.pass()
            bench.reset(client)
            log += [bench.bits(server), bench.read(server), bench.read(server), bench.read(server)]
            log.append(bench.write(server, 1))
        case .closeWithUnreadBytes:
            log.append(bench.write(client, 5))
            bench.pass()
            bench.close(server)
            log += [bench.bits(client), bench.read(client), bench.read(client), bench.write(client, 1)]
        case .sendToClosedPeer:
            bench.close(server)
            log += [bench.bits(client), bench.read(client), bench.write(client, 3)]
            bench.pass()
            log += [bench.bits(client), bench.write(client, 3), bench.write(client, 3), bench.read(client)]
        case .halfClose:
            bench.network.finishWriting(client)
            log += [bench.bits(server), bench.read(server), bench.write(server, 4), bench.bits(client)]
            log.append(bench.read(client))
        case .emptyRead:
            _ = bench.bits(server)
            log += [
                bench.read(server), bench.write(client, 3), bench.bits(server), bench.read(server), bench.bits(server),
            ]
        case .sendUntilFull:
            log.append(bench.writeUntilFull(client) ? "full" : "never full")
            bench.pass()
            log.append(bench.bits(client))
            bench.readAll(server)
            bench.pass()
            bench.readAll(server)
            log.append(bench.bits(client))
        case .finishWhileUnread:
            log.append(bench.write(client, 5))
            bench.network.finishWriting(client)
            log += [bench.bits(server), bench.read(server, limit: 2), bench.read(server), bench.read(server)]
        case .bothFinished:
            bench.network.finishWriting(client)
            bench.network.finishWriting(server)
            log += [bench.bits(client), bench.bits(server), bench.read(client), bench.read(server)]
        case .refusedConnect, .portInUse, .sharedPort, .closedListener, .silentConnect, .acceptWithoutDescriptors,
            .connectWithoutDescriptors, .acceptFromReserve:
            break
        }
        return log
    }
}
