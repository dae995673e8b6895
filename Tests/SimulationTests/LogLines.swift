import SpeculaLogging
import SpeculaMetrics
import SpeculaProxy
import SpeculaSimulation
import Synchronization

/// The access log's queue in a simulation: keeps the lines, and is now and then busy or full.
final class LogLines: LineQueue {
    private struct State {
        var random: SimulatedRandom
        var lines: [String] = []
        var lost = 0
    }

    private let state: Mutex<State>

    init(seed: UInt64) { state = Mutex(State(random: SimulatedRandom(seed: seed, part: "access log"))) }

    func offer(_ lines: Span<UInt8>, count: Int) -> LineVerdict {
        let bytes = lines.indices.map { lines[$0] }
        return state.withLock { state in
            if state.random.chance(perMille: 200) { return .busy }
            let taken = bytes.split(separator: 0x0a).map { String(decoding: $0, as: UTF8.self) }
            guard taken.count == count, bytes.last == 0x0a else {
                state.lines.append("\(count) lines were announced: \(taken)")
                return .taken
            }
            if state.random.chance(perMille: 20) {
                state.lost += count
                return .lost
            }
            state.lines += taken
            return .taken
        }
    }

    func lose(_ count: Int) { state.withLock { $0.lost += count } }

    var lost: Int { state.withLock { $0.lost } }
    var lines: [String] { state.withLock { $0.lines } }
}

extension Harness {
    /// One line for each request that is counted, one for each copy that was sent or refused; what is missing was counted as lost.
    func checkLines() {
        guard let log else { return }
        let books = shared.registry.readBooks()
        let lines = log.lines
        var requests: UInt64 = 0
        var copies: [String: UInt64] = [:]
        var compared: [String: UInt64] = [:]
        var numbers: Set<String> = []
        for line in lines {
            guard line.hasPrefix("{\""), line.hasSuffix("\"}") else {
                world.complain("no line: \(line)")
                continue
            }
            if let decision = value("MirrorDecision", of: line) {
                let key = "\(value("ServiceName", of: line) ?? "") \(value("MirrorName", of: line) ?? "") \(decision)"
                copies[key, default: 0] += 1
                if let result = value("MirrorCompared", of: line) {
                    let name = "\(value("ServiceName", of: line) ?? "") \(value("MirrorName", of: line) ?? "")"
                    compared["\(name) \(result)", default: 0] += 1
                }
                if value("PrimaryStatus", of: line) == "0" { world.complain("a copy without a primary: \(line)") }
            } else {
                requests += 1
                if !numbers.insert(value("RequestCount", of: line) ?? "").inserted {
                    world.complain("a request has two lines: \(line)")
                }
            }
        }
        var due = books.entryPoints.values.reduce(0) { $0 + $1.classes.reduce(0, +) }
        if requests > due { world.complain("\(requests) lines for \(due) requests") }
        for (name, mirror) in books.mirrors {
            for decision in MirrorDecision.allCases {
                let wanted = Self.leavesLine(decision) ? mirror.decisions[Int(decision.rawValue)] : 0
                let got = copies["\(name.service) \(name.mirror) \(decision.text)", default: 0]
                if got > wanted { world.complain("\(name.mirror) \(decision.text): \(got) lines for \(wanted) copies") }
                due += wanted
            }
            for result in ComparisonResult.allCases {
                let wanted = mirror.isCompared ? mirror.compared[Int(result.rawValue)] : 0
                let got = compared["\(name.service) \(name.mirror) \(result.text)", default: 0]
                // Each line that is missing was counted as lost.
                if got > wanted || got + UInt64(log.lost) < wanted {
                    world.complain("\(name.mirror) \(result.text): \(got) lines for \(wanted) comparisons")
                }
            }
        }
        if UInt64(lines.count + log.lost) != due {
            world.complain("\(lines.count) lines and \(log.lost) lost ones for \(due) requests and copies")
        }
    }

    private static func leavesLine(_ decision: MirrorDecision) -> Bool {
        switch decision {
        case .notSampled, .method: false
        default: true
        }
    }

    /// A member's value as it stands in a line, without quotes.
    private func value(_ name: String, of line: String) -> String? {
        let bytes = Array(line.utf8)
        let key = Array("\"\(name)\":".utf8)
        guard bytes.count > key.count else { return nil }
        for start in 0..<(bytes.count - key.count) where bytes[start..<start + key.count].elementsEqual(key) {
            let rest = bytes[(start + key.count)...]
            let isText = rest.first == UInt8(ascii: "\"")
            let value = rest.dropFirst(isText ? 1 : 0).prefix {
                isText ? $0 != UInt8(ascii: "\"") : $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}")
            }
            return String(decoding: value, as: UTF8.self)
        }
        return nil
    }
}
