import Foundation
import SpeculaConformance
import Testing

extension RealSocketTests {
    /// Static keys whose effect no recording of Traefik's shows.
    @Suite(.serialized)
    struct Settings {
        /// Sends bytes on a connection and gives what comes next.
        private func ask(_ client: Socket, _ text: String) -> String {
            client.send(Array(text.utf8))
            guard case .bytes(let answer) = client.receive(within: 5000) else { return "" }
            return String(decoding: answer, as: UTF8.self)
        }

        @Test func metricsAndPingGoWhereTheirRoutersAre() throws {
            let bench = try Bench()
            let ports = try Bench.freePorts(2)
            let routes = try bench.write(
                "own.yml",
                """
                http:
                  routers:
                    metrics: {rule: 'Path(`/own/metrics`)', service: prometheus@internal, entryPoints: [web]}
                    ping: {rule: 'Path(`/own/ping`)', service: ping@internal, entryPoints: [web]}

                """)
            let main = try bench.write(
                "traefik.yml",
                """
                entryPoints:
                  web: {address: "127.0.0.1:\(ports[0])", transport: {lifeCycle: {requestAcceptGraceTimeout: 20s}}}
                  traefik: {address: "127.0.0.1:\(ports[1])"}
                providers: {file: {filename: \(routes.path)}}
                metrics: {prometheus: {manualRouting: true}}
                ping: {manualRouting: true, terminatingStatusCode: 418}

                """)
            let child = try bench.start(Bench.specula, ["--configFile=\(main.path)"], log: "gateway")
            func status(_ path: String, _ port: UInt16) throws -> Int {
                let told = try run(
                    "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)\(path)"],
                    in: bench)
                return Int(told.output) ?? 0
            }
            try eventually("the routers are in force", within: .seconds(20)) {
                try status("/own/ping", ports[0]) == 200
            }
            #expect(try status("/own/metrics", ports[0]) == 200)
            for path in ["/metrics", "/ping"] { #expect(try status(path, ports[1]) == 404) }
            child.signal(SIGTERM)
            try eventually("ping says that the gateway stops") { try status("/own/ping", ports[0]) == 418 }
        }

        @Test func twoProcessesShareAPortOnPurpose() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let first = try Gateway(routes: mirroring(primary, []), web: "reusePort: true", in: bench)
            let second = try bench.start(
                Bench.specula,
                ["--entryPoints.web.address=127.0.0.1:\(first.web)", "--entryPoints.web.reusePort=true"], log: "second")
            // Requests fall to either: the second has no routes.
            try eventually("both answer", within: .seconds(20)) {
                guard second.isRunning else { throw Missing(what: "the second ended: \(second.output)") }
                return try first.get("/b/1").status == 404
            }
            try eventually("the first answers, too") { try first.get("/b/1").status == 200 }
        }

        /// `OPTIONS *` is answered without a router, and is no refusal.
        @Test func onlyWhatIsRefusedCountsAsRefused() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: mirroring(primary, []), in: bench)
            func client() throws -> Socket { try #require(Socket.connect(to: gateway.web, from: nil)) }
            #expect(ask(try client(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").contains(" 200 "))
            #expect(ask(try client(), "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").contains(" 200 "))
            #expect(ask(try client(), "GET /b/1 HTTP/1.1\r\n\r\n").contains(" 400 "))
            try eventually("the refusal is counted") {
                try gateway.metrics().sum("specula_requests_refused_total") == 1
            }
        }

        @Test(arguments: ["demo", "check", "migrate", "healthcheck", "metrics", "version"])
        func everyCommandSaysHowItIsCalled(command: String) throws {
            let bench = try Bench()
            for arguments in [[command, "--help"], [command, "-h"], ["help", command]] {
                let told = try run(Bench.specula, arguments, in: bench, within: .seconds(60))
                #expect(told.status == 0)
                #expect(told.output.hasPrefix("usage: specula \(command)"))
            }
        }

        @Test(arguments: [["check"], ["migrate"], ["metrics"], ["demo", "--nothing"]])
        func whoCallsACommandOtherwiseReadsWhatHelpSays(call: [String]) throws {
            let bench = try Bench()
            let refused = try run(Bench.specula, call, in: bench, within: .seconds(60))
            let help = try run(Bench.specula, ["help", call[0]], in: bench, within: .seconds(60))
            #expect(refused.status != 0)
            #expect(refused.output.contains(try #require(help.output.split(separator: "\n").first)))
        }

        @Test func aMisspeltCommandIsNoStart() throws {
            let bench = try Bench()
            let told = try run(Bench.specula, ["chekc", "traefik.yml"], in: bench, within: .seconds(60))
            #expect(told.status == 1)
            #expect(told.output.contains("chekc: unknown command (did you mean check?)"))
            let all = try run(Bench.specula, ["--help"], in: bench, within: .seconds(60))
            #expect(all.status == 0 && all.output.contains("specula check"))
        }

        @Test func headsAndConnectionsHaveTheirLimits() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, []), web: "transport: {keepAliveMaxTime: 200ms}",
                more: "limits: {headerReadTimeout: 400ms, requestLineBytes: 100, headerFields: 5}", in: bench)
            func client() throws -> Socket { try #require(Socket.connect(to: gateway.web, from: nil)) }
            let head = "GET /b/1 HTTP/1.1\r\nHost: a\r\n"
            #expect(
                ask(try client(), "GET /\(String(repeating: "a", count: 100)) HTTP/1.1\r\nHost: a\r\n\r\n").contains(
                    " 431 "))
            #expect(ask(try client(), head + String(repeating: "X: 1\r\n", count: 5) + "\r\n").contains(" 431 "))
            #expect(ask(try client(), head + String(repeating: "X: 1\r\n", count: 4) + "\r\n").contains(" 200 "))
            #expect(ask(try client(), "GET /b/1 HTT").contains(" 400 "))
            // Requests follow each other until the connection is old enough to be closed with an answer.
            let old = try client()
            let end = ContinuousClock.now + .seconds(10)
            var answer = ask(old, head + "\r\n")
            #expect(answer.contains(" 200 ") && !answer.contains("Connection: close"))
            while !answer.contains("Connection: close"), answer.contains(" 200 "), ContinuousClock.now < end {
                answer = ask(old, head + "\r\n")
            }
            #expect(answer.contains(" 200 ") && answer.contains("Connection: close"))
        }
    }
}
