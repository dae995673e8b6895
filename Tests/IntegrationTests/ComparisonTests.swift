import Testing

extension RealSocketTests {
    @Suite(.serialized)
    struct Comparison {
        /// Real servers, of which one answers the same in other words, and sometimes something else.
        @Test func answersAreHeldAgainstEachOther() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(2)
            let answers = [
                [
                    "location /same { return 200 '{\"a\": 1, \"b\": [true]}'; }",
                    "location /id { return 200 '{\"id\": \"$request_id\", \"a\": 1}'; }",
                    "location /other { return 200 '{\"a\": 1}'; }", "location /gone { return 200 '{}'; }",
                    "location /moved { add_header X-Version 1; return 200 '{}'; }",
                    "location /text { default_type text/plain; return 200 'a'; }",
                ],
                [
                    "location /same { return 200 '{\"b\":[true],\"a\":1.0}'; }",
                    "location /id { return 200 '{\"id\": \"$request_id\", \"a\": 1}'; }",
                    "location /other { return 200 '{\"a\": 2}'; }", "location /gone { return 404; }",
                    "location /moved { add_header X-Version 2; return 200 '{}'; }",
                    "location /text { default_type text/plain; return 200 'b'; }",
                ],
            ]
            let servers = zip(ports, answers).map { port, locations in
                "server { listen 127.0.0.1:\(port); default_type application/json; \(locations.joined(separator: " ")) }"
            }
            try startNginx(servers.joined(separator: "\n"), ports: ports, in: bench)
            let gateway = try Gateway(
                routes: """
                    http:
                      routers: {api: {rule: 'Host(`api.localhost`)', service: shop}}
                      services:
                        shop:
                          mirroring:
                            service: production
                            mirrors:
                              - {name: staging, percent: 100, compare: {headers: [X-Version], body: json, ignore: ["$.id"]}}
                              - {name: closed, percent: 100, compare: {}}
                        production: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[0])'}]}}
                        staging: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(ports[1])'}]}}
                        closed: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}

                    """, in: bench)
            func results(_ mirror: String) throws -> [String: Int] {
                let metrics = try gateway.metrics()
                var counts: [String: Int] = [:]
                for result in [
                    "match", "status_mismatch", "header_mismatch", "length_mismatch", "body_mismatch", "skipped",
                    "unpaired",
                ] {
                    let labels = ["mirror": "\(mirror)@file", "result": result]
                    let count = Int(metrics.sum("specula_mirror_compared_total", labels))
                    if count > 0 { counts[result] = count }
                }
                return counts
            }
            #expect(try gateway.metrics().has("specula_mirror_compared_total"))
            let paths = ["/same", "/id", "/other", "/gone", "/moved", "/text"]
            for path in paths { #expect(try gateway.get(path, host: "api.localhost").status == 200) }
            try eventually("every pair has its result") {
                try results("staging").values.reduce(0, +) == paths.count
                    && results("closed").values.reduce(0, +) == paths.count
            }
            #expect(
                try results("staging") == [
                    "match": 2, "body_mismatch": 1, "status_mismatch": 1, "header_mismatch": 1, "skipped": 1,
                ])
            #expect(try results("closed") == ["unpaired": 6])
            #expect(try gateway.metrics().sum("specula_copy_budget_used_bytes") == 0)
        }
    }
}
