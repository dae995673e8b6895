import Foundation
import Testing

extension RealSocketTests {
    /// What `examples` shows must work as it is written there: checked, loaded, and serving real servers.
    @Suite(.serialized)
    struct Examples {
        static let names = ["basic", "partial", "several-mirrors", "body-limit", "conditional", "environments", "toml"]

        @Test(arguments: names)
        func checkFindsNothingWrong(example: String) throws {
            let bench = try Bench()
            let (file, _) = try copy(example, in: bench)
            let told = try run(Bench.specula, ["check", file.path], in: bench)
            #expect(told.status == 0, "\(told.output)")
        }

        /// Requests, and how many of them arrive at the servers 9001, 9002, 9003, 9004 of the example.
        static let traffic: [(example: String, host: String, path: String, body: Int, requests: Int, arrive: [Int])] = [
            ("basic", "api.example.com", "/b/1", 0, 10, [10, 10, 0, 0]),
            ("basic", "elsewhere.example.com", "/b/1", 0, 10, [0, 0, 0, 0]),
            ("partial", "api.example.com", "/b/1", 0, 20, [20, 2, 0, 0]),
            ("several-mirrors", "api.example.com", "/b/1", 10, 10, [10, 10, 5, 10]),
            ("body-limit", "api.example.com", "/b/1", 1_048_576, 4, [4, 4, 0, 0]),
            ("body-limit", "api.example.com", "/b/1", 1_048_577, 4, [4, 0, 0, 0]),
            ("conditional", "example.com", "/api/users", 0, 10, [10, 10, 0, 0]),
            ("conditional", "example.com", "/static/a.css", 0, 10, [0, 0, 10, 0]),
            ("environments", "api.example.com", "/b/1", 0, 10, [10, 10, 2, 0]),
            ("toml", "api.example.com", "/b/1", 0, 10, [10, 10, 0, 0]),
        ]

        @Test(arguments: traffic.indices)
        func trafficGoesWhereTheExampleSays(index: Int) throws {
            let bench = try Bench()
            let traffic = Self.traffic[index]
            let peers = try (0..<4).map { _ in try Peer("healthy", in: bench) }
            let (file, ports) = try copy(traffic.example, servers: peers.map(\.port), in: bench)
            let gateway = try Gateway(configFile: file, web: ports[0], admin: ports[1], in: bench)
            let seen = try Load.run(
                gateway.web,
                [
                    "--requests", "\(traffic.requests)", "--connections", "2", "--host", traffic.host, "--path",
                    traffic.path,
                    "--body", "\(traffic.body)",
                ], in: bench)
            #expect(seen.ok + seen.status == traffic.requests)
            #expect(seen.status == (traffic.arrive.reduce(0, +) == 0 ? traffic.requests : 0))
            for (peer, expected) in zip(peers, traffic.arrive) {
                try eventually("\(traffic.arrive) arrive in \(traffic.example)") {
                    try peer.books().whole >= UInt64(expected)
                }
            }
            #expect(try gateway.stop() == 0)
            for (peer, expected) in zip(peers, traffic.arrive) { #expect(try peer.books().whole == UInt64(expected)) }
        }

        /// An example with its ports and paths replaced by this test's.
        private func copy(_ example: String, servers: [UInt16] = [], in bench: Bench) throws -> (
            file: URL, ports: [UInt16]
        ) {
            let folder = Bench.top.appendingPathComponent("examples/\(example)")
            let ports = try Bench.freePorts(2)
            var main: URL?
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
                var text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                    .replacingOccurrences(of: "127.0.0.1:8000", with: "127.0.0.1:\(ports[0])")
                    .replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(ports[1])")
                    .replacingOccurrences(of: "examples/\(example)/routes", with: "\(bench.folder.path)/routes")
                for (index, server) in servers.enumerated() {
                    text = text.replacingOccurrences(of: ":900\(index + 1)", with: ":\(server)")
                }
                let url = try bench.write(name, text)
                if name.hasPrefix("traefik.") { main = url }
            }
            return (try #require(main), ports)
        }
    }
}
