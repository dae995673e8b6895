import Foundation
import Testing

extension RealSocketTests {
    /// Real programs on every side: nginx, curl, wrk, promtool, Prometheus.
    @Suite(.serialized)
    struct Clients {
        @Test func nginxCurlAndWrkAreServed() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(2)
            let servers = ports.map {
                "server { listen 127.0.0.1:\($0); location / { return 200 'nginx $request_method'; } }"
            }
            try startNginx(servers.joined(separator: "\n"), ports: ports, in: bench)
            let gateway = try Gateway(
                routes: """
                    http:
                      routers: {all: {rule: 'PathPrefix(`/`)', service: mirrored}}
                      services:
                        mirrored: {mirroring: {service: one, mirrors: [{name: two, percent: 100}]}}
                        one: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[0])'}]}}
                        two: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[1])'}]}}

                    """, in: bench)
            #expect(try gateway.get("/").body == "nginx GET")
            #expect(try gateway.get("/", ["-d", "some=body"]).body == "nginx POST")
            #expect(try gateway.get("/", ["-H", "Transfer-Encoding: chunked", "-d", "some=body"]).body == "nginx POST")
            #expect(try gateway.get("/", ["-I"]).status == 200)
            #expect(try gateway.get("/", ["--http1.0"]).body == "nginx GET")
            let told = try run(
                "wrk", ["-t", "1", "-c", "32", "-d", "1s", "http://127.0.0.1:\(gateway.web)/"], in: bench
            ).output
            #expect(told.contains("Requests/sec"))
            #expect(!told.contains("Non-2xx"))
            #expect(!told.contains("Socket errors"))
        }

        @Test func promtoolFindsNothingToSay() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: mirroring(primary, [("replica", mirror.port, "50")]), in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "100", "--verify"], in: bench).ok == 100)
            let text = try bench.write("metrics.txt", try gateway.get("/metrics", from: gateway.admin).body)
            let told = try run("sh", ["-c", "promtool check metrics <\(text.path)"], in: bench)
            #expect(told.status == 0, "\(told.output)")
        }

        @Test func aScrapeIsCompressedWhenItMayBe() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: mirroring(primary, []), in: bench)
            func header(_ accept: String) throws -> String {
                try run(
                    "curl",
                    [
                        "-sS", "-D", "-", "-o", "/dev/null", "-H", "Accept-Encoding: \(accept)",
                        "http://127.0.0.1:\(gateway.admin)/metrics",
                    ],
                    in: bench
                ).output.lowercased()
            }
            #expect(try header("gzip").contains("content-encoding: gzip"))
            #expect(try !header("gzip;q=0").contains("content-encoding"))
            #expect(try !header("identity").contains("content-encoding"))
            #expect(
                try gateway.get("/metrics", from: gateway.admin, ["--compressed"]).body.contains(
                    "traefik_config_reloads_total"))
            #expect(try gateway.get("/metrics", from: gateway.admin, ["-I"]).status == 200)
            #expect(try gateway.get("/metrics", from: gateway.admin, ["-H", "Accept: image/png"]).status == 200)
        }

        @Test func aLongScrapeIsWholeHoweverItIsRead() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirrors = (0..<400).map { ("replica-\($0)", primary.port, "0") }
            let gateway = try Gateway(routes: mirroring(primary, mirrors), in: bench)
            // Nothing that changes by itself.
            let path = "/metrics?name[]=specula_mirror_decisions_total&name[]=specula_mirror_outcomes_total"
            func scrape(_ options: [String]) throws -> String {
                try gateway.get(path, from: gateway.admin, ["-g"] + options).body
            }
            let whole = try scrape([])
            #expect(whole.utf8.count > 8 * 65_536, "\(whole.utf8.count) bytes are not many blocks")
            for options in [
                ["--http1.0"], ["--compressed"], ["--limit-rate", "4M"], ["--compressed", "--limit-rate", "100K"],
            ] {
                #expect(try scrape(options) == whole, "\(options)")
            }
            let url = "http://127.0.0.1:\(gateway.admin)\(path)"
            let head = try run("curl", ["-sSgI", url], in: bench).output.lowercased()
            #expect(head.contains("content-length: \(whole.utf8.count)\r\n"))
            // One connection: after a long answer comes the next.
            let twice = try run("curl", ["-sSg", url, url], in: bench).output
            #expect(twice == whole + whole)
        }

        @Test func aRealPrometheusScrapesIt() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let log = bench.file("access")
            let gateway = try Gateway(
                routes: mirroring(primary, [("replica", mirror.port, "10")]),
                more: "accessLog: {filePath: \(log.path), format: json, addInternals: true, "
                    + "fields: {headers: {names: {User-Agent: keep, Accept-Encoding: keep}}}}",
                in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "1000"], in: bench).ok == 1000)
            try eventually("the copies have ended") { try gateway.metrics().books(of: "replica").outcomes == 100 }
            let port = try Bench.freePorts(1)[0]
            let file = try bench.write(
                "prometheus.yml",
                """
                global: {scrape_interval: 200ms, scrape_timeout: 200ms}
                scrape_configs: [{job_name: specula, static_configs: [{targets: ['127.0.0.1:\(gateway.admin)']}]}]

                """)
            _ = try bench.start(
                "prometheus",
                [
                    "--config.file=\(file.path)", "--storage.tsdb.path=\(bench.folder.path)/tsdb",
                    "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
                ], log: "prometheus")
            func ask(_ query: String) throws -> String {
                try run(
                    "curl",
                    ["-sS", "-G", "--data-urlencode", "query=\(query)", "http://127.0.0.1:\(port)/api/v1/query"],
                    in: bench
                ).output
            }
            try eventually("Prometheus has scraped it", within: .seconds(90)) {
                try ask("up").contains("\"1\"")
                    && ask("sum(specula_mirror_decisions_total{decision=\"sent\"})").contains("\"100\"")
            }
            #expect(try ask("sum by (service) (traefik_service_requests_total{code=\"200\"})").contains("\"1000\""))
            // The laws of the books, as an alert would ask for them.
            #expect(
                try ask(
                    "sum(specula_mirror_decisions_total) - sum(traefik_router_requests_total{service=\"mirrored@file\"})"
                )
                .contains("\"0\""))
            #expect(
                try ask(
                    "sum(specula_mirror_outcomes_total) + sum(specula_mirror_in_flight_requests) - sum(specula_mirror_decisions_total{decision=\"sent\"})"
                ).contains("\"0\""))
            // It took the text compressed: it asked for gzip, and got far less than the text is long.
            let plain = try gateway.get("/metrics", from: gateway.admin).body.utf8.count
            let scrape = try #require(
                String(contentsOf: log, encoding: .utf8).split(separator: "\n").last {
                    $0.contains("\"request_User-Agent\":\"Prometheus/") && $0.contains("\"DownstreamStatus\":200")
                })
            #expect(scrape.contains(/"request_Accept-Encoding":"[^"]*gzip/))
            let size = scrape.firstMatch(of: /"DownstreamContentSize":(\d+)/).flatMap { Int($0.1) }
            #expect(try #require(size) < plain / 4, "\(size ?? 0) of \(plain) bytes")
        }
    }
}
