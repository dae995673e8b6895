import SpeculaRouting
import Synchronization
import TestCertificates
import Testing

@testable import SpeculaConfiguration

/// Files of certificates that change while the provider looks at them.
struct ChangingCertificateTests {
    /// The certificate of what was reported; nil where it cannot be used.
    private static func certificate(_ reading: ProviderReading) -> String? {
        guard case .loaded(let configurations, _) = reading else { return nil }
        let (snapshot, _, _) = ConfigurationCompiler.compile(
            static: StaticConfiguration(), dynamic: configurations, generation: 1)
        return snapshot.tls.certificates.first?.certificate
    }

    private static let routes = "tls: {certificates: [{certFile: /certs/a.crt, keyFile: /certs/a.key}]}"

    /// A folder that is gone is still where the files will come back.
    @Test(.timeLimit(.minutes(5))) func filesThatComeBackAreReadAgain() async throws {
        let authority = try TestAuthority()
        let (old, new) = (try authority.issue(["a.test"]), try authority.issue(["a.test"]))
        let files = ChangingFiles([
            "conf/a.yml": Self.routes, "/certs/a.crt": old.certificate, "/certs/a.key": old.key,
        ])
        let seen = Mutex<[String?]>([])
        var provider = FileProviderConfiguration()
        provider.filename = "conf/a.yml"
        let runner = FileProvider(provider, files: files, events: files) { reading in
            seen.withLock { $0.append(Self.certificate(reading)) }
        }
        let task = Task { await runner.run() }
        func untilWatched(_ count: Int) async {
            while files.watched.count < count, !Task.isCancelled { await Task.yield() }
        }
        await untilWatched(2)
        files.write(["/certs/a.crt": nil, "/certs/a.key": nil])
        files.ring()
        await untilWatched(3)
        files.write(["/certs/a.crt": new.certificate, "/certs/a.key": new.key])
        files.ring()
        await untilWatched(4)
        files.end()
        await task.value
        #expect(files.watched == [["conf"], ["conf", "/certs"], ["conf", "/"], ["conf", "/certs"]])
        #expect(seen.withLock { $0.last } == new.certificate)
        #expect(seen.withLock { $0.dropLast() }.allSatisfy { $0 == old.certificate })
    }

    /// The fingerprint used to be taken of files that were read once more, behind those that were loaded: what had changed in
    /// between was never read.
    @Test(.timeLimit(.minutes(5))) func aFileThatChangesRightBehindItsReadingIsReadAgain() async throws {
        let authority = try TestAuthority()
        let (old, new) = (try authority.issue(["a.test"]), try authority.issue(["a.test"]))
        let files = ChangingFiles([
            "conf/a.yml": Self.routes, "/certs/a.crt": old.certificate, "/certs/a.key": old.key,
        ])
        let seen = Mutex<[String?]>([])
        var provider = FileProviderConfiguration()
        provider.filename = "conf/a.yml"
        let runner = FileProvider(provider, files: files, events: files) { reading in
            seen.withLock { $0.append(Self.certificate(reading)) }
        }
        await runner.read()
        files.write(["/certs/a.key": new.key])
        files.write(["/certs/a.crt": new.certificate], after: "/certs/a.key")
        await runner.read()
        let task = Task { await runner.run() }
        while files.watched.isEmpty, !Task.isCancelled { await Task.yield() }
        files.end()
        await task.value
        #expect(seen.withLock { $0 } == [old.certificate, old.certificate, new.certificate])
    }
}
