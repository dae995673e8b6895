import Synchronization
import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

private let route = """
    apiVersion: traefik.io/v1alpha1
    kind: IngressRoute
    metadata: {name: r}
    spec: {routes: [{match: Path(`/`), services: [{name: s, port: 80}]}]}
    """
private let service = """
    {"apiVersion": "v1", "kind": "List", "items": [
      {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}},
      {"apiVersion": "discovery.k8s.io/v1beta1", "kind": "EndpointSlice",
       "metadata": {"name": "s-1", "labels": {"kubernetes.io/service-name": "s"}}, "ports": [{"port": 9000}],
       "endpoints": [{"addresses": ["::1"]}, {"addresses": ["10.0.0.1"], "conditions": {"ready": false}}]}]}
    """

private func load(_ files: [String: String]) -> ProviderReading {
    var settings = KubernetesManifestsConfiguration()
    settings.directory = "m"
    return ManifestProvider.load(settings, entryPoints: [:], files: FakeFiles(files))
}

@Test func objectsOfAllFilesAreRead() {
    guard case .loaded(let configurations, let diagnostics) = load(["m/a.yml": route, "m/sub/b.json": service]) else {
        Issue.record("not loaded")
        return
    }
    #expect(diagnostics.isEmpty)
    let services = configurations["kubernetescrd"]?.http.services.values.flatMap { $0.loadBalancer?.servers ?? [] }
    #expect(services?.map(\.url) == ["http://[::1]:9000"])
}

@Test func aFileThatCannotBeReadKeepsWhatIsInForce() {
    guard case .failed(let diagnostics) = load(["m/a.yml": route, "m/b.yml": "a: [1"]) else {
        Issue.record("loaded")
        return
    }
    #expect(diagnostics.contains { $0.location?.source == "m/b.yml" })
}

@Test func selectorsSelect() throws {
    let selector = try #require(LabelSelector("app=api, env!=test,tier in (a, b),!old,team"))
    #expect(selector.matches(["app": "api", "tier": "b", "team": "x"]))
    #expect(!selector.matches(["app": "api", "tier": "c", "team": "x"]))
    #expect(!selector.matches(["app": "api", "tier": "b", "team": "x", "old": ""]))
    #expect(!selector.matches(["app": "api", "tier": "b", "team": "x", "env": "test"]))
    #expect(!selector.matches(["app": "api", "tier": "b"]))
    #expect(LabelSelector("a b c") == nil)
}

@Test func configMapIsStaticConfigurationWithTheLinesOfTheManifest() throws {
    let manifest = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: traefik-config}
        data:
          traefik.yaml: |
            metrics:
              prometheus:
                addServicesLabels: true
                addRouters: true
        """
    let wrong = StaticLoader.load(file: "cm.yaml", files: FakeFiles(["cm.yaml": manifest]))
    let place = try #require(wrong.diagnostics.first?.location)
    #expect(place == Location(source: "cm.yaml", line: 9, column: 9))
    let good = manifest.replacing("addRouters:", with: "addRoutersLabels:")
    let loaded = StaticLoader.load(file: "cm.yaml", files: FakeFiles(["cm.yaml": good]))
    #expect(loaded.configuration?.metrics?.prometheus?.addRoutersLabels == true)
}

/// A set of mirrors in a folder with the Service `s`, under short names, and what is told of it.
private func shortlyNamed(_ mirroring: String) throws -> (made: MirroringConfiguration, told: [Diagnostic]) {
    let manifest = """
        apiVersion: traefik.io/v1alpha1
        kind: TraefikService
        metadata: {name: m}
        spec: {mirroring: \(mirroring)}
        """
    var settings = KubernetesManifestsConfiguration()
    settings.directory = "m"
    settings.shortNames = true
    let files = FakeFiles(["m/a.yml": manifest, "m/b.json": service])
    guard case .loaded(let configurations, let told) = ManifestProvider.load(settings, entryPoints: [:], files: files)
    else { throw NotLoaded() }
    return (try #require(configurations["kubernetescrd"]?.http.services["default-m"]?.mirroring), told)
}

private struct NotLoaded: Error {}

@Test func shortNameStaysWhenTheServiceIsGone() throws {
    let (made, _) = try shortlyNamed("{name: s, port: 80, mirrors: [{name: gone, port: 80, percent: 10}]}")
    #expect(made.service == "s@kubernetes")
    #expect(made.mirrors.map(\.name) == ["gone@kubernetes"])
    #expect(made.mirrors.first?.problems.isEmpty == false)
}

/// A mirror with a wrong port took the name, and with it the alert, away from the one that works.
@Test func aReferenceToNothingTakesNoShortNameAway() throws {
    let (made, told) = try shortlyNamed("{name: s, port: 80, mirrors: [{name: s, port: 81, percent: 10}]}")
    #expect(made.service == "s@kubernetes")
    #expect(made.mirrors.map(\.name) == ["default-s-81"])
    #expect(told.contains { $0.isLoud && $0.message.hasPrefix("this mirror gets no copies") })
}

/// Manifests as they are kept to be applied: what only the cluster has is not missed, mistakes are found all the same.
@Test func objectsAloneAreCheckedWithoutWhatOnlyTheClusterHas() {
    let mirroring = """
        apiVersion: traefik.io/v1alpha1
        kind: TraefikService
        metadata: {name: m}
        spec: {mirroring: {name: s, port: 80, maxBodySize: 1, mirrors: [{name: t, port: 80, percent: 10}]}}
        """
    let route = """

        ---
        apiVersion: traefik.io/v1alpha1
        kind: IngressRoute
        metadata: {name: r}
        spec:
          tls: {secretName: c}
          routes:
          - {match: Host(`a`), kind: Rule, services: [{name: m, kind: TraefikService}]}
        """
    func check(_ text: String) -> [String] {
        KubernetesCheck.check("m.yml", files: FakeFiles(["m.yml": text])).map(\.description)
    }
    let unknown = { (kind: String) in
        "warning: there is no \(kind) among these objects: references to one are not checked"
    }
    #expect(check(mirroring) == [unknown("Service")])
    #expect(check(route) == [unknown("Secret"), unknown("TraefikService")])
    #expect(check(mirroring + route) == [unknown("Secret"), unknown("Service")])
    let missing = "this mirror gets no copies: kubernetes service not found: default/t (did you mean s?)"
    #expect(
        check(mirroring + "\n---\n" + service)
            == ["m.yml:4:72: warning: TraefikService default/m spec.mirroring.mirrors[0].name: \(missing)"])
    let found = check(route.replacing("Host(`a`)", with: "Hots(`a`)"))
    #expect(found.contains { $0.contains("IngressRoute default/r spec.routes[0].match: error while parsing rule") })
}

@Test func aFolderInWhichNothingIsReadIsNotCalledGood() {
    let files = FakeFiles(["conf/readme.txt": "hello", "conf/routes.yaml.disabled": "http: {}"])
    #expect(
        KubernetesCheck.check("conf", files: files).map(\.description)
            == ["conf: warning: holds no configuration and no manifest"])
}

/// What is said of a kind that is not among the objects is known by its kind, whatever its words are.
@Test(
    arguments: [
        (FindingKind.missing(.kubernetesService, "default/s"), "Service"),
        (.missing(.endpoints, "default/s"), "EndpointSlice"),
        (.missing(.secret, "default/s"), "Secret"), (.missing(.configMap, "default/s"), "ConfigMap"),
        (.missing(.service, "default-s@kubernetescrd"), "TraefikService"),
        (.missing(.serversTransport, "default-t@kubernetescrd"), "ServersTransport"),
        (.missing(.middleware, "default-m@kubernetescrd"), "Middleware"), (.missing(.gateway, "default/g"), "Gateway"),
        (.missing(.referenceGrant, "default"), "ReferenceGrant"), (.plain, nil), (.missing(.service, "s@file"), nil),
        (
            .disabled(.service, "default-s@kubernetescrd", because: [.missing(.kubernetesService, "default/s")]),
            "Service"
        ),
        (.noCopies(for: "default-s@kubernetescrd", because: [.missing(.endpoints, "default/s")]), "EndpointSlice"),
    ] as [(FindingKind, String?)])
func referencesToAbsentKindsAreKnownByTheirKind(kind: FindingKind, absent: String?) throws {
    let object = """
        kind: IngressRoute
        apiVersion: traefik.io/v1alpha1
        metadata: {name: r}
        """
    let objects = ManifestReader.read(file: "m.yml", files: FakeFiles(["m.yml": object])).objects
    try #require(objects.count == 1)
    let kinds = AbsentKinds(objects)
    #expect(kinds.kind(behind: Diagnostic(.error, keyPath: "x", "whatever", kind: kind)) == absent)
    let words = "secret default/s does not exist: there is no Gateway a, no servers found"
    #expect(kinds.kind(behind: Diagnostic(.error, keyPath: "Secret default/r spec", words)) == nil)
}
