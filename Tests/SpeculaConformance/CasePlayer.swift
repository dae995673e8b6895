internal import Foundation
internal import Glibc
internal import Synchronization

/// Plays one case against a gateway: servers, the program, the steps.
package final class CasePlayer {
    private let played: ConformanceCase
    private let folder: URL
    private var servers: [(name: String, server: Upstream)] = []
    private var ports: [String: UInt16] = [:]
    private var gateway: ChildProcess?
    private let expecting: Expecting
    private let patience: Double
    /// The ports of the gateway and those on which nobody listens, kept from everybody else.
    private var reserved: [Socket] = []
    private let tether = Pipe()
    private var metrics = MetricsReading()
    private var accessLines = 0
    private var stepBegan = Date()

    /// Whose answers a gateway is held to: a step is waited for until it came out like this.
    package enum Expecting: Sendable {
        case specula
        /// Traefik's or Specula's: for a program that may be either.
        case either
    }

    /// What came of a case.
    package struct Result: Sendable {
        package var played: ConformanceCase
        /// The transcript of each step that was reached.
        package var lines: [[String]] = []
        /// Why not every step was reached.
        package var failure: String?

        /// Whether a step came out as expected.
        package func fits(_ index: Int, _ expected: [String]) -> Bool {
            guard index < lines.count else { return false }
            return Result.matches(lines[index], expected)
        }

        /// Line by line; a line that is `MARK *` alone takes any number of lines with its mark.
        static func matches(_ lines: [String], _ expected: [String]) -> Bool {
            let open = Set(expected.filter { $0.count == 3 && $0.hasSuffix(" *") }.map { $0.prefix(1) })
            let got = lines.filter { !open.contains($0.prefix(1)) },
                wanted = expected.filter { !open.contains($0.prefix(1)) }
            guard got.count == wanted.count else { return false }
            return zip(got, wanted).allSatisfy(Transcript.fits)
        }
    }

    /// Plays a case from start to end; whatever goes wrong is in the result.
    ///
    /// `more` are lines added to a YAML static configuration, such as `workers: 1`; `patience` is how many seconds to wait
    /// for what is expected and does not come.
    package static func play(
        _ played: ConformanceCase, binary: String, more: String = "", expecting: Expecting, patience: Double
    ) -> Result {
        var result = Result(played: played)
        do {
            let player = try CasePlayer(
                played, binary: binary, more: more, expecting: expecting, patience: patience)
            defer { player.end() }
            try player.becomeReady()
            for step in played.steps {
                let lines = try player.run(step).map(player.plain)
                // Series are in the order of names, not of this run's ports.
                if case .metrics = step.action {
                    result.lines.append(lines.sorted())
                } else {
                    result.lines.append(lines)
                }
            }
        } catch {
            result.failure = "\(error)"
        }
        return result
    }

    /// Starts a gateway on a case's configuration for as long as `body` takes, which gets the port of `web`.
    static func withGateway<Value>(
        _ played: ConformanceCase, binary: String, more: String, _ body: (UInt16) throws -> Value
    ) throws -> Value {
        let player = try CasePlayer(played, binary: binary, more: more, expecting: .either, patience: 8)
        defer { player.end() }
        try player.becomeReady()
        return try body(player.ports["web"] ?? 0)
    }

    private init(
        _ played: ConformanceCase, binary: String, more: String, expecting: Expecting, patience: Double
    ) throws {
        (self.played, self.expecting, self.patience) = (played, expecting, patience)
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("specula-case-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in played.servers {
            guard let server = Upstream(name: name) else { throw CaseError(description: "no port for \(name)") }
            servers.append((name, server))
            ports[name] = server.port
        }
        for name in ["web", "admin", "dead"] + played.idlePorts {
            guard let socket = Socket.reserve() else { throw CaseError(description: "no port for \(name)") }
            ports[name] = socket.local.port
            reserved.append(socket)
        }
        for file in played.files { try write(file.text, to: file.path) }
        for (name, host) in played.certificates {
            guard let made = MadeCertificate(for: host) else {
                throw CaseError(description: "no certificate for \(host)")
            }
            try write(made.certificate, to: "\(name).crt")
            try write(made.key, to: "\(name).key")
        }
        if let routes = played.routes { try write(routes, to: "dynamic.yml") }
        let name = "traefik.\(played.format)"
        try write(played.settings + (played.format == "yml" && !more.isEmpty ? "\n\(more)\n" : ""), to: name)
        try start(binary, file: name)
    }

    private func start(_ binary: String, file: String) throws {
        let log = folder.appendingPathComponent("out.log")
        try Data().write(to: log)
        let out = try FileHandle(forWritingTo: log)
        gateway = try ChildProcess(
            path: binary, arguments: ["--configFile=\(folder.path)/\(file)"],
            environment: ProcessInfo.processInfo.environment.merging(played.environment) { $1 },
            directory: folder.path, input: tether.fileHandleForReading.fileDescriptor, output: out.fileDescriptor)
        try? out.close()
    }

    private func end() {
        gateway?.end()
        for (_, server) in servers { server.stop() }
        try? FileManager.default.removeItem(at: folder)
    }

    private func becomeReady() throws {
        if played.exits { return }
        for _ in 0..<3000 {
            guard gateway?.isRunning == true else { return }
            if played.waitsForPing, get("/ping").status == 200 {
                Thread.sleep(forTimeInterval: 0.5)
                return
            }
            if !played.waitsForPing, get("/api/http/routers").body.contains("@file\"") {
                Thread.sleep(forTimeInterval: 0.1)
                return
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
        throw CaseError(description: "the gateway is not ready: \(log)")
    }

    private var log: String {
        (try? String(contentsOf: folder.appendingPathComponent("out.log"), encoding: .utf8)).map {
            String($0.suffix(500))
        } ?? ""
    }

    private func get(_ path: String) -> (status: Int, body: String) {
        guard let socket = Socket.connect(to: ports["admin"] ?? 0, from: nil) else { return (0, "") }
        socket.send(Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".utf8))
        var data: [UInt8] = []
        while case .bytes(let bytes) = socket.receive(within: 5000) { data += bytes }
        let answer = AnswerParser.parse(data, methods: ["GET"]).answers.last
        return (answer?.status ?? 0, String(decoding: answer?.body ?? [], as: UTF8.self))
    }

    private func write(_ text: String, to path: String) throws {
        let file = folder.appendingPathComponent(path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        let fresh = folder.appendingPathComponent(".fresh-\(UUID().uuidString)")
        try Data(fill(text).utf8).write(to: fresh)
        guard unsafe rename(fresh.path, file.path) == 0 else { throw CaseError(description: "rename: errno \(errno)") }
    }

    private func fill(_ text: String) -> String {
        var text = text
        for (name, port) in ports { text = text.replacing("{\(name)}", with: "\(port)") }
        return text.replacing("{dir}", with: folder.path)
    }

    /// Names instead of this run's ports and folder.
    private func plain(_ line: String) -> String {
        var line = line.replacing(folder.path, with: "{dir}").replacing(
            ProcessInfo.processInfo.hostName, with: "{hostname}")
        for (name, port) in ports { line = line.replacing(":\(port)", with: ":{\(name)}") }
        return Masks.cookies(line)
    }
}

extension CasePlayer {
    /// Does what a step says and tells what came of it.
    fileprivate func run(_ step: ConformanceStep) throws -> [String] {
        stepBegan = Date()
        switch step.action {
        case .send(let parts): return send(parts, step)
        case .burst(let count, let request): return burst(count, request, step)
        case .metrics:
            // Until two readings agree: late copies and closes have landed.
            var last = MetricsReading()
            let end = Date(timeIntervalSinceNow: max(patience, 4))
            while true {
                let options = step.options
                let reading = MetricsReading(
                    get("/metrics").body, all: options["all"] != nil, buckets: options["buckets"] != nil,
                    reloads: options["reloads"] != nil)
                if Date() > end
                    || reading == last
                        && isExpected(reading.changes(since: metrics).map(plain).sorted(), of: step)
                {
                    last = reading
                    break
                }
                last = reading
                Thread.sleep(forTimeInterval: 0.15)
            }
            defer { metrics = last }
            return last.changes(since: metrics)
        case .access: return access(step)
        case .write(let name, let text):
            let before = configuration
            try write(text, to: name)
            // The longest that a gateway takes by itself, and then until it has what was written.
            Thread.sleep(forTimeInterval: 0.8)
            let end = Date(timeIntervalSinceNow: patience)
            while step.options["unchanged"] == nil, configuration == before, Date() < end {
                Thread.sleep(forTimeInterval: 0.05)
            }
            return []
        case .until(let series):
            let end = Date(timeIntervalSinceNow: max(patience, 8))
            while !get("/metrics").body.contains("traefik_\(fill(series))\n") {
                if Date() > end { return ["= never"] }
                Thread.sleep(forTimeInterval: 0.05)
            }
            return []
        case .sleep(let seconds):
            Thread.sleep(forTimeInterval: seconds)
            return []
        case .signal(let number):
            guard let gateway else { return [] }
            gateway.signal(number)
            return ended(within: step.options["patience"].flatMap(Double.init) ?? 20)
        case .exit: return ended(within: 60)
        }
    }

    /// What the API shows of the dynamic configuration.
    private var configuration: String { self.get("/api/rawdata").body }

    /// The lines that the access log got since it was last asked for, as soon as they are those expected, or as they are at last.
    private func access(_ step: ConformanceStep) -> [String] {
        let end = Date(timeIntervalSinceNow: patience)
        while true {
            let text = (try? String(contentsOf: folder.appendingPathComponent("access.log"), encoding: .utf8)) ?? ""
            let lines = text.split(separator: "\n").dropFirst(accessLines).map { "= \(Masks.sorted(String($0)))" }
            guard Date() > end || isExpected(lines.map(plain), of: step) else {
                Thread.sleep(forTimeInterval: 0.05)
                continue
            }
            accessLines += lines.count
            return lines
        }
    }

    private func ended(within seconds: Double) -> [String] {
        let end = Date(timeIntervalSinceNow: seconds)
        while let gateway, gateway.isRunning {
            if Date() > end { return ["= still running"] }
            Thread.sleep(forTimeInterval: 0.01)
        }
        guard let gateway else { return [] }
        return ["= exit \(gateway.exitStatus ?? 0)"]
    }

    private func send(_ parts: [String], _ step: ConformanceStep) -> [String] {
        let whole = parts.joined()
        let methods =
            step.options["methods"]?.split(separator: ",").map(String.init) ?? [String(whole.prefix { $0 != " " })]
        let source = step.options["from"] ?? "127.0.0.1"
        let exchange = RawExchange(
            parts: parts.map { RequestText.bytes(fill($0)) }, methods: methods, step: step,
            port: ports[step.options["entry"] ?? "web"] ?? 0, patience: max(patience, 8))
        let before = arrivals
        let answers = exchange.perform(
            isExpected: { self.isExpected($0.map(self.plain), of: step, mark: "<") },
            beforeAbort: { if step.options["arrives"] != nil { self.awaitArrival(after: before) } })
        if played.settles || step.options["abort"] != nil { settle() }
        let fields = Transcript.fields(of: whole)
        return eventually(step) { seen in
            answers
                + seen.map { name, request in
                    var request = request
                    request.fields = request.fields.map {
                        .init(name: $0.name, value: plain(exchange.withoutClient($0.value)))
                    }
                    return Transcript.request(
                        request, at: name, sent: fields, from: source, isSecure: step.options["tls"] != nil)
                }
        }
    }

    /// Whether lines are what a step is waited for; with `mark`, only its lines that begin so.
    private func isExpected(_ lines: [String], of step: ConformanceStep, mark: String = "") -> Bool {
        func fits(_ expected: [String]) -> Bool {
            Result.matches(lines, expected.filter { $0.hasPrefix(mark) })
        }
        if fits(step.specula) { return true }
        // What Traefik does may be all, or the half of what Specula does: a moment tells.
        return expecting == .either && Date() > stepBegan + 1 && fits(step.traefik)
    }

    /// How many requests the servers have got, with or without the whole of their bodies.
    private var arrivals: Int { servers.reduce(0) { $0 + $1.server.arrivals } }

    private func awaitArrival(after before: Int) {
        let end = Date(timeIntervalSinceNow: max(patience, 8))
        while arrivals == before, Date() < end { Thread.sleep(forTimeInterval: 0.01) }
    }

    /// The transcript of what the servers have seen, as soon as it is what is expected, or as it is at last.
    private func eventually(
        _ step: ConformanceStep, _ transcript: ([(name: String, request: SeenRequest)]) -> [String]
    ) -> [String] {
        var seen = servers.map { ($0.name, [SeenRequest]()) }
        let end = Date(timeIntervalSinceNow: patience)
        while true {
            for (index, server) in servers.enumerated() { seen[index].1 += server.server.take() }
            let lines = transcript(seen.flatMap { name, requests in requests.map { (name, $0) } })
            if Date() > end || isExpected(lines.map(plain), of: step) { return lines }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    /// Waits until no more requests arrive.
    private func settle() {
        var last = -1
        for _ in 0..<40 {
            let count = servers.reduce(0) { $0 + $1.server.count }
            if count == last { return }
            last = count
            Thread.sleep(forTimeInterval: 0.06)
        }
    }

    private func burst(_ count: Int, _ request: String, _ step: ConformanceStep) -> [String] {
        var codes: [Int: Int] = [:], order: [String] = []
        var socket: Socket?
        for index in stride(from: 1, through: count, by: 1) {
            if socket == nil { socket = Socket.connect(to: ports["web"] ?? 0, from: nil) }
            socket?.send(RequestText.bytes(fill(request.replacing("{i}", with: "\(index)"))))
            var data: [UInt8] = []
            while let here = socket {
                let (answers, _) = AnswerParser.parse(data, methods: [])
                if let answer = answers.last, answer.isFinal, !answer.isIncomplete {
                    codes[answer.status, default: 0] += 1
                    order.append(answer.values("x-server").first ?? "-")
                    if answer.values("connection").contains("close") { socket = nil }
                    break
                }
                if case .bytes(let bytes) = here.receive(within: 8000) { data += bytes } else { socket = nil }
            }
            if let gap = step.options["gap"].flatMap(Double.init) { Thread.sleep(forTimeInterval: gap) }
        }
        settle()
        var lines = codes.sorted { $0.key < $1.key }.map { "= \($0.value) times \($0.key)" }
        if step.options["order"] != nil {
            lines.append("= answered by " + order.joined(separator: " "))
        } else {
            for name in Set(order).sorted() { lines.append("= answered by \(name): \(order.count { $0 == name })") }
        }
        return eventually(step) { seen in
            let byName = Dictionary(grouping: seen, by: \.name)
            return lines
                + byName.sorted { $0.key < $1.key }.map { name, seen in
                    let numbers = seen.compactMap { _, request in
                        request.line.firstRange(of: "i=").flatMap {
                            Int(request.line[$0.upperBound...].prefix { $0.isNumber })
                        }
                    }
                    let told = step.options["totals"] != nil ? "\(numbers.count)" : Transcript.ranges(numbers.sorted())
                    return "= seen by \(name): \(told)"
                }
        }
    }
}

/// What differs from run to run within a line.
enum Masks {
    /// A line of JSON with its members in the order of their names; another line as it is.
    static func sorted(_ line: String) -> String {
        let read = line.hasPrefix("{") ? try? JSONSerialization.jsonObject(with: Data(line.utf8)) : nil
        guard let members = read as? [String: Any] else { return line }
        let parts = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { key, value in
            let text = try? JSONSerialization.data(
                withJSONObject: value, options: [.fragmentsAllowed, .withoutEscapingSlashes])
            return "\"\(key)\":\(String(decoding: text ?? Data(), as: UTF8.self))"
        }
        return "{\(parts.joined(separator: ","))}"
    }

    /// The sixteen digits of a sticky cookie.
    static func cookies(_ line: String) -> String {
        guard let end = line.firstRange(of: "; Path") else { return line }
        let head = line[..<end.lowerBound]
        guard let equals = head.lastIndex(of: "="), head.distance(from: equals, to: head.endIndex) == 17,
            head[head.index(after: equals)...].allSatisfy(\.isHexDigit)
        else { return line }
        return head[...equals] + "{hash}" + line[end.lowerBound...]
    }
}
