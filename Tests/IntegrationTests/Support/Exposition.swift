import Foundation

/// What a scrape said: values by series, with just enough reading to sum them up.
struct Exposition {
    private let lines: [(name: Substring, labels: Substring, value: Double)]

    init(_ text: String) {
        lines = text.split(separator: "\n").compactMap { line in
            guard !line.hasPrefix("#"), let space = line.lastIndex(of: " ") else { return nil }
            let series = line[..<space]
            let brace = series.firstIndex(of: "{") ?? series.endIndex
            guard let value = Double(line[line.index(after: space)...]) else { return nil }
            return (series[..<brace], series[brace...], value)
        }
    }

    /// The sum over all series of a family that carry these labels.
    func sum(_ family: String, _ labels: [String: String] = [:]) -> Double {
        lines.lazy.filter { $0.name == family }.filter { line in
            labels.allSatisfy { line.labels.contains("\($0.key)=\"\($0.value)\"") }
        }.reduce(0) { $0 + $1.value }
    }

    func has(_ family: String) -> Bool { lines.contains { $0.name == family } }

    /// The books of one mirror: decisions of every kind, copies sent, outcomes of every kind, copies in flight.
    func books(of mirror: String) -> (decisions: Int, sent: Int, outcomes: Int, inFlight: Int) {
        let labels = ["mirror": "\(mirror)@file"]
        return (
            Int(sum("specula_mirror_decisions_total", labels)),
            Int(sum("specula_mirror_decisions_total", labels.merging(["decision": "sent"]) { $1 })),
            Int(sum("specula_mirror_outcomes_total", labels)),
            Int(sum("specula_mirror_in_flight_requests", labels))
        )
    }
}
