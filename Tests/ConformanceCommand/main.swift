// Plays the cases of Tests/Conformance against a gateway: `conformance FOLDER BINARY [PATTERN…]` (scripts/conformance calls it).
import Foundation
import SpeculaConformance

var arguments = Array(CommandLine.arguments.dropFirst())
let isVerbose = arguments.contains("--verbose")
arguments.removeAll { $0 == "--verbose" }
guard arguments.count >= 2 else {
    FileHandle.standardError.write(Data("usage: conformance FOLDER BINARY [PATTERN…] [--verbose]\n".utf8))
    exit(2)
}
let patterns = arguments.dropFirst(2)
do {
    let folder = URL(fileURLWithPath: arguments[0])
    let cases = try CaseReader.all(in: folder).filter { one in
        patterns.isEmpty || patterns.contains { one.name.contains($0) }
    }
    let more = ProcessInfo.processInfo.environment["CONFORMANCE_STATIC"] ?? ""
    let results = CaseRun.play(
        cases, binary: URL(fileURLWithPath: arguments[1]).path, more: more, expecting: .either, patience: 2)
    let score = ConformanceScore(results)
    var text = score.table
    if isVerbose { text += score.details }
    FileHandle.standardOutput.write(Data(text.utf8))
    exit(score.isTraefik || score.isSpecula ? 0 : 1)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
}
