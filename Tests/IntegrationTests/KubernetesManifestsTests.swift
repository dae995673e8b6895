import Foundation
import Testing

extension RealSocketTests {
    @Suite(.serialized)
    struct KubernetesManifests {
        /// The manifests of a demonstration, without a cluster: twenty requests at ten per cent, and the name of the guides.
        @Test func demonstrationPutsTwoOfTwentyRequestsInTheMirror() throws {
            let bench = try Bench()
            let peers = try (0..<2).map { _ in try Peer("healthy", in: bench) }
            let ports = try Bench.freePorts(2)
            let folder = bench.folder.appendingPathComponent("manifests")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let example = Bench.top.appendingPathComponent("examples/kubernetes")
            for name in ["demonstration.yml", "addresses.yml"] {
                let manifests = try String(
                    contentsOf: example.appendingPathComponent("manifests/\(name)"), encoding: .utf8
                )
                .replacingOccurrences(of: "port: 9001", with: "port: \(peers[0].port)")
                .replacingOccurrences(of: "port: 9002", with: "port: \(peers[1].port)")
                try manifests.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
            }
            let settings = try String(contentsOf: example.appendingPathComponent("specula.yml"), encoding: .utf8)
                .replacingOccurrences(of: "127.0.0.1:8000", with: "127.0.0.1:\(ports[0])")
                .replacingOccurrences(of: "127.0.0.1:8080", with: "127.0.0.1:\(ports[1])")
                .replacingOccurrences(of: "examples/kubernetes/manifests", with: folder.path)
            let gateway = try Gateway(
                configFile: try bench.write("specula.yml", settings), web: ports[0], admin: ports[1], in: bench)
            for request in 1...20 {
                #expect(try gateway.get("/test?request=\(request)", host: "api.localhost").status == 200)
            }
            try eventually("both copies arrive") { try peers[1].books().whole >= 2 }
            #expect(try peers[0].books().whole == 20)
            let labels = ["service": "api-staging@kubernetes"]
            try eventually("both copies are counted under the guides' name") {
                try gateway.metrics().sum("traefik_service_requests_total", labels) == 2
            }
            #expect(try gateway.stop() == 0)
            #expect(try peers[1].books().whole == 2)
        }
    }
}
