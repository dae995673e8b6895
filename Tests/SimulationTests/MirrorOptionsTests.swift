import SpeculaHTTP
import SpeculaIO
import SpeculaMetrics
@testable import SpeculaProxy
import SpeculaRouting
import SpeculaSimulation
import Testing

/// What Specula adds to a mirror: keys that sample, rates, edited fields, and copies that come back.
@Suite(.timeLimit(.minutes(10)))
struct MirrorOptionsTests {
    private struct Played {
        let mirrors: [BooksReading.MirrorName: BooksReading.Mirror]
        /// The heads that a mirror's server got.
        let heads: [String]
        let primaryHeads: [String]

        func decisions(_ mirror: Int, _ decision: MirrorDecision) -> UInt64 {
            mirrors.first { $0.key.mirror == "mirror\(mirror)@file" }?.value.decisions[Int(decision.rawValue)] ?? 0
        }
    }

    /// Sends requests one after the other through mirrors that differ from Traefik's.
    private func play(
        _ mirrors: [(ratio: Int32, options: MirrorOptions)], workers: Int = 1, mirrorAt: SocketAddress? = nil,
        pause: Duration = .zero, _ requests: [[String]]
    ) throws -> Played {
        let world = SimulatedWorld(seed: 21)
        let harness = try Harness(world: world, workers: workers)
        harness.servePrimaries()
        for number in mirrors.indices { MirrorKind.healthy.place(in: world, number: number) }
        var services = [harness.balancer("primary@file", [(Harness.primary(0).host, 80)])]
        for number in mirrors.indices {
            let address = mirrorAt ?? Harness.mirror(number)
            services.append(harness.balancer("mirror\(number)@file", [(address.host, address.port)]))
        }
        let plans = mirrors.enumerated().map { number, mirror in
            MirrorPlan(
                name: "mirror\(number)@file", service: ServiceIndex(number + 1), ratioMillionths: mirror.ratio,
                options: mirror.options)
        }
        services.append(
            ServicePlan(
                name: "web@file",
                kind: .mirroring(
                    MirroringPlan(
                        primary: ServiceIndex(0), mirrors: plans, mirrorsBody: true, maxBodySize: -1,
                        propagatesHealth: false))))
        try harness.install(services)
        var asks: [Ask] = []
        for (index, fields) in requests.enumerated() {
            var ask = Ask(id: index + 1)
            ask.fields = fields
            asks.append(ask)
        }
        let client = world.connect(
            to: Harness.front,
            asks.flatMap { ask -> [PeerStep] in
                [
                    .send(ask.bytes), .receiveMessage(length: { Bytes.responseLength($0, toHead: false) }),
                    .wait(pause),
                ]
            } + [.close])
        #expect(world.run(until: { client.isDone }, limit: .seconds(600)), "the client waits")
        harness.checkResponses(of: client, asks: asks)
        #expect(world.run(until: { harness.isIdle }, limit: .seconds(60)), "something stays under way")
        world.run(for: .seconds(1))
        harness.checkIdle()
        harness.checkBooks()
        let played = Played(
            mirrors: harness.shared.registry.readBooks().mirrors, heads: heads(in: world, at: Harness.mirror(0)),
            primaryHeads: heads(in: world, at: Harness.primary(0)))
        harness.stop()
        #expect(world.complaints == [])
        return played
    }

    private func heads(in world: SimulatedWorld, at address: SocketAddress) -> [String] {
        world.allServers.filter { $0.address == address }.flatMap { server in
            server.peers.flatMap { $0.receivedText.components(separatedBy: "\r\n\r\n") }
        }
    }

    // MARK: Loops

    @Test(arguments: [1, 2])
    func aCopyThatComesBackIsNotCopiedAgain(workers: Int) throws {
        let played = try play([(1_000_000, MirrorOptions())], workers: workers, mirrorAt: Harness.front, [[], [], []])
        #expect(played.decisions(0, .sent) == 3)
        #expect(played.decisions(0, .loop) == 3)
        // Each request and its one copy.
        #expect(played.primaryHeads.count == 6)
    }

    @Test func twoMirrorsThatComeBackEndToo() throws {
        let plain = MirrorOptions()
        let played = try play([(1_000_000, plain), (1_000_000, plain)], mirrorAt: Harness.front, [[]])
        // The request gives one copy each, each of them one of the other, and those none.
        #expect(played.decisions(0, .sent) == 2)
        #expect(played.decisions(0, .loop) == 3)
        #expect(played.primaryHeads.count == 5)
    }

    @Test func copiesThatCannotComeBackAreThePrimarysRequest() throws {
        let played = try play([(1_000_000, MirrorOptions())], [["X-A: 1"]])
        #expect(played.heads.count >= 1)
        #expect(!played.heads.joined().contains("Specula") && !played.primaryHeads.joined().contains("Specula"))
    }

    // MARK: Sampling by key

    private func sampled(by key: MirrorSampleKey) -> MirrorOptions {
        var options = MirrorOptions()
        options.sampleKey = key
        return options
    }

    @Test func aKeyGoesAllOrNothingAndSharesAreNested() throws {
        let key = MirrorSampleKey.header(Array("x-user".utf8))
        let users = (0..<40).flatMap { user in (0..<3).map { _ in ["X-User: u\(user)"] } }
        let played = try play([(300_000, sampled(by: key)), (600_000, sampled(by: key))], workers: 2, users)
        func wanted(_ ratio: Int32) -> Int {
            (0..<40).count { user in
                let bytes = Array("u\(user)".utf8)
                return MirrorSample.isChosen(key: bytes.span, ratioMillionths: ratio)
            }
        }
        #expect(played.decisions(0, .sent) == UInt64(3 * wanted(300_000)))
        #expect(played.decisions(1, .sent) == UInt64(3 * wanted(600_000)))
        #expect(wanted(300_000) < wanted(600_000) && wanted(300_000) > 0)
    }

    @Test func requestsWithoutTheKeyAreCounted() throws {
        let cookie = MirrorSampleKey.cookie(Array("session".utf8))
        let requests = (0..<20).map { $0 % 2 == 0 ? [] : ["Cookie: a=1; session="] }
        let played = try play([(100_000, sampled(by: cookie))], requests)
        #expect(played.decisions(0, .sent) == 2)
        let same = (0..<8).map { _ in ["Cookie: a=1; session=x"] }
        let all = try play([(500_000, sampled(by: cookie))], same).decisions(0, .sent)
        #expect(all == 0 || all == 8)
    }

    @Test func aClientGoesAllOrNothing() throws {
        let sent = try play([(500_000, sampled(by: .clientIP))], Array(repeating: [], count: 9)).decisions(0, .sent)
        #expect(sent == 0 || sent == 9)
    }

    // MARK: Rates

    @Test(arguments: [1, 3])
    func aRateHoldsForTheWholeProcess(workers: Int) throws {
        var options = MirrorOptions()
        options.rate = MirrorRatePlan(average: 10, burst: 5)
        let played = try play(
            [(1_000_000, options)], workers: workers, pause: .milliseconds(10), Array(repeating: [], count: 100))
        // A hundred requests in a little more than a second.
        let sent = played.decisions(0, .sent)
        #expect((15...25).contains(sent), "\(sent)")
        #expect(played.decisions(0, .rateLimited) == 100 - sent)
    }

    // MARK: Fields

    @Test func editedFieldsAreTheMirrorsAlone() throws {
        var options = MirrorOptions()
        options.removedFields = ["Cookie", "X-Forwarded-For"]
        options.setFields = [("X-Mirrored", "1"), ("X-Env", "staging")]
        let played = try play([(1_000_000, options)], [["Cookie: a=1", "x-env: production", "X-Stays: 2"]])
        let copy = played.heads.map { $0 + "\r\n" }.joined()
        #expect(copy.contains("\r\nX-Mirrored: 1\r\n") && copy.contains("\r\nX-Env: staging\r\n"))
        #expect(copy.contains("\r\nX-Stays: 2\r\n"))
        #expect(!copy.contains("Cookie") && !copy.contains("production") && !copy.contains("X-Forwarded-For"))
        let primary = played.primaryHeads.joined()
        #expect(primary.contains("Cookie: a=1") && primary.contains("x-env: production"))
        #expect(primary.contains("X-Forwarded-For") && !primary.contains("X-Mirrored"))
    }
}

extension String {
    /// The parts between a mark, empty ones left out.
    fileprivate func components(separatedBy mark: String) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        let bytes = Array(utf8)
        let wanted = Array(mark.utf8)
        var place = 0
        while place < bytes.count {
            if bytes[place...].starts(with: wanted) {
                parts.append(String(decoding: part, as: UTF8.self))
                part = []
                place += wanted.count
            } else {
                part.append(bytes[place])
                place += 1
            }
        }
        parts.append(String(decoding: part, as: UTF8.self))
        return parts.filter { !$0.isEmpty }
    }
}
