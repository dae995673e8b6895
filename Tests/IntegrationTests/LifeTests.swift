import Foundation
import Testing

extension RealSocketTests {
    /// Start, stop, reload and what an operator asks of a process.
    @Suite(.serialized)
    struct Life {
        @Test func aStopLetsRequestsInFlightFinish() throws {
            let bench = try Bench()
            let primary = try Peer("delay", in: bench, "--delay", "700")
            let mirror = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: mirroring(primary, [("replica", mirror.port, "100")]), in: bench)
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

        @Test func aTakenPortEndsTheStart() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let first = try Gateway(routes: mirroring(primary, []), in: bench)
            let told = try run(
                Bench.specula, ["--entryPoints.web.address=127.0.0.1:\(first.web)", "--workers=2"], in: bench,
                within: .seconds(10))
            #expect(told.status == 1)
            #expect(told.output.contains("\(first.web)"))
        }

        @Test func aReloadKeepsConnectionsCountersAndSamplingPositions() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let text = mirroring(primary, [("replica", mirror.port, "10")])
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
