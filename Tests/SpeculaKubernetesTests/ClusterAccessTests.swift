import SpeculaClient
import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

@Suite struct ClusterAccessTests {
    private func access(
        _ endpoint: String = "", token: String = "", authorities: String = "", _ environment: [String: String] = [:],
        _ files: [String: String] = [:]
    ) throws -> ClusterCredentials {
        let access = try ClusterAccess(
            endpoint: endpoint, token: token, certAuthFilePath: authorities, environment: environment,
            files: FakeFiles(files), folder: "/account")
        return try access.credentials()
    }

    @Test func settingsNameEverything() throws {
        let made = try access(
            "https://10.0.0.1:6443", token: "secret", authorities: "/ca.pem", [:], ["/ca.pem": "authorities"])
        #expect(made.endpoint.description == "https://10.0.0.1:6443")
        #expect(made.token == "secret")
        #expect(made.tls.authorities == "authorities")
    }

    @Test func tokenMayBeAFile() throws {
        #expect(try access("http://a", token: "/token", [:], ["/token": " from a file\n"]).token == "from a file")
        #expect(try access("http://a").token == nil)
    }

    @Test func podHasAServiceAccount() throws {
        let environment = ["KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"]
        let files = ["/account/token": "t\n", "/account/ca.crt": "ca"]
        let made = try access(token: "ignored", environment, files)
        #expect(made.endpoint.description == "https://[fd00::1]")
        #expect(made.token == "t")
        #expect(made.tls.authorities == "ca")
        #expect(try access("https://other:1", environment, files).endpoint.description == "https://other:1")
        #expect(throws: ClusterFailure.self) { try access(token: "", environment, [:]) }
    }

    private static let kubeconfig = """
        apiVersion: v1
        kind: Config
        current-context: second
        contexts:
        - {name: first, context: {cluster: c, user: nobody}}
        - {name: second, context: {cluster: c, user: u}}
        clusters:
        - name: c
          cluster: {server: 'https://kube:6443', certificate-authority-data: Y2E=, tls-server-name: api}
        users:
        - name: u
          user: {tokenFile: token, client-certificate: cert.pem, client-key-data: a2V5}
        """

    @Test func kubeconfigNamesItsContext() throws {
        let files = ["/home/kube/config": Self.kubeconfig, "/home/kube/token": "t", "/home/kube/cert.pem": "cert"]
        let made = try access("http://ignored", ["KUBECONFIG": "/home/kube/config:/other"], files)
        #expect(made.endpoint.description == "https://kube:6443")
        #expect(made.tls.authorities == "ca")
        #expect(made.token == "t")
        #expect(made.tls.certificate == "cert")
        #expect(made.tls.key == "key")
        #expect(made.tls.serverName == "api")
        #expect(!made.tls.skipsVerification)
    }

    @Test(arguments: [
        ("current-context: second", "current-context: third", "there is no context \"third\""),
        ("user: u}", "user: v}", "there is no user \"v\""), ("Y2E=", "Y2E", "certificate-authority-data is no base64"),
        ("tokenFile: token", "exec: {command: aws}", "exec of user u is not supported: use a token or a certificate"),
        ("tokenFile: token", "as: admin", "as of user u is not supported"),
        ("tokenFile: token", "password: p", "password of user u is not supported"),
        ("tls-server-name: api", "proxy-url: 'http://p'", "proxy-url of cluster is not supported"),
        (", client-key-data: a2V5", "", "user u needs both, client-certificate and client-key"),
        ("current-context: second\n", "", "no current-context is set"),
        ("https://kube:6443", "kube:6443", "is no address of an API server"),
    ])
    func brokenKubeconfigSaysWhere(_ from: String, _ to: String, _ expected: String) throws {
        let text = Self.kubeconfig.replacing(from, with: to)
        #expect {
            try access(token: "", ["KUBECONFIG": "/k"], ["/k": text, "/token": "t", "/cert.pem": "c"])
        } throws: { "\($0)".contains(expected) }
    }

    /// What tools write that set a kubeconfig's fields one by one.
    @Test func fieldsThatAreEmptySayNothing() throws {
        let text = Self.kubeconfig.replacing(
            "tokenFile: token", with: "token: t, exec: null, username: '', as-groups: []")
        #expect(try access(token: "", ["KUBECONFIG": "/k"], ["/k": text, "/cert.pem": "c"]).token == "t")
    }

    @Test func whatNoLaterReadingChangesIsRefusedAtTheStart() throws {
        func check(_ from: String, _ to: String) throws {
            let text = Self.kubeconfig.replacing(from, with: to)
            try ClusterAccess(
                endpoint: "", token: "", certAuthFilePath: "", environment: ["KUBECONFIG": "/k"],
                files: FakeFiles(["/k": text, "/cert.pem": "c"])
            ).check()
        }
        #expect(throws: ClusterFailure.unsupported("/k: exec of user u is not supported: use a token or a certificate"))
        {
            try check("tokenFile: token", "exec: {command: aws}")
        }
        // The token's file may come later.
        try check("second", "second")
    }

    @Test func nothingAtAllIsAnError() {
        #expect(throws: ClusterFailure.self) { try access() }
        #expect(throws: ClusterFailure.self) { try access("10.0.0.1:6443") }
    }
}
