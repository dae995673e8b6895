import Foundation
import Testing

/// A running `specula` with one entry point `web` and one `traefik` for the operator.
final class Gateway {
    let web, admin: UInt16
    let child: Child
    private let bench: Bench
    private let routes: URL

    /// Starts it on a dynamic configuration and waits until it answers `/ping`; `prefix` is a command that becomes it.
    init(
        routes text: String, workers: Int = 2, web options: String = "", more: String = "",
        environment: [String: String] = [:], under prefix: [String] = [], in bench: Bench
    ) throws {
        self.bench = bench
        let ports = try Bench.freePorts(2)
        (web, admin) = (ports[0], ports[1])
        routes = try bench.write("routes-\(web).yml", text)
        let file = try bench.write(
            "traefik-\(web).yml",
            """
            workers: \(workers)
            log: {level: DEBUG}
            entryPoints:
              web:
                address: "127.0.0.1:\(web)"
            \(options.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
              traefik:
                address: "127.0.0.1:\(admin)"
            providers:
              providersThrottleDuration: 50ms
              file:
                filename: \(routes.path)
            metrics:
              prometheus:
                addRoutersLabels: true
            ping: {}
            api:
              insecure: true
            \(more)

            """)
        let command = prefix + [Bench.specula, "--configFile=\(file.path)"]
        child = try bench.start(
            command[0], Array(command.dropFirst()), log: "gateway", environment: environment)
        try ready()
    }

    /// Starts it on files that are there, which listen on these ports.
    init(
        configFile: URL, web: UInt16, admin: UInt16, environment: [String: String] = [:], in bench: Bench
    ) throws {
        (self.bench, self.web, self.admin, routes) = (bench, web, admin, configFile)
        child = try bench.start(
            Bench.specula, ["--configFile=\(configFile.path)"], log: "gateway", environment: environment)
        try ready()
    }

    private func ready() throws {
        try eventually("the gateway answers /ping", within: .seconds(60)) {
            guard child.isRunning else { throw Missing(what: "the gateway ended: \(child.output)") }
            return try get("/ping", from: admin).status == 200
        }
        // The routes come a moment later: the file provider speaks once everything listens.
        try eventually("the routes are in force", within: .seconds(60)) {
            let routers = try get("/api/http/routers", from: admin).body
            return routers.contains("@file") || routers.contains("@kubernetes")
        }
    }

    /// One request by curl; status 0 when there was no answer.
    func get(
        _ path: String, from port: UInt16? = nil, host: String = "bench.test", _ options: [String] = []
    ) throws -> (status: Int, body: String) {
        let body = bench.file("body")
        let arguments =
            ["-sS", "--max-time", "60", "-o", body.path, "-w", "%{http_code}", "-H", "Host: \(host)"] + options
        let told = try run("curl", arguments + ["http://127.0.0.1:\(port ?? web)\(path)"], in: bench)
        let text = (try? String(decoding: Data(contentsOf: body), as: UTF8.self)) ?? ""
        return (Int(told.output.suffix(3)) ?? 0, text)
    }

    /// Replaces the dynamic configuration by rename, as editors and Kubernetes do.
    func reload(_ text: String) throws {
        let fresh = try bench.write("routes-\(web).new", text)
        guard unsafe rename(fresh.path, routes.path) == 0 else { throw Missing(what: "rename: errno \(errno)") }
    }

    func metrics() throws -> Exposition { Exposition(try get("/metrics", from: admin).body) }

    /// Sends the signal and waits for the exit status.
    func stop(_ number: Int32 = SIGTERM, within limit: Duration = .seconds(60)) throws -> Int32 {
        child.signal(number)
        return try child.ended(within: limit)
    }

    /// A line of `/proc/PID/status`, in bytes: VmRSS now, VmHWM at its highest.
    func memory(_ key: String) throws -> Int { try status(key) * 1024 }

    /// A number of `/proc/PID/status`, as it stands there.
    func status(_ key: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(child.identifier)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(key):") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
    }

    /// Every thread by its name, with how willing it is to let others go first.
    func threads() throws -> [(name: String, nice: Int)] {
        let folder = "/proc/\(child.identifier)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { id in
            // `ID (NAME) STATE …`; nice is the 19th word. One that has just ended has no file.
            guard let line = try? String(contentsOfFile: "\(folder)/\(id)/stat", encoding: .utf8),
                let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")")
            else { return nil }
            let words = line[close...].split(separator: " ")
            return (String(line[line.index(after: open)..<close]), try #require(Int(words[17])))
        }
    }

    func descriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(child.identifier)/fd").count
    }
}

/// Routes from every host to one mirroring service `mirrored` over `production`, with these mirrors.
///
/// Connections and copies are short-lived, so that a test can see everything return to its start.
func mirroring(
    _ primary: Peer, _ mirrors: [(name: String, port: UInt16, percent: String)], _ more: String = "",
    timeout: String = "1s"
)
    -> String
{
    var text = """
        http:
          routers:
            all: {rule: 'PathPrefix(`/`)', service: mirrored}
          serversTransports:
            brief: {maxIdleConnsPerHost: 200, forwardingTimeouts: {dialTimeout: 1s, idleConnTimeout: 1s}}
          services:
            production: {loadBalancer: {serversTransport: brief, servers: [{url: 'http://127.0.0.1:\(primary.port)'}]}}
            mirrored:
              mirroring:
                service: production
                mirrors:

        """
    for mirror in mirrors {
        text +=
            "          - {name: \(mirror.name), percent: \(mirror.percent), timeout: \(timeout), maxInFlight: 100000}\n"
    }
    if mirrors.isEmpty { text = text.replacingOccurrences(of: "mirrors:\n", with: "mirrors: []\n") }
    if !more.isEmpty { text += "        \(more)\n" }
    for mirror in mirrors {
        text +=
            "    \(mirror.name): {loadBalancer: {serversTransport: brief, servers: [{url: 'http://127.0.0.1:\(mirror.port)'}]}}\n"
    }
    return text
}
