import Foundation
import Testing

extension RealSocketTests {
    @Suite(.serialized)
    struct Sampling {
        /// The demonstration of the guides: twenty requests at ten per cent leave two lines in the mirror's log.
        @Test func twentyRequestsAtTenPercentPutTwoInTheMirrorsLog() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(2)
            let servers = ports.map { port in
                "server { listen 127.0.0.1:\(port); access_log \(bench.folder.path)/\(port).log; location / { return 200 ok; } }"
            }
            try startNginx(servers.joined(separator: "\n"), ports: ports, in: bench)
            let gateway = try Gateway(
                routes: """
                    http:
                      routers: {api: {rule: 'Host(`api.localhost`)', service: api-mirror}}
                      services:
                        api-mirror: {mirroring: {service: api-production, mirrors: [{name: api-staging, percent: 10}]}}
                        api-production: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[0])'}]}}
                        api-staging: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[1])'}]}}

                    """, in: bench)
            for request in 1...20 {
                #expect(try gateway.get("/test?request=\(request)", host: "api.localhost").status == 200)
            }
            func lines(_ port: UInt16) throws -> [Substring] {
                try String(contentsOf: bench.folder.appendingPathComponent("\(port).log"), encoding: .utf8)
                    .split(separator: "\n").filter { $0.contains("GET /test") }
            }
            try eventually("both copies have ended") { try gateway.metrics().books(of: "api-staging").outcomes == 2 }
            #expect(try lines(ports[0]).count == 20)
            let copied = try lines(ports[1])
            #expect(copied.count == 2)
            #expect(copied.first?.contains("/test?request=1 ") == true)
            #expect(copied.last?.contains("/test?request=11 ") == true)
        }

        @Test(arguments: [1, 2, 5])
        func everyPercentGivesExactlyItsShare(workers: Int) throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let percents = [("one", "1", 100), ("eighth", "12.5", 1250), ("third", "33", 3300), ("all", "100", 10_000)]
            let mirrors = try percents.map { _ in try Peer("healthy", in: bench) }
            let gateway = try Gateway(
                routes: mirroring(primary, zip(percents, mirrors).map { ($0.0, $1.port, $0.1) }), workers: workers,
                in: bench)
            let seen = try Load.run(
                gateway.web, ["--requests", "10000", "--connections", "64", "--verify"], in: bench)
            #expect(seen.ok == 10_000)
            #expect(seen.errors == 0)
            for (percent, mirror) in zip(percents, mirrors) {
                try eventually("\(percent.2) copies at \(percent.1) %") {
                    let books = try gateway.metrics().books(of: percent.0)
                    return books.inFlight == 0 && books.outcomes == books.sent
                }
                let books = try gateway.metrics().books(of: percent.0)
                #expect(books.decisions == 10_000)
                #expect(books.sent == percent.2)
                #expect(try mirror.books().whole == UInt64(percent.2))
            }
            #expect(try primary.books().whole == 10_000)
        }

        @Test func copiesAreTheSameRequests() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench, "--hash")
            let mirror = try Peer("healthy", in: bench, "--hash")
            let gateway = try Gateway(routes: mirroring(primary, [("replica", mirror.port, "100")]), in: bench)
            for options in [
                [], ["--body", "70000"], ["--body", "100000", "--chunked"], ["--pipeline", "16"], ["--method", "HEAD"],
            ] {
                let seen = try Load.run(
                    gateway.web, ["--requests", "200", "--connections", "8", "--path", "/b/0?q=%41&x"] + options,
                    in: bench)
                #expect(seen.ok == 200, "\(options): \(seen)")
            }
            try eventually("all copies have ended") { try gateway.metrics().books(of: "replica").outcomes == 1000 }
            let (original, copy) = (try primary.books(), try mirror.books())
            #expect(copy.whole == 1000)
            #expect(copy.digest == original.digest)
            #expect(copy.bodyBytes == original.bodyBytes)
            #expect(copy.headDigest == original.headDigest)
        }
    }
}
