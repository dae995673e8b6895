import SpeculaIO
import SpeculaSimulation

/// What a seed makes of a storm: how many loops, which peers, which scripts.
final class StormChooser {
    private var random: SimulatedRandom
    let loops: Int
    let hasMirror: Bool
    let response: [UInt8]
    let mirrorKind: HTTPServerKind

    private let bodySizes: [Int]

    init(seed: UInt64, isSmall: Bool) {
        random = SimulatedRandom(seed: seed ^ 0x5707)
        bodySizes = isSmall ? [0, 1, 50, 300] : [0, 1, 500, 20_000, 150_000]
        loops = 1 + random.below(3)
        hasMirror = random.chance(perMille: 600)
        let length = random.pick(isSmall ? [0, 5, 300] : [0, 5, 1_000, 30_000, 200_000])
        response = HTTPPeer.response(body: String(repeating: "abcdefghij", count: length / 10))
        let kinds: [HTTPServerKind] = [
            .healthy(response: response), .neverReads, .silent, .resetsAtOnce, .garbage([1, 2, 3]),
            .early(response: [65]), .trickle(response: [66, 67, 68], every: .milliseconds(7)),
            .endless(head: [67], piece: [UInt8](repeating: 68, count: 4_096), every: .milliseconds(20)),
        ]
        mirrorKind = random.pick(kinds)
    }

    func serverScript(_ number: Int, response: [UInt8]) -> [PeerStep] {
        switch random.below(8) {
        case 0: HTTPServerKind.closesAfterEach(response: response).script
        case 1: HTTPServerKind.resetsAfter(random.below(response.count), of: response).script
        case 2: HTTPServerKind.finishesAfter(random.below(response.count), of: response).script
        case 3: HTTPServerKind.early(response: response).script
        case 4: HTTPServerKind.slow(response: response, delay: .milliseconds(random.below(300))).script
        default: HTTPServerKind.healthy(response: response).script
        }
    }

    func clientScript(_ number: Int) -> [PeerStep] {
        var script: [PeerStep] = [.wait(.microseconds(random.below(20_000)))]
        for _ in 0...random.below(4) {
            let body = [UInt8](repeating: 7, count: random.pick(bodySizes))
            let request = HTTPPeer.request("POST /", body: body)
            switch random.below(7) {
            case 0: script.append(.sendSlowly(Array(request.prefix(300)), pieceBytes: 17, every: .milliseconds(3)))
            case 1: script += [.send(Array(request.prefix(random.below(request.count)))), .reset]
            case 2: script += [.send(request), .finish, .receiveEnd]
            case 3: script += [.stopReading, .send(request), .wait(.milliseconds(50)), .startReading]
            case 4: script += [.send(request), .close]
            default: script += [.send(request), .receiveMessage(length: HTTPPeer.messageLength)]
            }
        }
        return script + [.close]
    }

    /// In every third storm the primary's links break at a byte.
    func cutProfile() -> LinkProfile? {
        guard random.chance(perMille: 300) else { return nil }
        return LinkProfile(resetAfterBytesToLoop: random.below(40_000), resetAfterBytesFromLoop: random.below(40_000))
    }

    /// Whether the bytes are what a server could have sent: its answer again and again, cut anywhere.
    func isPrefixOfAnswers(_ bytes: [UInt8], _ response: [UInt8]) -> Bool {
        for (index, byte) in bytes.enumerated() where byte != response[index % response.count] { return false }
        return true
    }
}
