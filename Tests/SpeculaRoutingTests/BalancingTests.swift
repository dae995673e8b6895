import Testing

@testable import SpeculaRouting

struct HighestRandomWeightTests {
    private static let names = ["http://10.0.0.1:80", "http://10.0.0.2:80", "http://10.0.0.3:8080"]

    private func pick(_ client: String, _ weights: [Int], isAvailable: (Int) -> Bool = { _ in true }) -> Int? {
        let client = [UInt8](client)
        return HighestRandomWeight.pick(
            client: client.span, count: weights.count, name: { [UInt8](Self.names[$0]) }, weight: { weights[$0] },
            isAvailable: isAvailable)
    }

    /// The choices for 40 clients, computed with Go's `hash/fnv` and `math`.
    @Test(arguments: [
        ([1, 1, 1], "1100000022011011011000112112211110100211"),
        ([5, 1, 1], "1100000000011001000000102002201000100200"),
        ([1, 2, 7], "1122220022212212022200112222221120122222"),
    ])
    func clientsGoWhereTraefikSendsThem(weights: [Int], expected: String) {
        let picks = (0..<40).map { pick("192.168.\($0 % 7).\($0)", weights).map(String.init) ?? "-" }.joined()
        #expect(picks == expected)
    }

    @Test func onlyTheClientsOfAServerThatGoesAwayMove() throws {
        for number in 0..<200 {
            let client = "10.0.0.\(number)"
            let before = try #require(pick(client, [1, 1, 1]))
            let after = try #require(pick(client, [1, 1, 1]) { $0 != 2 })
            #expect(before == 2 ? after != 2 : after == before)
        }
        #expect(pick("a", [1, 1, 1]) { _ in false } == nil)
        #expect(pick("a", [0, -1, 0]) == nil)
    }

    @Test(arguments: [
        (0.5, -0.69314718055994529), (0.9999999, -1.0000000494736474e-07), (1e-19, -43.749116766886871),
        (0.7071, -0.34658318037194202), (0.333, -1.0996127890016931), (1, 0),
    ])
    func logarithmIsRightToTheLastBits(value: Double, expected: Double) {
        #expect(abs(HighestRandomWeight.naturalLogarithm(value) - expected) <= abs(expected) * 4e-16)
    }
}

struct PowerOfTwoChoicesTests {
    @Test func theOneWithFewerInFlightIsTaken() {
        for random in [0, 1, 7, UInt64.max, 0x1_0000_0001, 0x7_0000_0002] {
            let loads = [5, 1]
            #expect(
                PowerOfTwoChoices.pick(count: 2, random: random, isAvailable: { _ in true }, inFlight: { loads[$0] })
                    == 1)
        }
    }

    @Test func allPairsComeUp() throws {
        var random = SeededRandom(seed: 3)
        var counts = [0, 0, 0, 0]
        for _ in 0..<4000 {
            let server = PowerOfTwoChoices.pick(
                count: 4, random: random.next(), isAvailable: { $0 != 1 }, inFlight: { $0 == 3 ? 1 : 0 })
            counts[try #require(server)] += 1
        }
        #expect(counts[1] == 0 && counts[3] == 0)
        #expect(counts[0] > 1700 && counts[2] > 1700)
    }

    @Test func oneOrNoneIsNoChoice() {
        #expect(PowerOfTwoChoices.pick(count: 3, random: 9, isAvailable: { $0 == 2 }, inFlight: { _ in 0 }) == 2)
        #expect(PowerOfTwoChoices.pick(count: 3, random: 9, isAvailable: { _ in false }, inFlight: { _ in 0 }) == nil)
        #expect(PowerOfTwoChoices.pick(count: 0, random: 9, isAvailable: { _ in true }, inFlight: { _ in 0 }) == nil)
    }
}

struct LeastTimeTests {
    @Test func turnsGoRoundByWeightWhileNoTimeIsKnown() throws {
        var balancer = LeastTime(weights: [3, 1, 0])
        var counts = [0, 0, 0]
        for _ in 0..<40 {
            let server = balancer.pick(isAvailable: { _ in true }, inFlight: { _ in 0 })
            counts[try #require(server)] += 1
        }
        #expect(counts == [30, 10, 0])
    }

    @Test func theLowestScoreWins() {
        var balancer = LeastTime(weights: [1, 1, 4])
        balancer.record(server: 0, milliseconds: 10)
        balancer.record(server: 1, milliseconds: 20)
        balancer.record(server: 2, milliseconds: 60)
        #expect(balancer.pick(isAvailable: { _ in true }, inFlight: { _ in 0 }) == 0)
        #expect(balancer.pick(isAvailable: { _ in true }, inFlight: { [1, 0, 0][$0] }) == 2)
        #expect(balancer.pick(isAvailable: { _ in true }, inFlight: { [2, 0, 1][$0] }) == 1)
        #expect(balancer.pick(isAvailable: { $0 == 1 }, inFlight: { _ in 0 }) == 1)
        #expect(balancer.pick(isAvailable: { _ in false }, inFlight: { _ in 0 }) == nil)
    }

    @Test func onlyTheLastHundredTimesCount() {
        var balancer = LeastTime(weights: [1, 1])
        for _ in 0..<100 { balancer.record(server: 0, milliseconds: 1000) }
        balancer.record(server: 1, milliseconds: 500)
        for _ in 0..<100 { balancer.record(server: 0, milliseconds: 1) }
        #expect(balancer.pick(isAvailable: { _ in true }, inFlight: { _ in 0 }) == 0)
        balancer.record(server: 7, milliseconds: 1)
    }
}
