import Foundation
import Testing

extension RealSocketTests {
    /// What a request takes from the heap, counted by a library that is loaded before the gateway (`Benchmarks/allocations.c`).
    @Suite(.serialized, .enabled(if: Bench.isRelease, "a debug build allocates"))
    struct Allocations {
        static let loads: [(name: String, mirrored: Bool, options: [String])] = [
            ("GET", false, ["--path", "/b/100"]),
            ("GET 10 KiB", false, ["--path", "/b/10240"]),
            ("POST 10 KiB", false, ["--path", "/b/100", "--body", "10240"]),
            ("GET mirrored", true, ["--path", "/b/100"]),
        ]

        @Test(arguments: loads.indices)
        func aKeepAliveRequestAllocatesNothing(index: Int) throws {
            let load = Self.loads[index]
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = try Peer("healthy", in: bench)
            let counter = bench.file("allocations")
            let gateway = try Gateway(
                routes: mirroring(primary, load.mirrored ? [("replica", mirror.port, "100")] : [])
                    .replacingOccurrences(of: "mirrors:\n", with: "maxBodySize: 10485760\n        mirrors:\n")
                    .replacingOccurrences(of: "idleConnTimeout: 1s", with: "idleConnTimeout: 60s"),
                workers: 1,
                environment: ["LD_PRELOAD": try Bench.tool("allocations"), "SPECULA_ALLOCATIONS": counter.path],
                in: bench)
            func allocations() throws -> UInt64 {
                try Data(contentsOf: counter).reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            func run() throws -> UInt64 {
                let before = try allocations()
                #expect(
                    try Load.run(gateway.web, ["--requests", "20000", "--connections", "8"] + load.options, in: bench)
                        .ok
                        == 20_000)
                return try allocations() - before
            }
            _ = try run()
            _ = try run()
            // Client connections, new ones to a busy mirror, and the files this test writes beside the configuration allocate,
            // too: a few dozen each. A request that allocated once would show as 20,000.
            let counted = try run()
            #expect(counted < (load.mirrored ? 4000 : 1000), "\(load.name): \(counted) allocations in 20,000 requests")
        }
    }
}
