import Foundation
import TestCertificates
import Testing

extension RealSocketTests {
    /// TLS with curl, openssl and nginx at the other end.
    @Suite(.serialized)
    struct Secure {
        /// Certificates in a bench's folder.
        private struct Files {
            let authority: TestAuthority
            let root: URL
            let bench: Bench

            init(in bench: Bench) throws {
                self.bench = bench
                authority = try TestAuthority()
                root = try bench.write("root.pem", authority.pem)
            }

            /// Writes `NAME.key`, then `NAME.crt`.
            func issue(_ name: String, _ names: [String], by other: TestAuthority? = nil) throws {
                let made = try (other ?? authority).issue(names)
                try replace("\(name).key", made.key)
                try replace("\(name).crt", made.certificate)
            }

            /// Writes a file whole, by rename.
            func replace(_ name: String, _ text: String) throws {
                let fresh = try bench.write("\(name).new", text).path
                let path = bench.folder.appendingPathComponent(name).path
                guard unsafe rename(fresh, path) == 0 else { throw Missing(what: "rename: errno \(errno)") }
            }

            func pair(_ name: String) -> String {
                let path = bench.folder.appendingPathComponent(name).path
                return "{certFile: '\(path).crt', keyFile: '\(path).key'}"
            }
        }

        /// One request by curl over TLS, which trusts the test's authority alone.
        private func ask(
            _ path: String, _ host: String, _ gateway: Gateway, _ files: Files, _ options: [String] = []
        ) throws -> (status: Int, body: String) {
            let body = files.bench.file("body")
            let told = try run(
                "curl",
                [
                    "-sS", "--max-time", "60", "-o", body.path, "-w", "%{http_code}", "--cacert", files.root.path,
                    "--resolve", "\(host):\(gateway.web):127.0.0.1",
                ] + options + ["https://\(host):\(gateway.web)\(path)"], in: files.bench)
            let text = (try? String(decoding: Data(contentsOf: body), as: UTF8.self)) ?? ""
            return (Int(told.output.suffix(3)) ?? 0, text)
        }

        /// What openssl is shown: the subject of the certificate, protocol and cipher.
        private func shown(_ gateway: Gateway, in bench: Bench, _ options: String...) throws -> String {
            let script = """
                printf '' | openssl s_client -connect 127.0.0.1:\(gateway.web) \(options.joined(separator: " ")) 2>&1
                """
            return try run("sh", ["-c", script], in: bench).output
        }

        @Test func clientsAreServedOverTLSAndInTheClearOnOnePort() throws {
            let bench = try Bench()
            let files = try Files(in: bench)
            try files.issue("a", ["a.example.com"])
            try files.issue("w", ["*.example.com"])
            let port = try Bench.freePorts(1)[0]
            try startNginx(
                """
                server { listen 127.0.0.1:\(port); location / {
                return 200 "$http_x_forwarded_proto $http_x_forwarded_port $host"; } }
                """, ports: [port], in: bench)
            let gateway = try Gateway(
                routes: """
                    http:
                      routers:
                        secure: {rule: 'PathPrefix(`/`)', service: p, tls: {}}
                        plain: {rule: 'Path(`/plain`)', service: p}
                      services:
                        p: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(port)'}]}}
                    tls:
                      certificates: [\(files.pair("a")), \(files.pair("w"))]
                    """, in: bench)
            #expect(try ask("/", "a.example.com", gateway, files).body == "https \(gateway.web) a.example.com")
            #expect(try ask("/plain", "b.example.com", gateway, files).body == "https \(gateway.web) b.example.com")
            #expect(try ask("/", "a.example.com", gateway, files, ["--tls-max", "1.2"]).status == 200)
            #expect(try ask("/", "c.test", gateway, files).status == 0)
            #expect(try ask("/", "c.test", gateway, files, ["-k"]).status == 200)
            #expect(try gateway.get("/plain").body == "http 80 bench.test")
            #expect(try gateway.get("/").status == 404)
            let first = try shown(gateway, in: bench, "-servername a.example.com -CAfile \(files.root.path)")
            #expect(first.contains("subject=CN = a.example.com"))
            #expect(first.contains("TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256"))
            #expect(first.contains("Verify return code: 0"))
            #expect(try shown(gateway, in: bench, "-servername x.example.com").contains("CN = *.example.com"))
            #expect(try shown(gateway, in: bench, "-noservername").contains("CN = TRAEFIK DEFAULT CERT"))
            #expect(try shown(gateway, in: bench, "-tls1_1").contains("alert"))
            let alpn = "-servername a.example.com -alpn"
            #expect(try shown(gateway, in: bench, "\(alpn) http/1.1").contains("ALPN protocol: http/1.1"))
            #expect(try shown(gateway, in: bench, "\(alpn) acme-bad").contains("alert no application protocol"))
            let metrics = try gateway.metrics()
            let labels = ["tls_version": "1.3", "tls_cipher": "TLS_AES_128_GCM_SHA256"]
            #expect(metrics.sum("traefik_entrypoint_requests_tls_total", ["tls_version": "1.2"]) == 1)
            #expect(metrics.sum("traefik_entrypoint_requests_tls_total", labels) == 3)
            #expect(
                metrics.sum("traefik_router_requests_tls_total", labels.merging(["router": "secure@file"]) { $1 }) == 3)
            #expect(
                metrics.sum("traefik_service_requests_tls_total", labels.merging(["service": "p@file"]) { $1 }) == 3)
            #expect(metrics.sum("traefik_tls_certs_not_after", ["cn": "*.example.com", "sans": "*.example.com"]) > 0)
            // Large bodies both ways, on one connection.
            let large = try bench.write("large", String(repeating: "0123456789abcdef", count: 200_000))
            #expect(
                try ask("/", "a.example.com", gateway, files, ["--data-binary", "@\(large.path)"]).status == 200)
            #expect(try gateway.stop() == 0)
        }

        @Test func aGatewayWithoutTLSAnswersItWithTheDefaultCertificate() throws {
            let bench = try Bench()
            let files = try Files(in: bench)
            let gateway = try Gateway(
                routes: "http: {routers: {p: {rule: 'Path(`/`)', service: noop@internal}}}", in: bench)
            #expect(try ask("/", "a.example.com", gateway, files, ["-k"]).status == 404)
            #expect(try ask("/", "a.example.com", gateway, files).status == 0)
            #expect(try gateway.get("/").status == 418)
            #expect(try shown(gateway, in: bench, "-servername x.test").contains("CN = TRAEFIK DEFAULT CERT"))
            #expect(try gateway.stop() == 0)
        }

        @Test func serversSpeakTLS() throws {
            let bench = try Bench()
            let files = try Files(in: bench)
            try files.issue("good", ["good.test", "127.0.0.1"])
            try files.issue("elsewhere", ["elsewhere.test"])
            try files.issue("stranger", ["127.0.0.1"], by: TestAuthority("Stranger"))
            try files.issue("client", ["client.test"])
            let ports = try Bench.freePorts(5)
            func server(_ number: Int, _ name: String, _ more: String = "") -> String {
                let path = bench.folder.appendingPathComponent(name).path
                return """
                    server { listen 127.0.0.1:\(ports[number]) ssl; ssl_certificate \(path).crt;
                    ssl_certificate_key \(path).key; \(more)
                    location / { return 200 "\(name) $ssl_server_name $ssl_client_verify $ssl_session_reused"; } }

                    """
            }
            try startNginx(
                server(0, "good") + server(1, "elsewhere") + server(2, "stranger")
                    + server(3, "good", "ssl_verify_client on; ssl_client_certificate \(files.root.path);")
                    + "server { listen 127.0.0.1:\(ports[4]); location / { return 200 plain; } }",
                ports: [ports[4]], in: bench)
            func balancer(_ name: String, _ number: Int, _ more: String = "", transport: String = "own") -> String {
                "    \(name): {loadBalancer: {serversTransport: \(transport), "
                    + "servers: [{url: 'https://127.0.0.1:\(ports[number])'}]\(more)}}\n"
            }
            let names = [
                "good", "elsewhere", "named", "stranger", "skipping", "asked", "shown", "plain", "system", "checked",
                "mirrored", "broken",
            ]
            let gateway = try Gateway(
                routes: """
                    http:
                      routers:
                    \(names.map { "    \($0): {rule: 'Path(`/\($0)`)', service: \($0)}" }.joined(separator: "\n"))
                      serversTransports:
                        own: {rootCAs: ['\(files.root.path)']}
                        named: {rootCAs: ['\(files.root.path)'], serverName: elsewhere.test, disableHTTP2: true}
                        skipping: {insecureSkipVerify: true}
                        shown: {rootCAs: ['\(files.root.path)'], certificates: [\(files.pair("client"))]}
                        system: {}
                      services:
                    \(balancer("good", 0))\(balancer("elsewhere", 1))\(balancer("named", 1, transport: "named"))
                    \(balancer("stranger", 2))\(balancer("skipping", 2, transport: "skipping"))
                    \(balancer("asked", 3))\(balancer("shown", 3, transport: "shown"))\(balancer("plain", 4))
                    \(balancer("system", 0, transport: "system"))
                    \(balancer("checked", 0, ", healthCheck: {path: /, interval: 100ms, timeout: 2s}"))
                        mirrored: {mirroring: {service: good, mirrors: [{name: good, percent: 100},
                          {name: stranger, percent: 100}, {name: asked, percent: 100}]}}
                        broken: {mirroring: {service: stranger, mirrors: [{name: good, percent: 100}]}}
                    """, in: bench)
            let expected = [
                ("good", 200, "good  NONE"), ("elsewhere", 500, "Internal Server Error"),
                ("named", 200, "elsewhere elsewhere.test NONE"), ("stranger", 500, "Internal Server Error"),
                ("skipping", 200, "stranger  NONE"), ("shown", 200, "good  SUCCESS"),
                ("plain", 500, "Internal Server Error"), ("system", 500, "Internal Server Error"),
                ("mirrored", 200, "good  NONE"), ("broken", 500, "Internal Server Error"),
            ]
            for (name, status, body) in expected {
                let answer = try gateway.get("/\(name)")
                #expect(answer.status == status, "\(name)")
                #expect(answer.body.hasPrefix(body), "\(name): \(answer.body)")
            }
            // nginx answers who shows no certificate with 400 in HTTP, not in TLS.
            #expect(try gateway.get("/asked").status == 400)
            let log = gateway.child.output
            #expect(log.contains("unable to get local issuer certificate"))
            #expect(log.contains("IP address mismatch"))
            func outcome(_ mirror: String, _ outcome: String, of service: String) throws -> Double {
                try gateway.metrics().sum(
                    "specula_mirror_outcomes_total",
                    ["service": "\(service)@file", "mirror": "\(mirror)@file", "outcome": outcome])
            }
            try eventually("the copies are counted") {
                try outcome("good", "complete", of: "mirrored") == 1
                    && outcome("stranger", "tls_error", of: "mirrored") == 1
                    && outcome("good", "complete", of: "broken") == 1
            }
            try eventually("the check over TLS succeeds") {
                try gateway.metrics().sum("traefik_service_server_up", ["service": "checked@file"]) == 1
            }
            // The system's roots, where the environment says what they are.
            let system = try Gateway(
                routes: """
                    http:
                      routers: {all: {rule: 'PathPrefix(`/`)', service: s}}
                      services: {s: {loadBalancer: {servers: [{url: 'https://127.0.0.1:\(ports[0])'}]}}}
                    """, environment: ["SSL_CERT_FILE": files.root.path], in: bench)
            #expect(try system.get("/").status == 200)
            #expect(try system.stop() == 0)
            // Connections are kept and sessions go on.
            for _ in 0..<5 { #expect(try gateway.get("/good").status == 200) }
            #expect(try gateway.stop() == 0)
        }

        @Test func aNewCertificateIsShownWithoutARequestLost() throws {
            let bench = try Bench()
            let files = try Files(in: bench)
            try files.issue("a", ["a.example.com"])
            let peer = try Peer("healthy", in: bench)
            let gateway = try Gateway(
                routes: """
                    http:
                      routers:
                        all: {rule: 'PathPrefix(`/`)', service: p, tls: {}}
                      services:
                        p: {loadBalancer: {servers: [{url: 'http://127.0.0.1:\(peer.port)'}]}}
                    tls:
                      certificates: [\(files.pair("a"))]
                    """, in: bench)
            let load = try bench.start(
                "wrk",
                [
                    "-t1", "-c8", "-d3s", "--timeout", "5s", "-H", "Host: a.example.com",
                    "https://127.0.0.1:\(gateway.web)/",
                ], log: "load")
            func serial() throws -> String {
                let told = try shown(gateway, in: bench, "-servername a.example.com | openssl x509 -noout -serial")
                return told.split(separator: "\n").first { $0.hasPrefix("serial=") }.map(String.init) ?? ""
            }
            let before = try serial()
            #expect(before.hasPrefix("serial="))
            for round in 1...3 {
                let old = try serial()
                try files.issue("a", ["a.example.com", "round-\(round).test"])
                try eventually("the new certificate is shown") {
                    let new = try serial()
                    return new != old && !new.isEmpty
                }
                #expect(try ask("/", "a.example.com", gateway, files).status == 200)
            }
            #expect(try load.ended() == 0)
            #expect(!load.output.contains("Socket errors"))
            #expect(!load.output.contains("Non-2xx"))
            let metrics = try gateway.metrics()
            #expect(metrics.sum("traefik_tls_certs_not_after", ["sans": "a.example.com,round-3.test"]) > 0)
            #expect(metrics.sum("traefik_tls_certs_not_after", ["sans": "a.example.com"]) == 0)
            #expect(try gateway.stop() == 0)
        }

        /// Between the two halves of a rotation clients used to be shown the default certificate: what was read then did not match.
        @Test func theCertificateBeforeIsShownUntilTheNewPairIsWhole() throws {
            let bench = try Bench()
            let files = try Files(in: bench)
            try files.issue("a", ["a.example.com"])
            try files.issue("any", ["any.example.com"])
            let gateway = try Gateway(
                routes: """
                    http:
                      routers:
                        all: {rule: 'PathPrefix(`/`)', service: noop@internal, tls: {}}
                    tls:
                      certificates: [\(files.pair("a"))]
                      stores: {default: {defaultCertificate: \(files.pair("any"))}}
                    """, in: bench)
            func serial(_ options: String) throws -> String {
                let told = try shown(gateway, in: bench, "\(options) | openssl x509 -noout -serial")
                return told.split(separator: "\n").first { $0.hasPrefix("serial=") }.map(String.init) ?? ""
            }
            func serials() throws -> [String] { try [serial("-servername a.example.com"), serial("-noservername")] }
            /// Does something to the files and waits until what was read of them is in force.
            func change(_ what: String, _ body: () throws -> Void) throws {
                let before = try gateway.metrics().sum("traefik_config_reloads_total")
                try body()
                try eventually("\(what): a reload") {
                    try gateway.metrics().sum("traefik_config_reloads_total") > before
                }
            }
            let old = try serials()
            let fresh = try ["a", "any"].map { try files.authority.issue(["\($0).example.com"]) }
            try change("a new key") { try files.replace("a.key", fresh[0].key) }
            #expect(try serials() == old)
            #expect(try ask("/", "a.example.com", gateway, files).status == 418)
            try change("an empty key") { try files.replace("any.key", "") }
            #expect(try serials() == old)
            #expect(try ask("/", "any.example.com", gateway, files).status == 418)
            let log = gateway.child.output
            for (name, problem) in [
                ("a", "private key does not match public key"), ("any", "failed to find any PEM data in key input"),
            ] {
                let path = bench.folder.appendingPathComponent("\(name).crt").path
                let said = "\(path): tls: \(problem): the certificate read before stays in force"
                #expect(log.contains("Unable to parse certificate \(said)"))
            }
            try change("its certificate") { try files.replace("a.crt", fresh[0].certificate) }
            let renewed = try serials()
            #expect(renewed[0] != old[0] && renewed[1] == old[1])
            #expect(try ask("/", "a.example.com", gateway, files).status == 418)
            try change("no certificate") {
                try FileManager.default.removeItem(at: bench.folder.appendingPathComponent("any.crt"))
            }
            #expect(try serials() == renewed)
            // A new key alone changes nothing of that.
            try change("another pair") {
                try files.replace("any.key", fresh[1].key)
                try files.replace("any.crt", fresh[1].certificate)
            }
            let last = try serials()
            #expect(last[0] == renewed[0] && last[1] != renewed[1] && last[1].hasPrefix("serial="))
            #expect(try ask("/", "any.example.com", gateway, files).status == 418)
            #expect(try gateway.stop() == 0)
        }

        /// `tls: {}` on `websecure`, as guides have it, with a certificate in a Secret.
        @Test func manifestsAreServedOnWebsecure() throws {
            let bench = try Bench()
            let files = try Files(in: bench)
            let peers = try (0..<2).map { _ in try Peer("healthy", in: bench) }
            let issued = try files.authority.issue(["api.example.com", "example.com"])
            let folder = bench.folder.appendingPathComponent("manifests")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
            for guide in ["guide-mirror-route-tls", "guide-conditional-mirror"] {
                let fixture = Bench.top.appendingPathComponent("Tests/SpeculaKubernetesTests/Fixtures/\(guide).yml")
                var manifest = try String(contentsOf: fixture, encoding: .utf8)
                for (port, peer) in [(9001, peers[0]), (9002, peers[1]), (9003, peers[0])] {
                    manifest = manifest.replacingOccurrences(of: "port: \(port)", with: "port: \(peer.port)")
                }
                try manifest.write(
                    to: folder.appendingPathComponent("\(guide).yml"), atomically: true, encoding: .utf8)
            }
            let secret = """
                apiVersion: traefik.io/v1alpha1
                kind: IngressRoute
                metadata: {name: named, namespace: default}
                spec:
                  entryPoints: [websecure]
                  routes:
                    - match: Host(`api.example.com`) && Path(`/named`)
                      kind: Rule
                      services: [{name: production-service, port: 80}]
                  tls: {secretName: api}
                ---
                apiVersion: v1
                kind: Secret
                metadata: {name: api, namespace: default}
                type: kubernetes.io/tls
                data: {tls.crt: \(encoded(issued.certificate)), tls.key: \(encoded(issued.key))}

                """
            try secret.write(to: folder.appendingPathComponent("secret.yml"), atomically: true, encoding: .utf8)
            let ports = try Bench.freePorts(2)
            let settings = """
                entryPoints:
                  websecure: {address: "127.0.0.1:\(ports[0])"}
                  traefik: {address: "127.0.0.1:\(ports[1])"}
                providers: {kubernetesManifests: {directory: '\(folder.path)'}}
                metrics: {prometheus: {}}
                ping: {}
                api: {insecure: true}

                """
            let gateway = try Gateway(
                configFile: try bench.write("specula.yml", settings), web: ports[0], admin: ports[1], in: bench)
            for _ in 0..<5 { #expect(try ask("/", "api.example.com", gateway, files).status == 200) }
            #expect(try ask("/named", "api.example.com", gateway, files).status == 200)
            #expect(try gateway.get("/", host: "api.example.com").status == 404)
            for _ in 0..<3 { #expect(try ask("/api/items", "example.com", gateway, files).status == 200) }
            #expect(try ask("/static/logo", "example.com", gateway, files).status == 200)
            #expect(try ask("/elsewhere", "example.com", gateway, files).status == 404)
            try eventually("the copies arrive") { try peers[1].books().whole == 8 }
            #expect(try peers[0].books().whole == 10)
            #expect(try gateway.stop() == 0)
        }
    }
}
