import Foundation

/// A server of `Benchmarks/peer.c`: healthy, or broken in one way.
final class Peer {
    let port: UInt16
    private let statsPort: UInt16
    private let child: Child
    private let bench: Bench

    struct Books: Decodable {
        let connections, open, started, whole, bodyBytes, digest, headDigest: UInt64
    }

    init(_ kind: String, in bench: Bench, _ options: String...) throws {
        self.bench = bench
        child = try bench.start(Bench.tool("peer"), [kind, "--tied", "--life", "900"] + options, log: "peer")
        let child = child
        try eventually("peer \(kind) says its port") { child.output.hasSuffix("\n") }
        let words = child.output.split(whereSeparator: \.isWhitespace)
        guard words.count == 4, let port = UInt16(words[1]), let stats = UInt16(words[3]) else {
            throw Missing(what: "peer \(kind): \(child.output)")
        }
        self.port = port
        statsPort = stats
    }

    /// Ends it at once, as a pod that is gone.
    func kill() throws {
        child.signal(SIGKILL)
        _ = try child.ended()
    }

    /// What has arrived so far.
    func books() throws -> Books {
        let told = try run("curl", ["-sS", "http://127.0.0.1:\(statsPort)"], in: bench).output
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Books.self, from: Data(told.utf8))
    }
}

/// The client of `Benchmarks/load.c`.
struct Load: Decodable {
    let requests, ok, errors, connect, reset, status, timeout, mismatch, bytes: Int
    let seconds, rate, p50, p90, p99, p999, max: Double

    /// Runs it against a port with its own options, to the end.
    static func run(_ port: UInt16, _ options: [String], in bench: Bench) throws -> Load {
        try start(port, options, in: bench).finished()
    }

    /// Starts it and lets it run beside the test.
    static func start(_ port: UInt16, _ options: [String], in bench: Bench) throws -> Running {
        Running(child: try Child(Bench.tool("load"), ["--port", "\(port)"] + options, log: bench.file("load")))
    }

    struct Running {
        let child: Child
        func finished(within limit: Duration = .seconds(300)) throws -> Load {
            let status = try child.ended(within: limit)
            guard status == 0 else { throw Missing(what: "load ended with \(status): \(child.output)") }
            return try JSONDecoder().decode(Load.self, from: Data(child.output.utf8))
        }
    }
}
