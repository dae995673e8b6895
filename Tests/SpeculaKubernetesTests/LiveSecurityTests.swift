import KubernetesStandIn
import SpeculaConfiguration
import SpeculaIO
import SpeculaKubernetes
import Synchronization
import TestCertificates
import Testing

/// The API server is `https` everywhere but in tests: who it is must be proven.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LiveSecurityTests {
    /// What a mounted Secret holds at the moment.
    private final class Mounted: FileSystem {
        private let texts: Mutex<[String: String]>

        init(_ texts: [String: String]) { self.texts = Mutex(texts) }

        func set(_ path: String, _ text: String) { texts.withLock { $0[path] = text } }

        func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
            guard let text = texts.withLock({ $0[path] }) else { throw FileError(path: path, reason: "not there") }
            return Array(text.utf8)
        }

        func list(_ path: String) throws(FileError) -> [FileEntry] { [] }
        func exists(_ path: String) -> Bool { texts.withLock { $0[path] != nil } }
    }

    private func context(_ authority: TestAuthority, _ names: [String] = ["127.0.0.1"]) throws -> TLSServerContext {
        let issued = try authority.issue(names)
        let certificate = try TLSCertificate(certificate: issued.certificate, key: issued.key)
        return try TLSServerContext(certificates: [certificate], default: certificate)
    }

    @Test func certificateOfTheAuthorityIsTaken() async throws {
        let authority = try TestAuthority()
        let secure = try context(authority)
        let files = Mounted(["/ca.crt": authority.pem])
        let bench = try await LiveBench(
            settings: LiveBench.customResources, scheme: "https", files: files, authorities: "/ca.crt",
            prepare: { $0.secure = secure }, manifest: Manifests.mirrored)
        await bench.awaitServers("default-prod-80", ["http://10.1.0.1:8080"])
        await bench.stop()
    }

    /// A cluster's authority is replaced: the file is read anew, nothing is restarted.
    @Test func authorityThatIsReplacedIsReadAnew() async throws {
        let (first, second) = (try TestAuthority("first"), try TestAuthority("second"))
        let files = Mounted(["/ca.crt": second.pem])
        let (before, after) = (try context(first), try context(second))
        let bench = try await LiveBench(
            settings: LiveBench.customResources, scheme: "https", files: files, authorities: "/ca.crt",
            prepare: { $0.secure = before }, manifest: Manifests.mirrored)
        while bench.figures.failures(.connection) < 20 { await Task.yield() }
        #expect(await bench.readings.all.allSatisfy { $0.cluster.count == 0 }, "nothing is read from a stranger")
        await bench.standIn.call { $0.secure = after }
        await bench.awaitServers("default-prod-80", ["http://10.1.0.1:8080"])
        files.set("/ca.crt", first.pem)
        let slice = StandIn.objects(Manifests.slice("prod", ["10.1.0.2"]))
        await bench.standIn.call { server in
            server.dropConnections(byReset: true)
            server.secure = before
            server.apply(slice)
        }
        await bench.awaitServers("default-prod-80", ["http://10.1.0.2:8080"])
        await bench.stop()
    }

    @Test func certificateForAnotherNameIsRefused() async throws {
        let authority = try TestAuthority()
        let secure = try context(authority, ["kubernetes.example"])
        let files = Mounted(["/ca.crt": authority.pem])
        let bench = try await LiveBench(
            settings: LiveBench.customResources, scheme: "https", files: files, authorities: "/ca.crt",
            prepare: { $0.secure = secure }, manifest: Manifests.mirrored)
        while bench.figures.failures(.connection) < 40 { await Task.yield() }
        #expect(await bench.readings.all.allSatisfy { $0.cluster.count == 0 })
        #expect(bench.figures.staleSeconds("services") > 0)
        await bench.stop()
    }
}
