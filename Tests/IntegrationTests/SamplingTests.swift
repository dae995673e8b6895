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
                routes: mirroring(primary, zip(percents, mirrors).map { ($0.0, $1.port, $0.1) }, timeout: "60s"),
                workers: workers, in: bench)
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

        /// Round robin counts for the process, and a cookie that one worker sets holds at the others.
        @Test(arguments: [1, 5])
        func turnsAndCookiesAreTheProcesssOwn(workers: Int) throws {
            let bench = try Bench()
            let servers = try (0..<3).map { _ in try Peer("healthy", in: bench) }
            let list = servers.map { "{url: 'http://127.0.0.1:\($0.port)'}" }.joined(separator: ", ")
            let gateway = try Gateway(
                routes: """
                    http:
                      routers:
                        turns: {rule: 'PathPrefix(`/`)', service: turns, entryPoints: [web]}
                        sticky: {rule: 'Host(`sticky.test`)', service: sticky, entryPoints: [web]}
                      services:
                        turns: {loadBalancer: {servers: [\(list)]}}
                        sticky: {loadBalancer: {sticky: {cookie: {name: lb}}, servers: [\(list)]}}

                    """, workers: workers, in: bench)
            let seen = try Load.run(gateway.web, ["--requests", "900", "--connections", "45", "--verify"], in: bench)
            #expect(seen.ok == 900)
            #expect(try servers.map { try $0.books().whole } == [300, 300, 300])
            let jar = bench.folder.appendingPathComponent("jar").path
            for _ in 0..<30 {
                #expect(try gateway.get("/b/1", host: "sticky.test", ["-b", jar, "-c", jar]).status == 200)
            }
            #expect(try servers.map { try $0.books().whole }.sorted() == [300, 300, 330])
        }

        @Test func copiesAreTheSameRequests() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench, "--hash")
            let mirror = try Peer("healthy", in: bench, "--hash")
            let gateway = try Gateway(
                routes: mirroring(primary, [("replica", mirror.port, "100")], timeout: "60s"), in: bench)
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

        @Test func whatMirrorsHaveBeyondTraefiksHolds() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(2)
            let servers = ports.map { port in
                """
                log_format seen\(port) '$request_uri|$http_authorization|$http_cookie|$http_x_env|$http_x_trace|$http_x_specula_mirrored';
                server { listen 127.0.0.1:\(port); access_log \(bench.folder.path)/\(port).log seen\(port); location / { return 200 ok; } }
                """
            }
            try startNginx(servers.joined(separator: "\n"), ports: ports, in: bench)
            func routes(_ mirrors: String, back: UInt16 = 1) -> String {
                """
                http:
                  routers: {r: {rule: 'PathPrefix(`/`)', entryPoints: [web], service: m}}
                  services:
                    m: {mirroring: {service: p, mirrors: [\(mirrors)]}}
                    p: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[0])'}]}}
                    x: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[1])'}]}}
                    back: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(back)'}]}}

                """
            }
            let gateway = try Gateway(
                routes: routes(
                    "{name: x, percent: 50, sample: {by: header, name: X-User}, credentials: strip, "
                        + "headers: {set: {X-Env: staging}, remove: [X-Trace]}}"), in: bench)
            func lines(_ port: UInt16) throws -> [[Substring]] {
                try String(contentsOf: bench.folder.appendingPathComponent("\(port).log"), encoding: .utf8)
                    .split(separator: "\n").map { $0.split(separator: "|", omittingEmptySubsequences: false) }
                    .filter { $0.first?.hasPrefix("/u") == true }
            }
            for request in 0..<40 {
                let options = [
                    "X-User: u\(request % 10)", "Authorization: Basic x", "Cookie: a=1", "X-Env: live", "X-Trace: 1",
                ].flatMap { ["-H", $0] }
                #expect(try gateway.get("/u\(request % 10)", options).status == 200)
            }
            try eventually("all copies have ended") {
                let books = try gateway.metrics().books(of: "x")
                return books.decisions == 40 && books.outcomes == books.sent && books.sent > 0
            }
            try eventually("the mirror has written its log") {
                try lines(ports[1]).count == gateway.metrics().books(of: "x").sent
            }
            // All four requests of a user, or none; the mirror's fields edited, the primary's as they were.
            let copied = Dictionary(grouping: try lines(ports[1]), by: \.[0]).mapValues(\.count)
            #expect(!copied.isEmpty && copied.count < 10 && copied.values.allSatisfy { $0 == 4 }, "\(copied)")
            for line in try lines(ports[1]) {
                #expect(line[1...5].elementsEqual(["-", "-", "staging", "-", "-"]), "\(line)")
            }
            for line in try lines(ports[0]) {
                #expect(line[1...5].elementsEqual(["Basic x", "a=1", "live", "1", "-"]), "\(line)")
            }
            // A rate, and a mirror that leads back here.
            try gateway.reload(
                routes(
                    "{name: x, percent: 100, rateLimit: {average: 1, burst: 3}}, {name: back, percent: 100}",
                    back: gateway.web))
            try eventually("the new mirrors are in force") {
                try gateway.metrics().sum("specula_mirror_configured_ratio", ["mirror": "back@file"]) == 1
            }
            for request in 0..<5 { #expect(try gateway.get("/v\(request)").status == 200) }
            func decisions(_ mirror: String, _ decision: String) throws -> Double {
                try gateway.metrics().sum(
                    "specula_mirror_decisions_total", ["mirror": "\(mirror)@file", "decision": decision])
            }
            try eventually("every request and its one copy have been decided on") {
                let back = try gateway.metrics().books(of: "back")
                return try decisions("back", "loop") == 5 && back.sent == 5 && back.outcomes == 5
            }
            #expect(try decisions("x", "rate_limited") > 0)
        }
    }
}
