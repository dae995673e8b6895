import Foundation
import Testing

extension RealSocketTests {
    /// What a process holds, seen from outside: at rest, of each idle connection, while mirrors hang.
    @Suite(.serialized, .enabled(if: Bench.isRelease, "a debug build is larger"))
    struct Memory {
        /// As many routers as an ordinary gateway has, one service.
        static func routes(to primary: Peer) -> String {
            "http:\n  routers:\n"
                + (0..<10).map {
                    "    r\($0): {rule: 'Host(`\($0 == 0 ? "bench.test" : "host-\($0).test")`)', service: p}\n"
                }
                .joined()
                + "  services:\n    p: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(primary.port)'}]}}\n"
        }

        @Test func aProcessAtRestIsSixteenMebibytes() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: Self.routes(to: primary), workers: 2, in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "200"], in: bench).ok == 200)
            let rest = try gateway.memory("VmRSS")
            #expect(rest <= 16 << 20, "\(rest >> 10) KiB")
        }

        @Test(arguments: [[], ["--touch"]])
        func anIdleConnectionIsAKibibyte(touch: [String]) throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: Self.routes(to: primary), workers: 2, in: bench)
            #expect(try Load.run(gateway.web, ["--requests", "200"], in: bench).ok == 200)
            let before = try gateway.memory("RssAnon")
            let count = 8000
            let holder = try Load.start(
                gateway.web, ["--connections", "\(count)", "--idle", "--timeout", "20"] + touch, in: bench)
            try eventually("all connections are there", within: .seconds(30)) {
                holder.child.output.hasSuffix("ready \(count)\n")
            }
            try eventually("all connections are counted") {
                try gateway.metrics().sum("traefik_open_connections", ["entrypoint": "web"]) == Double(count)
            }
            let each = Double(try gateway.memory("RssAnon") - before) / Double(count)
            #expect(each <= 1024, "\(each) bytes each")
        }

        /// A loop that needs a descriptor beyond the end of the kernel's table waits up to 50 ms while that is doubled.
        @Test func theTableOfDescriptorsIsAheadOfItsUse() throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let gateway = try Gateway(routes: Self.routes(to: primary), workers: 2, in: bench)
            #expect(try gateway.status("FDSize") == 4096)
            let holder = try Load.start(
                gateway.web, ["--connections", "2200", "--idle", "--timeout", "20"], in: bench)
            try eventually("the table has doubled before it was full") { try gateway.status("FDSize") == 8192 }
            try eventually("all connections are there", within: .seconds(30)) {
                holder.child.output.hasSuffix("ready 2200\n")
            }
            #expect(try gateway.descriptors() < 4096)
        }

        /// What a burst of clients with large heads took is not kept for the next one.
        @Test func aBurstOfLargeHeadsLeavesNothingBehind() throws {
            let bench = try Bench()
            let primary = try Peer("delay", in: bench, "--delay", "500")
            let gateway = try Gateway(routes: Self.routes(to: primary), workers: 2, in: bench)
            func burst() throws {
                let options = ["--requests", "1500", "--connections", "1500", "--field", "15000", "--timeout", "60"]
                #expect(try Load.run(gateway.web, options, in: bench).ok == 1500)
            }
            #expect(try Load.run(gateway.web, ["--requests", "200"], in: bench).ok == 200)
            let before = try gateway.memory("RssAnon")
            try burst()
            try eventually("memory is back", within: .seconds(90)) {
                try gateway.memory("RssAnon") - before < 12 << 20
            }
        }

        /// A copy that nobody takes is held within the budget, and what is over it is not copied.
        @Test(arguments: ["never-read", "blackhole"])
        func hungMirrorsTakeTheirBudgetAndNoMore(kind: String) throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer(kind, in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, [("one", mirror.port, "100"), ("two", mirror.port, "100")]), in: bench)
            let seen = try Load.run(
                gateway.web, ["--requests", "3000", "--connections", "64", "--body", "65536"], in: bench)
            #expect(seen.ok == 3000)
            let metrics = try gateway.metrics()
            #expect(
                metrics.sum("specula_mirror_decisions_total", ["decision": "byte_limit"])
                    + metrics.sum("specula_mirror_decisions_total", ["decision": "in_flight_limit"]) > 0,
                "the mirrors were not slow enough to reach any limit")
            let budget = Int(metrics.sum("specula_copy_budget_bytes"))
            #expect(budget > 0)
            let highest = try gateway.memory("VmHWM")
            #expect(highest <= budget + (16 << 20), "\(highest >> 10) KiB of \((budget + (16 << 20)) >> 10)")
        }
    }
}
