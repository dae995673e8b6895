import Foundation
import Testing

extension RealSocketTests {
    /// Everything at once, after which the books must balance to the last request.
    @Suite(.serialized)
    struct Storm {
        @Test func theBooksBalanceAfterAStorm() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let moody = try Peer("mixed", in: bench, "--delay", "300")
            let healthy = try Peer("healthy", in: bench)
            let mirrors: [(name: String, port: UInt16, percent: String)] = [
                ("moody", moody.port, "100"), ("healthy", healthy.port, "33"), ("gone", 1, "100"),
            ]
            let text = mirroring(primary, mirrors)
            let gateway = try Gateway(routes: text, in: bench)
            let seconds = "\(Bench.soakSeconds ?? 6)"
            let timed = ["--seconds", seconds, "--connections", "16"]
            let loads = try [
                timed + ["--path", "/b/1024", "--verify"],
                timed + ["--path", "/b/100", "--body", "300000", "--verify"],
                timed + ["--path", "/b/100", "--body", "50000", "--chunked", "--verify"],
                timed + ["--path", "/c/5000", "--fresh", "--rate", "200", "--verify"],
            ].map { try Load.start(gateway.web, $0, in: bench) }
            // Clients that leave in the middle: each request is given three milliseconds.
            let rude = try Load.start(
                gateway.web, timed + ["--path", "/b/4000000", "--rate", "200", "--timeout", "0.003"], in: bench)
            var generation = 0
            while loads.contains(where: { $0.child.isRunning }) {
                generation += 1
                // A reload that flaps: the mirror "healthy" goes and comes back.
                let part = generation % 2 == 0 ? mirrors : mirrors.filter { $0.name != "healthy" }
                try gateway.reload(mirroring(primary, part) + "    g\(generation): {loadBalancer: {servers: []}}\n")
                usleep(200_000)
            }
            for load in loads {
                let seen = try load.finished()
                #expect(seen.errors == 0, "\(seen)")
                #expect(seen.ok > 100)
            }
            _ = try rude.finished()
            try gateway.reload(text)
            try eventually("the last reload is in force") {
                try gateway.get("/api/http/services/mirrored@file", from: gateway.admin).body.contains("\"healthy\"")
            }
            try eventually("no request and no copy is in flight", within: .seconds(60)) {
                let metrics = try gateway.metrics()
                return mirrors.allSatisfy { mirror in
                    let books = metrics.books(of: mirror.name)
                    return books.inFlight == 0 && books.outcomes == books.sent
                } && metrics.books(of: "moody").decisions == Int(metrics.sum("traefik_router_requests_total"))
            }
            let metrics = try gateway.metrics()
            let asked = Int(metrics.sum("traefik_router_requests_total", ["service": "mirrored@file"]))
            #expect(metrics.books(of: "moody").decisions == asked)
            #expect(metrics.books(of: "gone").decisions == asked)
            #expect(metrics.books(of: "healthy").decisions <= asked)
            #expect(metrics.sum("specula_mirror_buffered_bytes") == 0)
            #expect(try gateway.stop() == 0)
        }
    }
}
