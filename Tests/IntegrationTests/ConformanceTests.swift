import Foundation
import SpeculaConformance
import Testing

/// What Traefik did, request by request, and what Specula does where that differs on purpose.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ConformanceTests {
    private static let folder = Bench.top.appendingPathComponent("Tests/Conformance")

    @Test(arguments: ["workers: 1", ""])
    func casesComeOutAsSpeculas(more: String) throws {
        let cases = try CaseReader.all(in: Self.folder)
        #expect(cases.count > 80)
        let results = CaseRun.play(
            cases, binary: Bench.specula, more: more, expecting: .specula, patience: 20)
        #expect(results.count == cases.count)
        for result in results {
            for (index, step) in result.played.steps.enumerated() where !result.fits(index, step.specula) {
                Issue.record("\(ConformanceScore.difference(result, index))")
            }
        }
    }

    @Test func everyDifferenceHasItsReason() throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent("differences.txt"), encoding: .utf8)
        for one in try CaseReader.all(in: Self.folder) {
            for step in one.steps where step.traefik != step.specula {
                let reason = try #require(step.reason, "\(one.name), line \(step.line)")
                #expect(text.contains(reason), "\(one.name), line \(step.line)")
            }
        }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count < 130)
        #expect(!lines.contains { $0.hasPrefix("* ") }, "no line is wider than its case")
    }

    @Test(arguments: ["workers: 1", ""])
    func rulesTakeWhatTraefiksTook(more: String) throws {
        let sets = try RuleSet.all(in: Self.folder)
        #expect(sets.reduce(0) { $0 + $1.count } > 4300)
        for set in sets {
            for line in try set.play(folder: Self.folder, binary: Bench.specula, more: more) { Issue.record("\(line)") }
        }
    }
}
