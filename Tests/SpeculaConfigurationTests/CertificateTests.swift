import SpeculaRouting
import TestCertificates
import Testing

@testable import SpeculaConfiguration

/// Certificates and keys that a configuration names: read with it, checked, and watched.
struct CertificateTests {
    private static let dynamic = """
        tls:
          certificates:
            - {certFile: /certs/a.crt, keyFile: /certs/a.key}
          stores:
            default: {defaultCertificate: {certFile: /certs/a.crt, keyFile: /certs/a.key}}
        http:
          serversTransports:
            t: {rootCAs: [/certs/ca.pem], certificates: [{certFile: /certs/a.crt, keyFile: /certs/a.key}]}

        """

    private func files(_ issued: TestAuthority.Issued, _ authority: TestAuthority) -> FakeFiles {
        var files = FakeFiles()
        files.files["dynamic.yml"] = Array(Self.dynamic.utf8)
        files.files["/certs/a.crt"] = Array(issued.certificate.utf8)
        files.files["/certs/a.key"] = Array(issued.key.utf8)
        files.files["/certs/ca.pem"] = Array(authority.pem.utf8)
        return files
    }

    private func load(_ files: FakeFiles) throws -> DynamicConfiguration {
        var provider = FileProviderConfiguration()
        provider.filename = "dynamic.yml"
        return try #require(DynamicLoader.load(provider, files: files).configuration)
    }

    private func compile(_ dynamic: DynamicConfiguration) -> (TLSPlanText, [String]) {
        let (snapshot, _, diagnostics) = ConfigurationCompiler.compile(
            static: StaticConfiguration(), dynamic: ["file": dynamic], generation: 1)
        let transport = snapshot.transports.first { $0.name == "t@file" }
        return (
            TLSPlanText(
                certificates: snapshot.tls.certificates.map(\.certificate),
                fallback: snapshot.tls.defaultCertificate?.certificate, roots: transport?.tls.rootCertificates ?? [],
                identities: transport?.tls.identities.map(\.certificate) ?? []),
            diagnostics.map { "\($0.keyPath): \($0.message)" }
        )
    }

    private struct TLSPlanText: Equatable {
        var certificates: [String] = []
        var fallback: String?
        var roots: [String] = []
        var identities: [String] = []
    }

    @Test func certificatesAreReadFromFiles() throws {
        let authority = try TestAuthority()
        let issued = try authority.issue(["a.test"])
        let (plan, problems) = compile(try load(files(issued, authority)))
        #expect(problems == [])
        #expect(
            plan
                == TLSPlanText(
                    certificates: [issued.certificate], fallback: issued.certificate, roots: [authority.pem],
                    identities: [issued.certificate]))
    }

    @Test func aChangedFileIsAChangedConfiguration() throws {
        let authority = try TestAuthority()
        var files = files(try authority.issue(["a.test"]), authority)
        let before = try load(files)
        #expect(try load(files) == before)
        let fresh = try authority.issue(["a.test"])
        files.files["/certs/a.crt"] = Array(fresh.certificate.utf8)
        files.files["/certs/a.key"] = Array(fresh.key.utf8)
        #expect(try load(files) != before)
    }

    @Test func whatCannotBeUsedIsLeftOutAndTold() throws {
        let authority = try TestAuthority()
        var files = files(try authority.issue(["a.test"]), authority)
        files.files["/certs/a.key"] = Array(try authority.issue(["b.test"]).key.utf8)
        files.files["/certs/ca.pem"] = Array("nothing".utf8)
        let (plan, problems) = compile(try load(files))
        #expect(plan == TLSPlanText())
        let mismatch = "Unable to parse certificate /certs/a.crt: tls: private key does not match public key"
        #expect(problems.contains("tls.certificates[0]: \(mismatch)"))
        #expect(problems.contains("tls.stores.default.defaultCertificate: \(mismatch)"))
        #expect(problems.contains { $0.hasPrefix("http.serversTransports.t.rootCAs[0]: no certificate in PEM") })
    }

    /// It used to be checked without reading what it names: good certificates were told to be none.
    @Test func aDynamicFileThatStandsAloneIsCheckedWithItsCertificates() throws {
        let authority = try TestAuthority()
        let files = files(try authority.issue(["a.test"]), authority)
        #expect(ConfigurationCheck.check(file: "dynamic.yml", files: files) == [])
    }

    @Test func pemStandsForItself() throws {
        let authority = try TestAuthority()
        let issued = try authority.issue(["a.test"])
        var dynamic = DynamicConfiguration()
        dynamic.tls.certificates = [
            CertificateConfiguration(certificate: issued.certificate, key: issued.key, origin: Origin())
        ]
        #expect(compile(dynamic).0.certificates == [issued.certificate])
        // Two providers with a default store each: neither counts.
        var store = TLSStoreConfiguration()
        store.defaultCertificate = dynamic.tls.certificates[0]
        dynamic.tls.stores["default"] = store
        let (snapshot, _, diagnostics) = ConfigurationCompiler.compile(
            static: StaticConfiguration(), dynamic: ["a": dynamic, "b": dynamic], generation: 1)
        #expect(snapshot.tls.defaultCertificate == nil)
        #expect(diagnostics.contains { $0.message.hasPrefix("Default TLS Stores defined in multiple providers: a, b") })
    }
}
