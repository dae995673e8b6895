import Foundation
import Testing

extension RealSocketTests {
    /// `examples/kubernetes/README.md`: what is to be typed without a cluster works as it is written.
    @Suite(.serialized)
    struct Walkthrough {
        @Test func theDemonstrationWithoutAClusterWorksLineByLine() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(5)
            let told = try run("bash", ["-c", try script(ports, in: bench)], in: bench, within: .seconds(180))
            #expect(told.status == 0, "\(told.output)")
            #expect(told.output.contains("Production requests: 20\nStaging (mirrored) requests: 2\n"), "\(told.output)")
            #expect(told.output.contains("Mirror ratio: 10.0% (expected 10%)"), "\(told.output)")
            let decisions = Exposition(told.output)
            #expect(decisions.sum("specula_mirror_decisions_total", ["decision": "sent"]) == 2)
            #expect(decisions.sum("specula_mirror_decisions_total", ["decision": "not_sampled"]) == 18)
            let answers = told.output.split(separator: "\n").filter { $0.contains(" => ") }
            #expect(answers.count == 3 && !answers.contains { $0.contains("NaN") }, "\(told.output)")
            let services = answers.filter { $0.hasPrefix("{service=\"api-") }.map { $0.prefix { $0 != "," } }
            #expect(services.count == 2, "\(answers)")
        }

        /// The shell blocks of the section, on ports and paths of this test, in a folder of its own.
        private func script(_ ports: [UInt16], in bench: Bench) throws -> String {
            let page = try String(
                contentsOf: Bench.top.appendingPathComponent("examples/kubernetes/README.md"), encoding: .utf8)
            let section = try #require(page.components(separatedBy: "## Without a cluster").last)
                .components(separatedBy: "\n## ")[0]
            let blocks = section.components(separatedBy: "```sh\n").dropFirst().map {
                $0.components(separatedBy: "```")[0]
            }
            #expect(blocks.count == 5)
            // The examples name their ports; a copy of them has this test's.
            let copy = bench.folder.appendingPathComponent("examples")
            try FileManager.default.copyItem(at: Bench.top.appendingPathComponent("examples"), to: copy)
            let numbers = ["8000", "8080", "9001", "9002", "9090"]
            func moved(_ text: String) -> String {
                zip(numbers, ports).reduce(text) { text, pair in
                    text.replacingOccurrences(
                        of: "(?<![0-9])\(pair.0)(?![0-9])", with: "\(pair.1)", options: .regularExpression)
                }
            }
            for name in [
                "servers.conf", "monitoring/prometheus.yml", "kubernetes/specula.yml",
                "kubernetes/manifests/addresses.yml",
            ] {
                let url = copy.appendingPathComponent(name)
                let text = try String(contentsOf: url, encoding: .utf8)
                    .replacingOccurrences(of: "/tmp/specula-examples", with: "\(bench.folder.path)/nginx")
                    .replacingOccurrences(of: "server { listen 127.0.0.1:9003", with: "#")
                    .replacingOccurrences(of: "server { listen 127.0.0.1:9004", with: "#")
                try moved(text).write(to: url, atomically: true, encoding: .utf8)
            }
            let typed = moved(blocks.joined())
                .replacingOccurrences(of: "scripts/run", with: Bench.specula)
            return """
                set -euo pipefail
                export PATH="$PATH:/usr/sbin:/sbin"
                cd '\(bench.folder.path)'
                trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
                \(typed)
                trap - EXIT
                """
        }
    }
}
