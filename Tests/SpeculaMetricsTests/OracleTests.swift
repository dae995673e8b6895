import Foundation
import Testing

@testable import SpeculaMetrics

/// Random registries, written in every format and read back by independent parsers: what they find must be the same.
///
/// promtool (Prometheus), the parsers of Debian's python3-prometheus-client, and protoc; each is left out where it is missing.
struct OracleTests {
    private static let formats = Set(ExpositionFormat.allCases)

    @Test(arguments: 0..<4)
    func parsersAgreeOnARandomRegistry(number: Int) throws {
        let registry = RandomRegistry.make(seed: Seed.value &+ UInt64(number))
        let text = registry.render(format: .text004)
        let samples = Samples(text)
        #expect(samples.values.count > 100, "seed \(Seed.value &+ UInt64(number))")
        expectWellFormed(samples)

        if let promtool = Tool.run("promtool", ["check", "metrics"], input: text) {
            #expect(
                promtool.status == 0 || promtool.status == 3 && !promtool.output.contains("error"), "\(promtool.output)"
            )
            #expect(promtool.output.isEmpty, "\(promtool.output)")
        }
        let names = Set(samples.values.keys.map { String($0.prefix { $0 != "{" }) })
        if let parsed = try python("text", text) {
            #expect(Set(parsed.keys.map { String($0.prefix { $0 != "{" }) }) == names)
            expectSame(parsed, samples.values)
        }
        if let parsed = try python("openmetrics", registry.render(format: .openMetrics100)) {
            expectSame(parsed, samples.values)
        }
        if let parsed = try python("protobuf", registry.render(format: .protobuf), tool: "protoc") {
            expectSame(parsed, samples.values)
        }
    }

    /// Sorted families, sorted and unlike series, buckets that grow and end in the count.
    private func expectWellFormed(_ samples: Samples) {
        let families = samples.lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(families == families.sorted())
        let series = samples.lines.filter { !$0.hasPrefix("#") }
        #expect(series.count == samples.values.count, "a series stands twice")
        var last = 0.0
        var previous = ""
        for line in series where line.contains("_bucket{") {
            guard let bound = line.range(of: "le=\""), let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...])
            else { continue }
            let key = String(line[..<bound.lowerBound])
            if key == previous { #expect(value >= last, "\(line)") }
            (previous, last) = (key, value)
        }
    }

    /// Series by series, but for what the operating system counts, which moves from scrape to scrape.
    private func expectSame(_ one: [String: Double], _ two: [String: Double]) {
        let (one, two) = (one.filter { !$0.key.hasPrefix("process_") }, two.filter { !$0.key.hasPrefix("process_") })
        #expect(Set(one.keys).symmetricDifference(two.keys).sorted().prefix(5) == [])
        for (series, value) in one { #expect(two[series] == value, "\(series)") }
    }

    private func python(_ format: String, _ bytes: [UInt8], tool: String? = nil) throws -> [String: Double]? {
        if let tool, Tool.path(tool) == nil { return nil }
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "parse.py").path
        guard let answer = Tool.run("/usr/bin/python3", [script, format], input: bytes), answer.status != 77 else {
            return nil
        }
        #expect(answer.status == 0, "\(answer.output)")
        var values: [String: Double] = [:]
        for line in answer.output.split(separator: "\n") {
            guard let tab = line.lastIndex(of: "\t") else { continue }
            let text = line[line.index(after: tab)...]
            values[String(line[..<tab])] = Double(text)
        }
        return values
    }
}

/// Programs that some machines have.
enum Tool {
    static func path(_ name: String) -> String? {
        if name.hasPrefix("/") { return FileManager.default.isExecutableFile(atPath: name) ? name : nil }
        return ["/usr/bin/", "/usr/local/bin/"].map { $0 + name }.first(where: FileManager.default.isExecutableFile)
    }

    static func run(_ name: String, _ arguments: [String], input: [UInt8]) -> (status: Int32, output: String)? {
        guard let path = path(name) else { return nil }
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "specula-metrics-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        guard (try? Data(input).write(to: file)) != nil, let handle = try? FileHandle(forReadingFrom: file) else {
            return nil
        }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = handle
        process.standardOutput = output
        process.standardError = output
        guard (try? process.run()) != nil else { return nil }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
