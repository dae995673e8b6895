import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaSimulation
import Testing

/// A reset at every single byte of a request and of a response, on each of the three sides of the gateway.
@Suite(.timeLimit(.minutes(10)))
struct ResetTests {
    enum Side: String, CaseIterable, Sendable { case client, primary, mirror }

    enum Way: String, CaseIterable, Sendable { case toGateway, fromGateway }

    enum Load: String, CaseIterable, Sendable {
        case bodiless, length, chunked

        /// Two requests on one connection: the second finds pooled connections.
        var asks: [Ask] {
            switch self {
            case .bodiless: [Ask(id: 1, size: 20), Ask(id: 2, answer: .chunked, size: 20)]
            case .length:
                [Ask(id: 1, method: "POST", size: 5, body: .length(30)), Ask(id: 2, method: "PUT", body: .length(9))]
            case .chunked: [Ask(id: 1, method: "POST", answer: .chunked, size: 9, body: .chunked(30, piece: 11))]
            }
        }
    }

    struct Seen: Equatable {
        let bytes: [UInt8]
        let arrivals: [PeerArrival]
        /// Bytes that travelled on the link that is cut.
        let travelled: Int
    }

    @Test(arguments: Load.allCases, Side.allCases)
    func everyByteMayBeTheLast(load: Load, side: Side) throws {
        for way in Way.allCases {
            let whole = try play(load, side, way, cut: nil)
            #expect(whole.travelled > 60)
            for cut in 0...whole.travelled {
                let seen = try play(load, side, way, cut: cut)
                switch side {
                case .mirror:
                    #expect(seen.bytes == whole.bytes && seen.arrivals == whole.arrivals, "\(way) cut at \(cut)")
                case .client:
                    #expect(whole.bytes.starts(with: seen.bytes), "\(way) cut at \(cut)")
                case .primary:
                    // Begun right, or the gateway's own words: what the primary did not say nobody made up.
                    let status = Harness.status(seen.bytes[...])
                    #expect([200, 502].contains(status), "\(way) cut at \(cut): \(status)")
                }
            }
        }
    }

    private func play(_ load: Load, _ side: Side, _ way: Way, cut: Int?) throws -> Seen {
        let world = SimulatedWorld(seed: 3)
        world.turnNanoseconds = 0
        let harness = try Harness(world: world)
        var broken = LinkProfile(capacity: 16_000)
        switch way {
        case .toGateway: broken.resetAfterBytesToLoop = cut
        case .fromGateway: broken.resetAfterBytesFromLoop = cut
        }
        let sound = LinkProfile(capacity: 16_000)
        harness.servePrimaries(profile: side == .primary ? broken : sound)
        let answer = HTTPPeer.response(body: "mirrored by a healthy mirror, in as many bytes as it takes")
        world.serve(.healthy(response: answer), at: Harness.mirror(0), profile: side == .mirror ? broken : sound)
        try harness.install(Layout(mirrors: [MirrorSpec(kind: .healthy)]))
        let asks = load.asks
        let client = world.connect(
            to: Harness.front, profile: side == .client ? broken : sound,
            asks.flatMap { ask in
                [.send(ask.bytes), .receiveMessage(length: { Bytes.responseLength($0, toHead: false) })]
            } + [.close])
        #expect(
            world.run(until: { client.isDone }, limit: .seconds(30)), "the client waits: \(way) cut at \(cut ?? -1)")
        let bytes = client.received
        let arrivals = client.arrivals
        client.disappear(byReset: false)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(30)), "\(way) cut at \(cut ?? -1)")
        world.run(for: .seconds(1))
        harness.checkIdle()
        harness.checkBooks()
        let known = Dictionary(uniqueKeysWithValues: asks.map { ($0.id, $0) })
        var travelled = way == .toGateway ? client.sentBytes : client.received.count
        for server in world.allServers {
            let isMirror = server.address == Harness.mirror(0)
            harness.checkReceived(by: server, asks: known, isMirror: isMirror)
            if side != .client, isMirror == (side == .mirror) {
                let peers = server.peers
                if !peers.isEmpty {
                    travelled = peers.map { way == .toGateway ? $0.sentBytes : $0.received.count }.max() ?? 0
                }
            }
        }
        harness.stop()
        if cut != nil, cut.map({ $0 < travelled }) ?? false { #expect(world.count(of: .resetAtByte) > 0) }
        #expect(world.complaints == [], "\(way) cut at \(cut ?? -1)")
        return Seen(bytes: bytes, arrivals: arrivals, travelled: travelled)
    }
}
