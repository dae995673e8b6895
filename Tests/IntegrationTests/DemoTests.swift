import Foundation
import Testing

extension RealSocketTests {
    /// `specula demo`, as the first command of a stranger runs it.
    @Suite(.serialized)
    struct DemoCommand {
        @Test func theDemoShowsItsTableAndEndsAtItsBound() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(2)
            let told = try run(
                Bench.specula,
                ["demo", "--for=4", "--rate=200", "--web=\(ports[0])", "--admin=\(ports[1])"], in: bench,
                within: .seconds(90))
            #expect(told.status == 0)
            let table = told.output.components(separatedBy: "Specula  a mirroring gateway").last ?? ""
            for line in [
                "production", "mirror of 100 %", "mirror of 25 %", "p50", "p99", "decisions", "outcomes",
                "http://127.0.0.1:\(ports[1])/dashboard/", "http://127.0.0.1:\(ports[0])/",
            ] { #expect(table.contains(line), "\(line) is missing in:\n\(told.output)") }
            let requests = table.split(separator: "\n").first { $0.contains("requests  ") }?.split(separator: " ")
            let counts = (requests ?? []).compactMap { Int($0) }
            #expect(counts.count == 3 && counts[0] > 100, "\(counts)")
            let folder = told.output.split(separator: " ").first { $0.contains("/specula-demo-") }
            let path = folder.map { $0.prefix { !$0.isNewline } }.map(String.init) ?? "/"
            #expect(!FileManager.default.fileExists(atPath: path), "the demo leaves no file behind")
        }

        @Test func theDemoTakesOtherPortsWhereItsOwnAreTaken() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let options = ["--for=3", "--web=\(primary.port)", "--admin=\(primary.port)"]
            let told = try run(Bench.specula, ["demo"] + options, in: bench, within: .seconds(90))
            #expect(told.status == 0)
            #expect(told.output.contains("/dashboard/"))
            #expect(!told.output.contains("http://127.0.0.1:\(primary.port)/"))
        }

        @Test(arguments: ["--for=never", "--speed=3", "now"])
        func aMistypedOptionIsRefused(option: String) throws {
            let bench = try Bench()
            let told = try run(Bench.specula, ["demo", option], in: bench)
            #expect(told.status == 1)
            #expect(told.output.contains("usage: specula demo"))
        }
    }
}
