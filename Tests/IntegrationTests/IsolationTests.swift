import Foundation
import Testing

extension RealSocketTests {
    /// The mirror contract against every way a mirror can be broken (`Benchmarks/peer.c`); `scripts/bench --isolation` measures the same.
    @Suite(.serialized)
    struct Isolation {
        static let mirrors = [
            "none", "healthy", "delay", "slow-body", "backlog", "blackhole", "refuse", "reset-accept", "reset-body",
            "never-read",
            "early-413", "endless", "storm-1xx", "garbage", "silent-names",
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
            let mirror = kind == "none" ? nil : try Peer(kind, in: bench)
            var routes = mirroring(
                primary, mirror.map { [("replica", $0.port, "100")] } ?? [], timeout: kind == "healthy" ? "60s" : "1s")
            var prefix: [String] = []
            if kind == "silent-names" {
                routes = routes.replacingOccurrences(
                    of: "http://127.0.0.1:\(mirror?.port ?? 0)'", with: "http://replica.specula.test:80'")
                prefix = try Self.silentNames(in: bench)
                // A mount namespace of its own is not to be had everywhere; the simulation has this row in any case.
                guard try run(prefix[0], prefix.dropFirst() + ["true"], in: bench).status == 0 else { return }
            }
            let gateway = try Gateway(routes: routes, under: prefix, in: bench)
            let start = try gateway.descriptors()
            let rest = try gateway.memory("VmRSS")
            var asked = 0
            for (options, rate) in Self.loads {
                let seen = try Load.run(
                    gateway.web,
                    options + [
                        "--rate", "\(rate)", "--seconds", Bench.soakSeconds.map { "\(max(1, $0 / 12))" } ?? "0.6",
                        "--connections", "16", "--verify",
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
            #expect(metrics.books(of: "replica").decisions == (kind == "none" ? 0 : asked))
            #expect(metrics.sum("traefik_router_requests_total", ["service": "mirrored@file"]) == Double(asked))
            #expect(metrics.sum("specula_mirror_buffered_bytes") == 0)
            #expect(try primary.books().whole == UInt64(asked))
            if kind == "healthy" { #expect(try mirror?.books().whole == UInt64(asked)) }
            // Two threads may ask for mirrors' names, and go on asking a silent server for as long as the system does.
            let asking = kind == "silent-names" ? 2 : 0
            try eventually("descriptors are back to the start") { try gateway.descriptors() <= start + asking }
            let grown = try gateway.memory("VmRSS") - rest
            #expect(grown < 24 << 20, "\(kind): \(grown) bytes more than at the start")
            #expect(try gateway.stop() == 0)
        }

        /// A command under which names are asked of a server that never answers (`Benchmarks/peer.c`, silent-names).
        private static func silentNames(in bench: Bench) throws -> [String] {
            let file = try bench.write("resolv.conf", "nameserver 127.0.0.85\noptions timeout:30 attempts:1\n")
            return [
                "unshare", "--mount", "sh", "-c", "mount --bind '\(file.path)' /etc/resolv.conf && exec \"$@\"", "sh",
            ]
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
