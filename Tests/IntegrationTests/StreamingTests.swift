import Foundation
import Testing

extension RealSocketTests {
    /// Bodies of any size pass through memory of one size.
    @Suite(.serialized)
    struct Streaming {
        static let size = Bench.soakSeconds != nil ? 2 << 30 : 512 << 20

        @Test(arguments: ["none", "healthy", "never-read"])
        func aBigUploadAndDownloadTakeConstantMemory(mirror kind: String) throws {
            let bench = try Bench()
            let primary = try Peer("healthy", in: bench)
            let mirror = kind == "none" ? nil : try Peer(kind, in: bench)
            let gateway = try Gateway(
                routes: mirroring(primary, mirror.map { [("replica", $0.port, "100")] } ?? []),
                web: "transport: {respondingTimeouts: {readTimeout: 300s}}", in: bench)
            _ = try Load.run(gateway.web, ["--requests", "10", "--body", "100000"], in: bench)
            let rest = try gateway.memory("VmHWM")
            let patient = ["--requests", "1", "--connections", "1", "--timeout", "280"]
            let up = try Load.run(gateway.web, patient + ["--body", "\(Self.size)", "--verify"], in: bench)
            #expect(up.ok == 1)
            let down = try Load.run(gateway.web, patient + ["--path", "/b/\(Self.size)", "--verify"], in: bench)
            #expect(down.ok == 1)
            #expect(down.bytes == Self.size)
            #expect(try primary.books().bodyBytes >= UInt64(Self.size))
            let grown = try gateway.memory("VmHWM") - rest
            // A mirror may hold back at most the process's byte budget.
            #expect(grown < (kind == "none" ? 8 : 64 + 16) << 20, "\(grown) bytes more at the highest")
        }
    }
}
