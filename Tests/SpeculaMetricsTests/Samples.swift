@testable import SpeculaMetrics

/// An exposition in text, read back: one value per series, the series as it stands in the line.
struct Samples {
    private(set) var values: [String: Double] = [:]
    private(set) var lines: [String]

    init(_ bytes: [UInt8]) {
        lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        for line in lines where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            let text = line[line.index(after: space)...]
            values[String(line[..<space])] = text == "+Inf" ? .infinity : Double(text)
        }
    }

    init(_ registry: MetricRegistry, names: Set<String>? = nil) { self.init(registry.render(names: names)) }

    subscript(_ series: String) -> Double? { values[series] }

    /// The sum over all series of a name whose labels hold all of these.
    func sum(_ name: String, _ labels: String...) -> Double {
        values.filter { series, _ in
            (series == name || series.hasPrefix(name + "{")) && labels.allSatisfy { series.contains($0) }
        }.values.reduce(0, +)
    }

    /// The series of a family that are there.
    func series(_ name: String) -> [String] {
        lines.filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
            .map { String($0.prefix(upTo: $0.lastIndex(of: " ") ?? $0.endIndex)) }
    }

    /// Lines of a family, its comments included.
    func text(of family: String) -> String {
        lines.filter { line in
            line.hasPrefix("# HELP \(family) ") || line.hasPrefix("# TYPE \(family) ") || line.hasPrefix(family + "{")
                || line.hasPrefix(family + " ") || line.hasPrefix(family + "_")
        }.joined(separator: "\n")
    }
}

extension MetricShard {
    /// Counts a plain request.
    func record(
        _ scope: Scope, code: UInt16 = 200, method: MethodLabel = .get, milliseconds: UInt64 = 1, sent: UInt64 = 10
    ) {
        record(
            scope, code: code, method: method, protocol: .http, nanoseconds: milliseconds * 1_000_000, requestBytes: 0,
            responseBytes: sent)
    }
}
