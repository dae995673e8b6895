import Foundation
import Testing

extension RealSocketTests {
    /// The mirror contract against every way a mirror can be broken (`Benchmarks/peer.c`); `scripts/bench --isolation` measures the same.
    @Suite(.serialized)
    struct Isolation {
        static let mirrors = [
            "healthy", "delay", "slow-body", "backlog", "blackhole", "refuse", "reset-accept", "reset-body",
            "never-read",
            "early-413", "endless", "storm-1xx", "garbage",
        ]
        static let loads: [(options: [String], rate: Int)] = [
            (["--path", "/b/1024"], 500),
            (["--path", "/b/1024", "--body", "1048576"], 20),
            (["--path", "/b/1024", "--body", "102400", "--chunked"], 50),
            (["--path", "/b/1024", "--pipeline", "16"], 480),
        ]

        @Test(arguments: mirrors)
        func noClientNotices(mirror kind: String) throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer(kind, in: bench)
            let gateway = try Gateway(routes: mirroring(primary, [("replica", mirror.port, "100")]), in: bench)
            let start = try gateway.descriptors()
            let rest = try gateway.memory("VmRSS")
            var asked = 0
            for (options, rate) in Self.loads {
                let seen = try Load.run(
                    gateway.web,
                    options + [
                        "--rate", "\(rate)", "--seconds", Bench.isSoak ? "5" : "0.6", "--connections", "16", "--verify",
                    ],
                    in: bench)
                asked += seen.requests
                #expect(seen.errors == 0, "\(kind) \(options): \(seen)")
                // The mirror's copies end after a second, a broken mirror's answer takes five: waiting for either would show.
                #expect(seen.p99 < 900_000, "\(kind) \(options): p99 \(seen.p99) µs")
            }
            try eventually("the books of a \(kind) mirror balance") {
                let books = try gateway.metrics().books(of: "replica")
                return books.inFlight == 0 && books.outcomes == books.sent
            }
            let metrics = try gateway.metrics()
            #expect(metrics.books(of: "replica").decisions == asked)
            #expect(metrics.sum("traefik_router_requests_total", ["service": "mirrored@file"]) == Double(asked))
            #expect(metrics.sum("specula_mirror_buffered_bytes") == 0)
            #expect(try primary.books().whole == UInt64(asked))
            if kind == "healthy" { #expect(try mirror.books().whole == UInt64(asked)) }
            try eventually("descriptors are back to the start") { try gateway.descriptors() <= start }
            let grown = try gateway.memory("VmRSS") - rest
            #expect(grown < 24 << 20, "\(kind): \(grown) bytes more than at the start")
            #expect(try gateway.stop() == 0)
        }

        /// Traefik serves 404 here: its issue 7220.
        @Test func aMissingMirrorServiceDoesNotBreakTheRoute() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let routes = mirroring(primary, []).replacingOccurrences(
                of: "mirrors: []", with: "mirrors: [{name: nobody, percent: 100}]")
            let gateway = try Gateway(routes: routes, in: bench)
            #expect(try gateway.get("/b/10").body == "abcdefghij")
            let metrics = try gateway.metrics()
            #expect(metrics.sum("specula_mirror_decisions_total", ["decision": "missing_service"]) == 1)
        }
    }
}
