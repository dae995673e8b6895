import KubernetesStandIn
import SpeculaConfiguration
import Testing

@testable import SpeculaKubernetes

@Suite(.timeLimit(.minutes(5))) struct GatewayStatusTests {
    private static let objects = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: mirrors, generation: 1}
        spec: {controllerName: specula.dev/gateway-controller}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: g, generation: 2}
        spec: {gatewayClassName: mirrors, listeners: [{name: http, port: 80, protocol: HTTP}]}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: good, generation: 3}
        spec:
          parentRefs: [{name: g}]
          rules: [{backendRefs: [{name: prod, port: 80}]}]
        status:
          parents: [{parentRef: {name: theirs}, controllerName: example.com/other, conditions: []}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: bad, generation: 4}
        spec:
          parentRefs: [{name: g}]
          rules: [{backendRefs: [{name: nobody, port: 80}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: foreign}
        spec: {parentRefs: [{name: elsewhere}], rules: []}

        """ + Manifests.service("prod") + Manifests.slice("prod", ["10.1.0.1"])

    private static var settings: LiveProvider.Settings {
        var entryPoint = EntryPointConfiguration()
        entryPoint.address = ":80"
        return LiveProvider.Settings(KubernetesGatewayConfiguration(), entryPoints: ["web": entryPoint])
    }

    private func patches(_ cluster: Cluster, now: String = "2026-01-01T00:00:00Z") -> [String: String] {
        let options = Self.settings.options
        let findings = KubernetesTranslation(cluster, options: options).gateways
        let status = GatewayStatus(cluster: cluster, findings: findings, options: options, now: now)
        return Dictionary(
            uniqueKeysWithValues: status.patches().map { ($0.path, String(decoding: $0.body.text, as: UTF8.self)) })
    }

    private func cluster(_ objects: [JSONValue]) -> Cluster {
        Cluster(objects.compactMap { KubernetesObject(SourceTree(json: $0, source: "test").root) })
    }

    @Test func routesAndGatewaysAreTold() throws {
        let patches = patches(cluster(StandIn.objects(Self.objects)))
        let base = "/apis/gateway.networking.k8s.io/v1"
        #expect(
            patches.keys.sorted() == [
                "\(base)/gatewayclasses/mirrors/status", "\(base)/namespaces/default/gateways/g/status",
                "\(base)/namespaces/default/httproutes/bad/status", "\(base)/namespaces/default/httproutes/good/status",
            ])
        let good = try #require(patches["\(base)/namespaces/default/httproutes/good/status"])
        #expect(good.contains("example.com/other"), "other controllers' parents stay")
        #expect(good.contains(#""type":"Accepted","status":"True""#))
        #expect(good.contains(#""type":"ResolvedRefs","status":"True""#))
        #expect(good.contains(#""observedGeneration":3"#))
        let bad = try #require(patches["\(base)/namespaces/default/httproutes/bad/status"])
        #expect(bad.contains(#""type":"ResolvedRefs","status":"False""#))
        #expect(bad.contains("nobody"))
    }

    // MARK: Listeners

    private static let listeners = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: GatewayClass
        metadata: {name: mirrors, generation: 1}
        spec: {controllerName: specula.dev/gateway-controller}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: Gateway
        metadata: {name: g, generation: 2}
        spec:
          gatewayClassName: mirrors
          listeners:
          - {name: open, port: 80, protocol: HTTP, hostname: "*.open.test", allowedRoutes: {namespaces: {from: All}}}
          - {name: own, port: 80, protocol: HTTP, hostname: own.test}
          - {name: none, port: 80, protocol: HTTP, hostname: none.test, allowedRoutes: {namespaces: {from: None}}}
          - name: labelled
            port: 80
            protocol: HTTP
            hostname: labelled.test
            allowedRoutes:
              namespaces:
                from: Selector
                selector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [apps]}]}
          - {name: elsewhere, port: 81, protocol: HTTP}
          - {name: raw, port: 80, protocol: TCP}
          - {name: calls, port: 80, protocol: HTTP, hostname: calls.test, allowedRoutes: {kinds: [{kind: GRPCRoute}]}}
          - {name: secure, port: 80, protocol: HTTPS, hostname: s.test, tls: {certificateRefs: [{name: gone}]}}
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: one, namespace: apps, generation: 3}
        spec:
          parentRefs:
          - {name: g, namespace: default}
          - {name: g, namespace: default, sectionName: own}
          - {name: g, namespace: default, sectionName: nobody}
          - {name: g, namespace: default, sectionName: labelled}
          hostnames: [a.open.test]
          rules: [{backendRefs: [{name: prod, port: 80}]}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: two, generation: 4}
        spec:
          parentRefs: [{name: g, sectionName: own}, {name: g, sectionName: elsewhere}]
          rules:
          - backendRefs: [{name: prod, port: 80}, {name: next, port: 80, weight: 0}]
            filters: [{type: RequestMirror, requestMirror: {backendRef: {name: prod, namespace: other, port: 80}}}]
          - matches: [{path: {value: /x}}]
            filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}]
            backendRefs: [{name: prod, port: 80}]
        ---
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: three, generation: 5}
        spec:
          parentRefs: [{name: g, sectionName: own}]
          rules: [{timeouts: {request: 1s}, backendRefs: [{name: prod, port: 80}]}]

        """ + Manifests.service("prod") + Manifests.slice("prod", ["10.1.0.1"])
        + Manifests.service("prod", in: "apps") + Manifests.slice("prod", ["10.1.0.1"], in: "apps")

    /// `type=status reason` of each condition.
    private func conditions(_ value: JSONValue?) -> [String] {
        guard case .array(let conditions) = value?["conditions"] else { return [] }
        return conditions.map { condition in
            let words = ["type", "status", "reason"].map { key in
                if case .string(let text) = condition[key] { text } else { "?" }
            }
            return words[1] == "True" && words[0] == words[2] ? words[0] : "\(words[0])=\(words[1]) \(words[2])"
        }
    }

    private func status(_ path: String) throws -> JSONValue {
        let patches = patches(cluster(StandIn.objects(Self.listeners)))
        let body = try #require(patches["/apis/gateway.networking.k8s.io/v1/\(path)/status"])
        return try #require(try JSONParser.parse(Array(body.utf8))["status"])
    }

    @Test func eachListenerHasItsOwnStatus() throws {
        let status = try status("namespaces/default/gateways/g")
        guard case .array(let listeners) = status["listeners"] else { throw Missing() }
        let told = listeners.map { listener in
            let kinds = if case .array(let kinds) = listener["supportedKinds"] { kinds.count } else { -1 }
            let routes = if case .integer(let count) = listener["attachedRoutes"] { count } else { Int64(-1) }
            let name = if case .string(let name) = listener["name"] { name } else { "?" }
            return ([name, "\(kinds) \(routes)"] + conditions(listener)).joined(separator: ", ")
        }
        let good = "Accepted, ResolvedRefs, Programmed, Conflicted=False NoConflicts"
        let bad = "Programmed=False Invalid, Conflicted=False NoConflicts"
        #expect(
            told == [
                "open, 1 1, \(good)", "own, 1 2, \(good)", "none, 1 0, \(good)", "labelled, 1 0, \(good)",
                "elsewhere, 1 1, Accepted=False PortUnavailable, ResolvedRefs, \(bad)",
                "raw, 0 0, Accepted=False UnsupportedProtocol, ResolvedRefs, \(bad)",
                "calls, 0 0, Accepted, ResolvedRefs=False InvalidRouteKinds, \(bad)",
                "secure, 1 0, Accepted, ResolvedRefs=False InvalidCertificateRef, \(bad)",
            ])
        #expect(conditions(status) == ["Accepted=True ListenersNotValid", "Programmed"])
    }

    @Test func eachParentOfARouteHasItsOwnStatus() throws {
        func parents(_ path: String) throws -> [[String]] {
            guard case .array(let parents) = try status(path)["parents"] else { throw Missing() }
            return parents.map(conditions)
        }
        #expect(
            try parents("namespaces/apps/httproutes/one") == [
                ["Accepted", "ResolvedRefs"], ["Accepted=False NotAllowedByListeners", "ResolvedRefs"],
                ["Accepted=False NoMatchingParent", "ResolvedRefs"],
                ["Accepted=False NoMatchingListenerHostname", "ResolvedRefs"],
            ])
        let refused = "ResolvedRefs=False RefNotPermitted"
        let partly = "PartiallyInvalid=True UnsupportedValue"
        #expect(
            try parents("namespaces/default/httproutes/two") == [
                ["Accepted", refused, partly], ["Accepted=False NoMatchingParent", refused, partly],
            ])
        #expect(
            try parents("namespaces/default/httproutes/three") == [["Accepted=False UnsupportedValue", "ResolvedRefs"]])
    }

    /// A route that one listener takes is right, though others do not; a canary that is not there yet harms nobody.
    @Test func onlyWhatKeepsARouteFromBeingServedIsTold() {
        let translation = KubernetesTranslation(
            cluster(StandIn.objects(Self.listeners)), options: Self.settings.options)
        let http = translation.configurations["kubernetesgateway"]?.http
        #expect(http?.routers.values.filter { $0.rule.contains("a.open.test") }.count == 1)
        let texts = translation.diagnostics.map(\.description)
        #expect(Set(texts).count == texts.count, "each is told once")
        #expect(texts.count { $0.contains("HTTPRoute apps/one") } == 3, "\(texts)")
        let weighted = http?.services.values.compactMap(\.weighted) ?? []
        #expect(weighted.allSatisfy { $0.services.count == 1 && $0.services[0].name.hasSuffix("-prod-http-80") })
    }

    @Test(arguments: [
        ("{ip: 192.0.2.1}", #"[{"type":"IPAddress","value":"192.0.2.1"}]"#),
        ("{hostname: gw.test}", #"[{"type":"Hostname","value":"gw.test"}]"#),
        ("{service: {name: prod, namespace: default}}", #"[{"type":"IPAddress","value":"10.0.0.1"}]"#),
        (
            "{service: {name: front, namespace: edge}}",
            #"[{"type":"IPAddress","value":"192.0.2.7"},{"type":"Hostname","value":"lb.test"}]"#
        ),
        ("{service: {name: nobody, namespace: edge}}", "[]"), ("", nil),
    ])
    func gatewaysSayWhereTheyAre(address: String, expected: String?) throws {
        let key = address.isEmpty ? "" : "statusAddress: \(address)"
        let file = "entryPoints: {web: {address: ':80'}}\nproviders: {kubernetesGateway: {\(key)}}\n"
        let loaded = StaticLoader.load(file: "s.yml", files: FakeFiles(["s.yml": file])).configuration
        let settings = try #require(loaded?.providers.kubernetesGateway)
        let front = """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: front, namespace: edge}
            spec: {type: LoadBalancer, clusterIP: 10.0.0.9, ports: [{port: 80}]}
            status: {loadBalancer: {ingress: [{ip: 192.0.2.7}, {hostname: lb.test}]}}

            """
        let cluster = cluster(StandIn.objects(Self.objects + front))
        let options = KubernetesOptions(settings, entryPoints: loaded?.entryPoints ?? [:])
        let translation = KubernetesTranslation(cluster, options: options)
        let status = GatewayStatus(cluster: cluster, findings: translation.gateways, options: options, now: "")
        let gateway = try #require(status.patches().first { $0.path.contains("/gateways/") })
        let told = gateway.body["status"]?["addresses"].map { String(decoding: $0.text, as: UTF8.self) }
        #expect(told == expected)
        #expect(translation.diagnostics.contains { $0.message.contains("edge/nobody") } == (expected == "[]"))
    }

    private struct Missing: Error {}

    /// What has been written is not written again: else each status would lead to the next.
    @Test func statusThatSaysItAlreadyIsLeftAlone() async throws {
        let first = try await written(twice: false)
        let second = try await written(twice: true)
        #expect(first == second)
    }

    /// Writes of a live provider with its feedback until nothing is left to write.
    private func written(twice: Bool) async throws -> Int {
        let objects = StandIn.objects(Self.objects)
        var known = objects
        var writes = 0
        for round in 0..<(twice ? 3 : 1) {
            for (path, body) in patches(cluster(known), now: "2026-01-01T00:00:0\(round)Z") {
                writes += 1
                let patch = try JSONParser.parse(Array(body.utf8))
                let name = path.split(separator: "/").dropLast().last.map(String.init)
                known = known.map { object in
                    guard let name, object["metadata"]?["name"] == .string(name) else { return object }
                    return object.merged(with: patch)
                }
            }
        }
        return writes
    }
}
