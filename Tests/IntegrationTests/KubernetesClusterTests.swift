import Foundation
import KubernetesStandIn
import SpeculaConfiguration
import TestCertificates
import Testing

extension RealSocketTests {
    /// The gateway on an API server of our own, while pods come and go.
    @Suite(.serialized)
    struct KubernetesCluster {
        private static func slice(_ service: String, _ peers: [Peer]) -> String {
            peers.map { peer in
                """
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: \(service)-\(peer.port), labels: {kubernetes.io/service-name: \(service)}}
                addressType: IPv4
                ports: [{name: http, port: \(peer.port)}]
                endpoints: [{addresses: [127.0.0.1], conditions: {ready: true, serving: true}}]

                """
            }.joined()
        }

        private static let objects =
            ["production", "staging"].map { service in
                """
                ---
                apiVersion: v1
                kind: Service
                metadata: {name: \(service)}
                spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}

                """
            }.joined() + """
                ---
                apiVersion: traefik.io/v1alpha1
                kind: TraefikService
                metadata: {name: mirrored}
                spec: {mirroring: {name: production, port: 80, mirrors: [{name: staging, port: 80, percent: 50}]}}
                ---
                apiVersion: traefik.io/v1alpha1
                kind: IngressRoute
                metadata: {name: all}
                spec:
                  entryPoints: [web]
                  routes: [{match: 'PathPrefix(`/`)', kind: Rule, services: [{name: mirrored, kind: TraefikService}]}]

                """

        private static func gateway(_ standIn: StandIn, _ bench: Bench) throws -> Gateway {
            let ports = try Bench.freePorts(2)
            let file = try settings(standIn, ports, bench)
            return try Gateway(configFile: file, web: ports[0], admin: ports[1], in: bench)
        }

        private static func settings(
            _ standIn: StandIn, _ ports: [UInt16], _ bench: Bench, provider: String? = nil
        ) throws -> URL {
            try bench.write(
                "traefik.yml",
                """
                workers: 2
                log: {level: INFO}
                entryPoints:
                  web: {address: "127.0.0.1:\(ports[0])"}
                  traefik: {address: "127.0.0.1:\(ports[1])"}
                providers:
                  providersThrottleDuration: 50ms
                  kubernetesCRD: \(provider ?? "{endpoint: 'http://127.0.0.1:\(standIn.port)', token: t}")
                metrics: {prometheus: {addRoutersLabels: true}}
                ping: {}
                api: {insecure: true}

                """)
        }

        /// A fresh gateway behind a balancer gets no request before it has its routes.
        @Test func gatewayIsReadyWhenItsRoutesAreInForce() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            await standIn.call { $0.faults.isMute = true }
            let primary = try Peer("healthy", in: bench)
            await standIn.apply(Self.objects)
            await standIn.apply(Self.slice("production", [primary]))
            let ports = try Bench.freePorts(2)
            let file = try Self.settings(standIn, ports, bench)
            let child = try bench.start(Bench.specula, ["--configFile=\(file.path)"], log: "gateway")
            func status(_ port: UInt16, _ path: String) throws -> String {
                let url = "http://127.0.0.1:\(port)\(path)"
                return try run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", url], in: bench).output
            }
            try eventually("it says that it is not ready") { try status(ports[1], "/ping") == "503" }
            await standIn.call { $0.faults.isMute = false }
            try eventually("it is ready") { try status(ports[1], "/ping") == "200" }
            #expect(try status(ports[0], "/") == "200", "no sooner than its routes")
            child.signal(SIGTERM)
            #expect(try child.ended() == 0)
        }

        /// Every pod is replaced twice under load, the API server crashes once: no request fails, no copy is lost count of.
        @Test func rollingUpdateLosesNothing() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            var pods = [
                "production": [try Peer("healthy", in: bench), try Peer("healthy", in: bench)],
                "staging": [try Peer("healthy", in: bench)],
            ]
            await standIn.apply(Self.objects)
            for (service, peers) in pods { await standIn.apply(Self.slice(service, peers)) }
            let gateway = try Self.gateway(standIn, bench)
            let load = try Load.start(
                gateway.web, ["--seconds", "6", "--rate", "400", "--connections", "16", "--verify"], in: bench)
            for round in 0..<3 {
                for service in ["production", "staging", "production"] {
                    var peers = try #require(pods[service])
                    let old = peers.removeFirst()
                    let new = try Peer("healthy", in: bench)
                    pods[service] = peers + [new]
                    await standIn.apply(Self.slice(service, [new]))
                    try eventually("the new pod of \(service) gets requests") { try new.books().started > 0 }
                    let gone = "\(service)-\(old.port)"
                    await standIn.call { $0.delete("endpointslices", gone) }
                    try eventually("the old pod of \(service) is left alone") { try old.books().open == 0 }
                    try old.kill()
                }
                if round == 1 {
                    await standIn.call { $0.goAway() }
                    let resource = ["provider": "kubernetesCRD", "resource": "services"]
                    try eventually("the gateway notices") {
                        try gateway.metrics().sum("specula_kubernetes_stale_seconds", resource) > 0
                    }
                    await standIn.call { server in _ = try? server.listen() }
                }
            }
            #expect(load.child.isRunning, "the pods were replaced under load")
            let seen = try load.finished()
            #expect(seen.errors == 0)
            #expect(seen.ok == seen.requests)
            let mirror = ["mirror": "default-staging-80@kubernetescrd"]
            func count(_ family: String, _ labels: [String: String] = [:]) throws -> Int {
                Int(try gateway.metrics().sum(family, mirror.merging(labels) { $1 }))
            }
            try eventually("the copies have ended") {
                try count("specula_mirror_outcomes_total")
                    == count("specula_mirror_decisions_total", ["decision": "sent"])
            }
            let decisions = try count("specula_mirror_decisions_total")
            let sent = try count("specula_mirror_decisions_total", ["decision": "sent"])
            #expect(decisions == seen.requests)
            #expect(sent == (decisions + 1) / 2, "the sample goes on where it was")
            #expect(try count("specula_mirror_outcomes_total", ["outcome": "complete"]) == sent)
            #expect(try gateway.stop() == 0)
        }

        /// A mirror without a Service or without a pod is one mirror less, never one route less.
        @Test func productionStaysWhenItsMirrorGoes() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            let (primary, mirror) = (try Peer("healthy", in: bench), try Peer("healthy", in: bench))
            await standIn.apply(Self.objects)
            await standIn.apply(Self.slice("production", [primary]) + Self.slice("staging", [mirror]))
            let gateway = try Self.gateway(standIn, bench)
            #expect(try gateway.get("/").status == 200)
            let gone = "staging-\(mirror.port)"
            await standIn.call { $0.delete("endpointslices", gone) }
            let event = "no servers found for default/staging"
            try eventually("the mirror has no pod") {
                try gateway.get("/api/rawdata", from: gateway.admin).body.contains(event)
            }
            #expect(try gateway.get("/").status == 200)
            await standIn.call { $0.delete("services", "staging") }
            try eventually("the mirror has no Service") {
                try gateway.get("/api/rawdata", from: gateway.admin).body.contains("service not found: default/staging")
            }
            for _ in 0..<4 { #expect(try gateway.get("/").status == 200) }
            let told = await standIn.call { server in
                server.store.objects(of: "events").map { String(decoding: $0.text, as: UTF8.self) }
            }
            #expect(told.contains { $0.contains(event) && $0.contains(#""kind":"TraefikService""#) })
            #expect(try gateway.metrics().sum("specula_mirror_decisions_total", ["decision": "missing_service"]) == 5)
            #expect(try gateway.stop() == 0)
        }

        /// What only the whole configuration shows is told to the objects' users like everything else.
        @Test func whatObjectsMissOfEachOtherIsAnEvent() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            let primary = try Peer("healthy", in: bench)
            let missing = Self.objects.replacing(
                "{name: staging, port: 80, percent: 50}", with: "{name: gone, kind: TraefikService, percent: 50}")
            await standIn.apply(missing)
            await standIn.apply(Self.slice("production", [primary]))
            await standIn.apply(
                """
                apiVersion: traefik.io/v1alpha1
                kind: IngressRoute
                metadata: {name: broken}
                spec:
                  entryPoints: [web]
                  routes: [{match: 'Hots(`a`)', kind: Rule, services: [{name: production, port: 80}]}]
                """)
            let gateway = try Self.gateway(standIn, bench)
            #expect(try gateway.get("/").status == 200)
            let expected = [
                "IngressRoute broken spec.routes[0].match: error while parsing rule Hots(`a`)",
                "TraefikService mirrored spec.mirroring.mirrors[0].name: the mirror ",
            ]
            var told: [String] = []
            while !expected.allSatisfy({ wanted in told.contains { $0.hasPrefix(wanted) } }) {
                told = await standIn.call { server in
                    server.store.objects(of: "events").map { event in
                        let object = event["involvedObject"]
                        return [object?["kind"], object?["name"], event["message"]].map { value in
                            if case .string(let text) = value { text } else { "" }
                        }.joined(separator: " ")
                    }
                }
            }
            #expect(try gateway.stop() == 0)
        }

        /// An API server that is slow to write must not keep new pods from their requests.
        @Test func routesDoNotWaitForEventsToBeWritten() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            await standIn.call { $0.faults.unanswered = ["events"] }
            let primary = try Peer("healthy", in: bench)
            // The mirror has no pod, which is worth an event.
            await standIn.apply(Self.objects)
            await standIn.apply(Self.slice("production", [primary]))
            let gateway = try Self.gateway(standIn, bench)
            while await standIn.call({ $0.unanswered }) == 0 { usleep(3000) }
            let mirror = try Peer("healthy", in: bench)
            await standIn.apply(Self.slice("staging", [mirror]))
            // Half the time after which the event is given up.
            try eventually("the mirror's pod gets copies", within: .seconds(15)) {
                _ = try gateway.get("/")
                return try mirror.books().started > 0
            }
            #expect(try gateway.stop() == 0)
        }

        /// Behind a server that lets nobody in without a certificate; everything is in the file that `KUBECONFIG` names.
        @Test func kubeconfigWithAClientCertificateIsEnough() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            let primary = try Peer("healthy", in: bench)
            await standIn.apply(Self.objects)
            await standIn.apply(Self.slice("production", [primary]))
            let authority = try TestAuthority()
            let (server, client) = (try authority.issue(["127.0.0.1"]), try authority.issue(["specula"]))
            let authorities = try bench.write("ca.pem", authority.pem)
            let ports = try Bench.freePorts(3)
            try startNginx(
                """
                server {
                    listen 127.0.0.1:\(ports[2]) ssl;
                    ssl_certificate \(try bench.write("server.pem", server.certificate).path);
                    ssl_certificate_key \(try bench.write("server.key", server.key).path);
                    ssl_client_certificate \(authorities.path); ssl_verify_client on;
                    location / {
                        proxy_pass http://127.0.0.1:\(standIn.port); proxy_http_version 1.1; proxy_buffering off;
                    }
                }
                """, ports: [ports[2]], in: bench)
            _ = try bench.write("client.pem", client.certificate)
            let file = try bench.write(
                "kubeconfig",
                """
                current-context: c
                contexts: [{name: c, context: {cluster: c, user: u}}]
                clusters: [{name: c, cluster: {server: 'https://127.0.0.1:\(ports[2])', certificate-authority: ca.pem}}]
                users:
                - name: u
                  user: {client-certificate: client.pem, client-key-data: \(Data(client.key.utf8).base64EncodedString())}
                """)
            let gateway = try Gateway(
                configFile: Self.settings(standIn, ports, bench, provider: "{}"), web: ports[0], admin: ports[1],
                environment: ["KUBECONFIG": file.path], in: bench)
            #expect(try gateway.get("/").status == 200)
            #expect(try gateway.stop() == 0)
        }

        private static var hasKubectl: Bool { (try? Child.find("kubectl")) != nil }

        /// The stand-in is an API server as far as the real `kubectl` can tell.
        @Test(.enabled(if: hasKubectl)) func kubectlTakesTheStandInForACluster() async throws {
            let bench = try Bench()
            let standIn = try await StandIn.start()
            defer { standIn.stop() }
            await standIn.call { $0.faults.chunkBytes = 50 }
            func kubectl(_ words: String...) throws -> (status: Int32, output: String) {
                let cache = ["--cache-dir", bench.file("cache").path, "--server", "http://127.0.0.1:\(standIn.port)"]
                return try run("kubectl", cache + words, in: bench)
            }
            let file = try bench.write("objects.yml", Self.objects).path
            let created = try kubectl("create", "--validate=false", "-f", file)
            #expect(created.status == 0, "\(created.output)")
            let names = try kubectl(
                "get", "-o", "name", "services,traefikservices,ingressroutes.traefik.io", "--chunk-size=1")
            #expect(
                names.output.split(separator: "\n").map(String.init) == [
                    "service/production", "service/staging", "traefikservice.traefik.io/mirrored",
                    "ingressroute.traefik.io/all",
                ])
            let patch = #"{"spec":{"mirroring":{"maxBodySize":7}}}"#
            #expect(try kubectl("patch", "traefikservice", "mirrored", "--type=merge", "-p", patch).status == 0)
            let size = try kubectl("get", "traefikservice", "mirrored", "-o", "jsonpath={.spec.mirroring.maxBodySize}")
            #expect(size.output == "7")
            let watch = try bench.start(
                "kubectl",
                [
                    "--server", "http://127.0.0.1:\(standIn.port)", "--cache-dir", bench.file("cache").path, "get",
                    "services", "-o", "name", "--watch",
                ], log: "watch")
            try eventually("the watch lists") { watch.output.contains("service/staging") }
            await standIn.apply("{apiVersion: v1, kind: Service, metadata: {name: fresh}, spec: {}}")
            await standIn.call { $0.bookmark() }
            try eventually("the watch tells of a change") { watch.output.contains("service/fresh") }
            #expect(try kubectl("delete", "service", "fresh", "--wait=false").status == 0)
            #expect(try kubectl("get", "service", "fresh").output.contains("NotFound"))
            await standIn.call { $0.faults.forbidden = ["services"] }
            #expect(try kubectl("get", "services").output.contains("Forbidden"))
        }
    }
}
