import Foundation
import SpeculaConformance
import Testing

extension RealSocketTests {
    /// Start, stop, reload and what an operator asks of a process.
    @Suite(.serialized)
    struct Life {
        @Test func aStopLetsRequestsInFlightFinish() throws {
            let bench = try Bench()
            let primary = try Peer("delay", in: bench, "--delay", "700")
            let mirror = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, [("replica", mirror.port, "100")], timeout: "60s"), in: bench)
            let load = try Load.start(
                gateway.web, ["--requests", "40", "--connections", "40", "--path", "/b/1000", "--verify"], in: bench)
            try eventually("all requests are at the primary") { try primary.books().whole == 40 }
            #expect(try gateway.stop() == 0)
            let seen = try load.finished()
            #expect(seen.ok == 40)
            #expect(seen.errors == 0)
            #expect(try mirror.books().whole == 40)
            #expect(try gateway.get("/b/1").status == 0)
        }

        /// Traefik's process panics ten seconds after a stop with a hung mirror.
        @Test func aStopDoesNotWaitForAHungMirror() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("never-read", in: bench)
            let gateway = try Gateway(routes: mirroring(primary, [("replica", mirror.port, "100")]), in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "50", "--body", "100000"], in: bench).ok == 50)
            #expect(try gateway.stop(within: .seconds(15)) == 0)
        }

        /// The longest times of all entry points used to hold for each of them.
        @Test func entryPointsStopByTheirOwnTimes() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let ports = try Bench.freePorts(3)
            let (first, later, admin) = (ports[0], ports[1], ports[2])
            let routes = mirroring(primary, []).replacingOccurrences(
                of: "service: mirrored}", with: "service: mirrored, entryPoints: [first, later]}")
            let file = try bench.write(
                "traefik.yml",
                """
                entryPoints:
                  first:
                    address: "127.0.0.1:\(first)"
                    transport: {lifeCycle: {requestAcceptGraceTimeout: 0s, graceTimeOut: 1s}}
                  later:
                    address: "127.0.0.1:\(later)"
                    transport: {lifeCycle: {requestAcceptGraceTimeout: 900s, graceTimeOut: 900s}}
                  traefik:
                    address: "127.0.0.1:\(admin)"
                    transport: {lifeCycle: {requestAcceptGraceTimeout: 900s}}
                providers: {file: {filename: "\(try bench.write("routes.yml", routes).path)"}}
                ping: {}
                api: {insecure: true}

                """)
            let gateway = try Gateway(configFile: file, web: first, admin: admin, in: bench)
            #expect(try gateway.get("/ping", from: admin).status == 200)
            let half = Array("POST /b/3 HTTP/1.1\r\nHost: bench.test\r\nContent-Length: 9\r\n\r\n".utf8)
            let clients = try [first, later].map { port in
                let client = try #require(Socket.connect(to: port, from: nil))
                #expect(client.send(half))
                return client
            }
            try eventually("both requests are under way") { try primary.books().started == 2 }
            gateway.child.signal(SIGTERM)
            try eventually("ping says so") { try gateway.get("/ping", from: admin).status == 503 }
            try eventually("nobody is accepted there") { try gateway.get("/b/3").status == 0 }
            // One is cut, at one entry point, while another still takes requests.
            guard case .end = clients[0].receive(within: 30_000) else { throw Missing(what: "the end of grace time") }
            #expect(try gateway.get("/b/3", from: later).body == "abc")
            #expect(clients[1].send(Array("123456789".utf8)))
            guard case .bytes(let answer) = clients[1].receive(within: 5000) else { throw Missing(what: "an answer") }
            #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            gateway.child.signal(SIGTERM)
            #expect(try gateway.child.ended(within: .seconds(30)) == 0)
        }

        /// The last entry point's end is the gateway's.
        @Test func aStopEndsWhenTheLastEntryPointIsDone() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, []),
                web: "transport: {lifeCycle: {requestAcceptGraceTimeout: 1s, graceTimeOut: 900s}}", in: bench)
            let idle = try #require(Socket.connect(to: gateway.web, from: nil))
            #expect(try gateway.get("/b/3").body == "abc")
            #expect(try gateway.stop(within: .seconds(60)) == 0)
            guard case .end = idle.receive(within: 5000) else { throw Missing(what: "its end") }
        }

        /// Scrapes and reloads run on threads that let loops go first; no loop may become one of them.
        @Test func loopsGoBeforeScrapesAndReloads() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let text = mirroring(primary, [])
            let gateway = try Gateway(routes: text, in: bench)
            let before = try gateway.metrics().sum("traefik_config_reloads_total")
            try gateway.reload(text + "    another: {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}\n")
            try eventually("the reload is in force") {
                try gateway.metrics().sum("traefik_config_reloads_total") > before
            }
            let threads = try gateway.threads()
            let loops = threads.filter { $0.name.hasPrefix("worker-") }
            #expect(!loops.isEmpty)
            let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
            #expect(loops.allSatisfy { $0.nice == own })
            #expect(threads.contains { $0.nice >= 10 })
        }

        @Test func aTakenPortEndsTheStart() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let first = try Gateway(routes: mirroring(primary, []), in: bench)
            let told = try run(
                Bench.specula, ["--entryPoints.web.address=127.0.0.1:\(first.web)", "--workers=2"], in: bench,
                within: .seconds(60))
            #expect(told.status == 1)
            #expect(told.output.contains("\(first.web)"))
        }

        /// Tasks and threads live to the end of the process, so nothing that they use may be tidied up before it.
        @Test(arguments: [["--entryPoints.web.address=nowhere"], ["version"]])
        func anEndRunsNoExitHandlers(arguments: [String]) throws {
            let bench = try Bench()
            let source = try bench.write(
                "handler.c",
                """
                #include <stdlib.h>
                #include <unistd.h>
                static void told(void) { _exit(97); }
                __attribute__((constructor)) static void ask(void) { atexit(told); }
                """)
            let library = bench.file("handler").path
            #expect(try run("cc", ["-shared", "-fPIC", "-o", library, source.path], in: bench).status == 0)
            let without = try run(Bench.specula, arguments, in: bench)
            let ended = try run(Bench.specula, arguments, environment: ["LD_PRELOAD": library], in: bench)
            #expect(ended.status == without.status)
            #expect(ended.output == without.output)
            #expect(try run("/bin/true", [], environment: ["LD_PRELOAD": library], in: bench).status == 97)
        }

        /// Clients that have just connected let nobody else in: accepting pauses, and goes on when descriptors are back.
        @Test func acceptingGoesOnWhenDescriptorsAreBack() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, []), under: ["sh", "-c", "ulimit -n 64 && exec \"$@\"", "sh"], in: bench)
            #expect(try gateway.get("/b/1").status == 200)
            var clients = (0..<100).compactMap { _ in Socket.connect(to: gateway.web, from: nil) }
            #expect(clients.count == 100)
            try eventually("descriptors have run out") { try gateway.descriptors() >= 62 }
            clients.removeAll()
            #expect(try gateway.get("/b/3").body == "abc")
            #expect(try gateway.metrics().sum("specula_accept_pauses_total") > 0)
            try eventually("descriptors are back") { try gateway.descriptors() < 40 }
            #expect(try gateway.stop() == 0)
        }

        /// Whatever the clients hold, the scraper and the liveness probe are served: a cluster ends a gateway that is silent.
        @Test func operatorsAreServedWhileClientsHoldEveryDescriptor() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, []), under: ["sh", "-c", "ulimit -n 96 && exec \"$@\"", "sh"], in: bench)
            var clients = (0..<150).compactMap { _ in Socket.connect(to: gateway.web, from: nil) }
            // With half a head sent none of them is idle.
            for client in clients { #expect(client.send(Array("GET / HTTP/1.1\r\nHost: bench".utf8))) }
            #expect(clients.count == 150)
            try eventually("descriptors have run out") {
                try gateway.metrics().sum("specula_accept_pauses_total") >= 2
            }
            for _ in 0..<20 { #expect(try gateway.get("/ping", from: gateway.admin).status == 200) }
            let scrape = try gateway.metrics()
            #expect(scrape.sum("process_open_fds") >= 94, "the figure that tells of it")
            #expect(scrape.sum("process_max_fds") == 96)
            clients.removeAll()
            #expect(try gateway.get("/b/3").body == "abc")
            #expect(try gateway.stop() == 0)
        }

        @Test func aReloadKeepsConnectionsCountersAndSamplingPositions() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let text = mirroring(primary, [("replica", mirror.port, "10")], timeout: "60s")
            let gateway = try Gateway(routes: text, in: bench)
            let load = try Load.start(
                gateway.web, ["--requests", "20000", "--connections", "16", "--verify"], in: bench)
            for generation in 1...8 {
                let before = try gateway.metrics().sum("traefik_config_reloads_total")
                try gateway.reload(
                    text + "    generation-\(generation): {loadBalancer: {servers: [{url: 'http://127.0.0.1:1'}]}}\n")
                try eventually("reload \(generation) is in force") {
                    try gateway.metrics().sum("traefik_config_reloads_total") > before
                }
            }
            let seen = try load.finished()
            #expect(seen.ok == 20_000)
            #expect(seen.errors == 0)
            try eventually("all copies have ended") { try gateway.metrics().books(of: "replica").outcomes == 2000 }
            #expect(try gateway.metrics().books(of: "replica").decisions == 20_000)
            #expect(try mirror.books().whole == 2000)
        }

        @Test func aBadFileKeepsTheLastGoodOneAndSaysSo() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let good = mirroring(primary, [])
            let gateway = try Gateway(routes: good, in: bench)
            #expect(try gateway.metrics().sum("specula_config_last_reload_successful") == 1)
            try gateway.reload("http: {routers: {all: {rulle: oops}}}\n")
            try eventually("the failure is told") {
                try gateway.metrics().sum("specula_config_last_reload_successful") == 0
            }
            #expect(try gateway.metrics().sum("specula_config_reload_failures_total") >= 1)
            #expect(try gateway.get("/b/3").body == "abc")
            try gateway.reload(good + "# good again\n    other: {loadBalancer: {servers: []}}\n")
            try eventually("it has recovered") {
                try gateway.metrics().sum("specula_config_last_reload_successful") == 1
            }
        }

        @Test func checkNamesEveryMistakeWithItsPlace() throws {
            let bench = try Bench()
            let file = try bench.write(
                "bad.yml",
                """
                http:
                  routers:
                    api:
                      rulle: Host(`a`)
                      service: nobody
                  services:
                    web:
                      loadBalancer:
                        servrs: []

                """)
            let told = try run(Bench.specula, ["check", file.path], in: bench)
            #expect(told.status == 1)
            #expect(told.output.contains("bad.yml:4:7"))
            #expect(told.output.contains("rule"))
            #expect(told.output.contains("bad.yml:9:9"))
            #expect(told.output.contains("servers"))
        }

        /// It used to listen a few milliseconds before its first routes were in force, and answered 404 to those who were quick.
        @Test func whoeverCanConnectIsRouted() throws {
            for _ in 0..<10 {
                let bench = try Bench()
                let primary = try Peer("healthy", in: bench)
                let ports = try Bench.freePorts(2)
                let routes = try bench.write("routes.yml", mirroring(primary, []))
                _ = try bench.start(
                    Bench.specula,
                    [
                        "--entryPoints.web.address=127.0.0.1:\(ports[0])", "--ping",
                        "--entryPoints.traefik.address=127.0.0.1:\(ports[1])",
                        "--providers.file.filename=\(routes.path)",
                    ], log: "gateway")
                for (port, path) in [(ports[0], "/b/3"), (ports[1], "/ping")] {
                    var client: Socket?
                    let end = ContinuousClock.now + .seconds(20)
                    while client == nil, ContinuousClock.now < end { client = Socket.connect(to: port, from: nil) }
                    let connected = try #require(client)
                    connected.send(Array("GET \(path) HTTP/1.1\r\nHost: bench.test\r\n\r\n".utf8))
                    guard case .bytes(let answer) = connected.receive(within: 5000) else {
                        throw Missing(what: "an answer")
                    }
                    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
                }
            }
        }

        @Test func versionAndHealthcheckAnswerAsTraefiks() throws {
            let bench = try Bench()
            #expect(try run(Bench.specula, ["version"], in: bench).status == 0)
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: mirroring(primary, []), in: bench)
            let options = ["--ping", "--entryPoints.traefik.address=127.0.0.1:\(gateway.admin)"]
            let told = try run(Bench.specula, ["healthcheck"] + options, in: bench)
            #expect(told.status == 0)
            #expect(told.output.contains("OK: "))
            #expect(try gateway.stop() == 0)
            #expect(try run(Bench.specula, ["healthcheck"] + options, in: bench).status == 1)
        }
    }
}
