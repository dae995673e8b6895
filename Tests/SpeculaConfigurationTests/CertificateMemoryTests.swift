import SpeculaRouting
import TestCertificates
import Testing

@testable import SpeculaConfiguration

/// A pair of files that was good stays in force while it cannot be used.
struct CertificateMemoryTests {
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
    private static let places = [
        ("dynamic.yml:3:7", "tls.certificates[0]"), ("dynamic.yml:5:35", "tls.stores.default.defaultCertificate"),
        ("dynamic.yml:8:50", "http.serversTransports.t.certificates[0]"),
    ]

    /// One owner that reads again and again.
    private struct Reader {
        let provider: FileProviderConfiguration
        let authority: TestAuthority
        let old, new: TestAuthority.Issued
        var files = FakeFiles(["dynamic.yml": CertificateMemoryTests.dynamic])
        var memory = CertificateMemory()

        init() throws {
            var provider = FileProviderConfiguration()
            provider.filename = "dynamic.yml"
            self.provider = provider
            authority = try TestAuthority()
            old = try authority.issue(["a.test"])
            new = try authority.issue(["a.test"])
            write(old)
            files.files["/certs/ca.pem"] = Array(authority.pem.utf8)
        }

        mutating func write(_ pair: TestAuthority.Issued) {
            self["/certs/a.crt"] = pair.certificate
            self["/certs/a.key"] = pair.key
        }

        subscript(path: String) -> String? {
            get { files.files[path].map { String(decoding: $0, as: UTF8.self) } }
            set { files.files[path] = newValue.map { Array($0.utf8) } }
        }

        /// Reads; nil when the configuration is refused.
        mutating func load() -> DynamicConfiguration? {
            let found = ProviderFiles.read(provider, files)
            return DynamicLoader.load(found, files, environment: .process, memory: &memory).configuration
        }

        /// Reads, and says what is in force then.
        mutating func read() throws -> Shown {
            let configuration = load()
            return Shown(try #require(configuration))
        }
    }

    /// What is in force.
    private struct Shown {
        var certificates: [String?]
        var identities: [CertificatePlan]
        var roots: [String]?
        var problems: [String]

        init(_ dynamic: DynamicConfiguration) {
            let (snapshot, _, diagnostics) = ConfigurationCompiler.compile(
                static: StaticConfiguration(), dynamic: ["file": dynamic], generation: 1)
            let transport = snapshot.transports.first { $0.name == "t@file" }
            identities = transport?.tls.identities ?? []
            let plans = [snapshot.tls.certificates.first, snapshot.tls.defaultCertificate, identities.first]
            certificates = plans.map { $0?.certificate }
            roots = transport?.tls.rootCertificates
            problems = diagnostics.map(\.description)
        }
    }

    enum Mistake: String, CaseIterable {
        case onlyTheKeyIsNew, onlyTheCertificateIsNew, missingKey, missingCertificate, emptyKey, truncatedKey,
            truncatedCertificate, noPEM, tooLong
    }

    @Test(arguments: Mistake.allCases)
    func thePairBeforeStaysWhileTheFilesCannotBeUsed(mistake: Mistake) throws {
        var reader = try Reader()
        _ = try reader.read()
        let problem: String
        switch mistake {
        case .onlyTheKeyIsNew:
            reader["/certs/a.key"] = reader.new.key
            problem = "tls: private key does not match public key"
        case .onlyTheCertificateIsNew:
            reader["/certs/a.crt"] = reader.new.certificate
            problem = "tls: private key does not match public key"
        case .missingKey:
            reader["/certs/a.key"] = nil
            problem = "/certs/a.key: No such file or directory"
        case .missingCertificate:
            reader["/certs/a.crt"] = nil
            problem = "No such file or directory"
        case .emptyKey:
            reader["/certs/a.key"] = ""
            problem = "tls: failed to find any PEM data in key input"
        case .truncatedKey:
            reader["/certs/a.key"] = String(reader.new.key.dropLast(30))
            problem = "tls: failed to find any PEM data in key input"
        case .truncatedCertificate:
            reader["/certs/a.crt"] = String(reader.new.certificate.dropLast(30))
            problem = "tls: failed to find any PEM data in certificate input"
        case .noPEM:
            reader["/certs/a.crt"] = "nothing"
            problem = "tls: failed to find any PEM data in certificate input"
        case .tooLong:
            reader["/certs/a.crt"] = String(repeating: "\n", count: 1 << 20) + reader.new.certificate
            problem = "longer than 1048576 bytes"
        }
        // As often as it is read.
        for _ in 0..<2 {
            let shown = try reader.read()
            #expect(shown.certificates == [reader.old.certificate, reader.old.certificate, reader.old.certificate])
            #expect(shown.identities.map(\.key) == [reader.old.key])
            #expect(shown.roots == [reader.authority.pem])
            let said = Self.places.map {
                "\($0.0): error: \($0.1): Unable to parse certificate /certs/a.crt: \(problem): "
                    + "the certificate read before stays in force"
            }
            #expect(shown.problems.sorted() == said.sorted())
        }
        // What is good again counts at once.
        reader.write(reader.new)
        let shown = try reader.read()
        #expect(shown.certificates == [reader.new.certificate, reader.new.certificate, reader.new.certificate])
        #expect(shown.identities.map(\.key) == [reader.new.key])
        #expect(shown.problems == [])
    }

    @Test func theSameProblemIsNoNewConfiguration() throws {
        var reader = try Reader()
        _ = try reader.read()
        reader["/certs/a.key"] = reader.new.key
        let first = reader.load()
        #expect(reader.load() == first)
    }

    @Test func whatIsNamedNoLongerIsForgotten() throws {
        var reader = try Reader()
        _ = try reader.read()
        reader["dynamic.yml"] = "tls: {certificates: [{certFile: /certs/a.crt, keyFile: /certs/b.key}]}"
        reader["/certs/b.key"] = "nothing"
        #expect(try reader.read().certificates == [nil, nil, nil])
        reader["dynamic.yml"] = Self.dynamic
        reader["/certs/a.key"] = nil
        let shown = try reader.read()
        #expect(shown.certificates == [nil, nil, nil])
        #expect(shown.problems.allSatisfy { !$0.contains("stays in force") })
        #expect(reader.memory == CertificateMemory(roots: ["/certs/ca.pem": reader.authority.pem]))
    }

    @Test func aRefusedConfigurationForgetsNothing() throws {
        var reader = try Reader()
        _ = try reader.read()
        reader["dynamic.yml"] = "http: ["
        #expect(reader.load() == nil)
        reader["dynamic.yml"] = Self.dynamic
        reader["/certs/a.key"] = reader.new.key
        #expect(try reader.read().certificates.first == reader.old.certificate)
    }

    @Test func aPairThatWasNeverGoodIsLeftOut() throws {
        var reader = try Reader()
        reader["/certs/a.key"] = reader.new.key
        for _ in 0..<2 {
            let shown = try reader.read()
            #expect(shown.certificates == [nil, nil, nil])
            #expect(shown.problems.count == 3)
            #expect(shown.problems.allSatisfy { $0.hasSuffix("tls: private key does not match public key") })
        }
    }

    /// What stands in the configuration itself is changed whole: nothing of it is read in between.
    @Test func pemInTheConfigurationIsNotRemembered() throws {
        var reader = try Reader()
        func configuration(_ key: String) -> String {
            let key = key.replacing("\n", with: "\\n")
            return "tls: {certificates: [{certFile: /certs/a.crt, keyFile: \"\(key)\"}]}"
        }
        reader["dynamic.yml"] = configuration(reader.old.key)
        #expect(try reader.read().certificates.first == reader.old.certificate)
        reader["/certs/a.crt"] = reader.new.certificate
        #expect(try reader.read().certificates.first == .some(nil))
    }

    @Test func rootsBeforeStayWhileTheirFileCannotBeUsed() throws {
        var reader = try Reader()
        _ = try reader.read()
        let fresh = try TestAuthority()
        for (text, problem) in [
            (nil, "/certs/ca.pem: No such file or directory"), ("nothing", "no certificate in PEM is in it"),
        ] {
            reader["/certs/ca.pem"] = text
            let shown = try reader.read()
            #expect(shown.roots == [reader.authority.pem])
            #expect(shown.identities.map(\.certificate) == [reader.old.certificate])
            #expect(
                shown.problems == [
                    "dynamic.yml:8:19: error: http.serversTransports.t.rootCAs[0]: \(problem): "
                        + "what was read before stays in force"
                ])
        }
        reader["/certs/ca.pem"] = fresh.pem
        #expect(try reader.read().roots == [fresh.pem])
    }

    /// One shot has nothing to remember.
    @Test func aCheckTellsTheMistakeAlone() throws {
        var reader = try Reader()
        #expect(ConfigurationCheck.check(file: "dynamic.yml", files: reader.files) == [])
        reader["/certs/a.key"] = reader.new.key
        for _ in 0..<2 {
            let found = ConfigurationCheck.check(file: "dynamic.yml", files: reader.files)
            #expect(found.count == 3)
            #expect(found.allSatisfy { $0.message.hasSuffix("tls: private key does not match public key") })
        }
    }
}
