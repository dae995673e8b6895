package import Foundation

/// Routers and requests of `Tests/Conformance/rules.txt`, and the router that took each.
package struct RuleSet: Sendable {
    struct Request: Sendable {
        var head: [String]
        var source: String?
        /// Index of a router, `-` or a status.
        var taken: String
        var line: Int
    }
    private var rules: [(priority: Int, text: String)] = []
    private var requests: [Request] = []

    /// How many decisions it holds.
    package var count: Int { requests.count }

    package static func all(in folder: URL) throws -> [RuleSet] {
        let text = try String(contentsOf: folder.appendingPathComponent("rules.txt"), encoding: .utf8)
        var sets: [RuleSet] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("set ") { sets.append(RuleSet()) }
            guard !line.isEmpty, !line.hasPrefix("#"), !line.hasPrefix("set "), !sets.isEmpty else { continue }
            try sets[sets.count - 1].take(line, number: index + 1)
        }
        return sets
    }

    private mutating func take(_ line: Substring, number: Int) throws {
        if line.hasPrefix("r ") {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let priority = Int(words[1]) else {
                throw CaseError(description: "rules.txt:\(number): r PRIORITY RULE")
            }
            rules.append((priority, String(words[2])))
            return
        }
        guard let end = line.ranges(of: " > ").last else {
            throw CaseError(description: "rules.txt:\(number): no result")
        }
        var parts = line[..<end.lowerBound].split(separator: " | ").map(String.init)
        var request = Request(head: [], source: nil, taken: String(line[end.upperBound...]), line: number)
        if let last = parts.last, last.hasPrefix("from ") {
            request.source = String(last.dropFirst(5))
            parts.removeLast()
        }
        request.head = ["\(parts[0]) HTTP/1.1"] + parts.dropFirst()
        if ["FOO", "POST", "PUT"].contains(where: { parts[0].hasPrefix("\($0) ") }) {
            request.head.append("Content-Length: 0")
        }
        requests.append(request)
    }

    /// Plays every request against a gateway with these routers.
    /// - Returns: A line for each that another router took.
    package func play(folder: URL, binary: String, more: String = "") throws -> [String] {
        guard let server = Upstream() else { throw CaseError(description: "no port") }
        defer { server.stop() }
        var played = ConformanceCase(name: "rules/set")
        played.servers = []
        played.settings =
            try String(contentsOf: folder.appendingPathComponent("setups/static.yml"), encoding: .utf8)
            .replacing("{web options}\n", with: "")
        played.routes = routes(port: server.port)
        return try CasePlayer.withGateway(played, binary: binary, more: more) { port in
            var wrong: [String] = [], connections: [String: Socket] = [:]
            for request in requests {
                let source = request.source ?? "127.0.0.1"
                let taken = ask(request, port: port, source: source, connections: &connections)
                if taken != request.taken {
                    wrong.append(
                        "rules.txt:\(request.line): \(request.head[0]): \(request.taken), but \(taken) took it")
                }
            }
            return wrong
        }
    }

    private func ask(
        _ request: Request, port: UInt16, source: String, connections: inout [String: Socket]
    ) -> String {
        // A connection that was kept may be gone by now: the second attempt has a new one.
        for _ in 0..<2 {
            guard let socket = connections[source] ?? Socket.connect(to: port, from: source) else {
                return "no connection"
            }
            connections[source] = socket
            socket.send(Array((request.head.joined(separator: "\r\n") + "\r\n\r\n").utf8))
            var data: [UInt8] = []
            while case .bytes(let bytes) = socket.receive(within: 5000) {
                data += bytes
                let method = String(request.head[0].prefix { $0 != " " })
                guard let answer = AnswerParser.parse(data, methods: [method]).answers.last, !answer.isIncomplete else {
                    continue
                }
                if answer.lastsUntilClose || answer.values("connection").contains("close") { connections[source] = nil }
                if let server = answer.values("x-server").first { return String(server.dropFirst()) }
                return answer.status == 404 ? "-" : "\(answer.status)"
            }
            connections[source] = nil
        }
        return "no answer"
    }

    private func routes(port: UInt16) -> String {
        var text = "http:\n  routers:\n"
        for (index, rule) in rules.enumerated() {
            text += "    r\(index):\n      entryPoints: [web]\n      service: s\(index)\n"
            text += "      rule: '\(rule.text.replacing("'", with: "''"))'\n"
            if rule.priority != 0 { text += "      priority: \(rule.priority)\n" }
        }
        text += "  services:\n"
        for index in rules.indices {
            text += "    s\(index): {loadBalancer: {servers: [{url: 'http://127.0.1.\(index):\(port)'}]}}\n"
        }
        return text
    }
}
