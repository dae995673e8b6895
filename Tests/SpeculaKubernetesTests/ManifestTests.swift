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

private func load(_ files: [String: String]) -> ManifestProvider.Reading {
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

@Test func migrationSaysWhatIsSameBetterAndMissing() {
    let files = FakeFiles([
        "t/traefik.yml": "entryPoints: {web: {address: ':80'}}\naccessLog: {}\nproviders: {file: {filename: x}}\n",
        "t/routes.yml": """
        http:
          routers:
            r: {rule: 'Path(`/`)', service: s, tls: {}}
          services:
            s: {mirroring: {service: p, maxBodySize: 10, mirrors: [{name: m, percent: 10}]}}
        """, "t/k.yml": route,
    ])
    let report = Migration.report(on: ["t"], files: files)
    let lines = report.lines.map(\.description)
    #expect(lines.contains("t/traefik.yml:1:30: same: entryPoints.web.address"))
    #expect(lines.contains { $0.hasPrefix("t/traefik.yml:2:1: not supported: accessLog: ") })
    #expect(lines.contains { $0.contains("better: http.services.s.mirroring.mirrors: ") && $0.contains("#7220") })
    #expect(lines.contains { $0.contains("not supported: http.routers.r.tls: ") })
    #expect(lines.contains { $0.contains("problem: IngressRoute default/r spec.routes[0].services[0].name: ") })
}

@Test func shortNameStaysWhenTheServiceIsGone() {
    let mirroring = """
        apiVersion: traefik.io/v1alpha1
        kind: TraefikService
        metadata: {name: m}
        spec: {mirroring: {name: s, port: 80, mirrors: [{name: gone, port: 80, percent: 10}]}}
        """
    var settings = KubernetesManifestsConfiguration()
    settings.directory = "m"
    settings.shortNames = true
    let files = FakeFiles(["m/a.yml": mirroring, "m/b.json": service])
    guard case .loaded(let configurations, _) = ManifestProvider.load(settings, entryPoints: [:], files: files) else {
        Issue.record("not loaded")
        return
    }
    let made = configurations["kubernetescrd"]?.http.services["default-m"]?.mirroring
    #expect(made?.service == "s@kubernetes")
    #expect(made?.mirrors.map(\.name) == ["gone@kubernetes"])
    #expect(made?.mirrors.first?.problems.isEmpty == false)
}
