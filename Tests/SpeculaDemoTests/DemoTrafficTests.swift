import SpeculaIO
import Testing

@testable import SpeculaDemo

/// Servers and clients of the demo on one loop, without a gateway between them.
private func exchange(_ behaviour: DemoBehaviour, until isEnough: (DemoTraffic) -> Bool) throws -> DemoTraffic {
    let loop = EventLoop(network: try LinuxNetwork(resolver: Resolver()))
    let listener = try loop.listen(
        on: ListenAddress(.loopback(port: 0)), options: ListenOptions(), handler: DemoServer(behaviour))
    let traffic = DemoTraffic(loop: loop, gateway: listener.localAddress, requestsPerSecond: 2000)
    traffic.start()
    while !isEnough(traffic) { loop.turn(wait: true) }
    traffic.stop()
    listener.close()
    for _ in 0..<3 { loop.turn(wait: false) }
    return traffic
}

@Test(.timeLimit(.minutes(5))) func everyRequestIsAnswered() throws {
    let traffic = try exchange(.primary) { $0.answered + $0.failed >= 300 }
    #expect(traffic.failed == 0)
}

@Test(.timeLimit(.minutes(5))) func trafficIsBounded() throws {
    let slow = DemoBehaviour(name: "slow", base: .milliseconds(50), spread: .zero, errorsPerThousand: 0)
    let traffic = try exchange(slow) { $0.skipped > 20 }
    #expect(traffic.answered <= DemoTraffic.maxConnections * 4)
    #expect(traffic.failed == 0)
}

@Test func requestsAreWholeAndOfSeveralKinds() {
    var requests = DemoRequests()
    var lines: Set<String> = []
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<500 {
        let request = String(decoding: requests.next(drawing: generator.next()), as: UTF8.self)
        let parts = request.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        lines.insert(String(parts[0].prefix { $0 != " " }))
        if let length = parts[0].split(separator: "Content-Length: ").dropFirst().first {
            #expect(length == String(parts[1].utf8.count))
        }
    }
    #expect(lines == ["GET", "POST"])
}

@Test func shakyServerFailsAboutOneInTen() {
    var generator = SystemRandomNumberGenerator()
    let failures = (0..<20_000).count { _ in DemoBehaviour.shaky.status(drawing: generator.next()) != 200 }
    #expect(failures > 1600 && failures < 2400)
}

@Test func delayStaysWithinItsBounds() {
    for bits in [UInt64.min, 0xFFFF, 0x1FFFF, .max, 0x0001_8000] {
        let delay = DemoBehaviour.shaky.delay(drawing: bits)
        #expect(delay >= .milliseconds(12) && delay <= .milliseconds(12 + 4 * 30))
    }
}
