import Testing

@testable import SpeculaConfiguration
@testable import SpeculaKubernetes

private func lines(_ files: [String: String], _ arguments: [String] = ["t"]) -> (lines: [String], summary: [String]) {
    let report = Migration.report(on: arguments, files: FakeFiles(files))
    return (report.lines.map(\.description), report.summary.split(separator: "\n").map(String.init))
}

private let routes = """
    http:
      routers:
        good: {rule: 'Path(`/`)', service: s}
        bad: {rule: 'Path(`/b`)', service: gone}
      services:
        s: {mirroring: {service: p, maxBodySize: 10, mirrors: [{name: m, percent: 10}]}}
        p: {loadBalancer: {servers: [{url: 'http://10.0.0.1'}]}}
        m: {loadBalancer: {servers: [{url: 'http://10.0.0.2'}]}}
    """

private let route = """
    apiVersion: traefik.io/v1alpha1
    kind: IngressRoute
    metadata: {name: r}
    spec: {routes: [{match: Path(`/`), services: [{name: s, port: 80, namespace: other}]}]}

    """

@Test func migrationSaysLineByLineWhatIsSameBetterAndMissing() {
    let (told, summary) = lines([
        "t/traefik.yml": """
        global: {checkNewVersion: true}
        entryPoints: {web: {address: ':80'}}
        experimental: {}
        providers: {file: {filename: t/routes.yml}, nomad: {}}
        metrics: {prometheus: {buckets: [1, 2]}}
        """, "t/routes.yml": routes,
    ])
    #expect(told.contains("t/traefik.yml:1:27: same: global.checkNewVersion: without effect"))
    #expect(told.contains("t/traefik.yml:2:30: same: entryPoints.web.address"))
    #expect(told.contains("t/traefik.yml:3:1: not supported: experimental: plugins are not run: leave it out"))
    #expect(told.contains { $0.hasPrefix("t/traefik.yml:4:45: not supported: providers.nomad: write the routes") })
    #expect(told.contains("t/traefik.yml:5:33: same: metrics.prometheus.buckets"))
    #expect(told.contains { $0.contains("better: http.services.s.mirroring.mirrors: ") && $0.contains("#7220") })
    #expect(told.contains { $0.contains(": problem: http.routers.bad") && $0.contains("does not exist") })
    #expect(summary.dropFirst().first == "1 of 2 routers would be served, but not:")
    #expect(summary.last?.hasPrefix("  bad@file: ") == true)
}

@Test func migrationReadsWhatTheStaticFilePointsAt() {
    let settings = "entryPoints: {web: {address: ':80'}}\nproviders: {file: {filename: there/routes.yml}}\n"
    let (told, summary) = lines(["t/traefik.yml": settings, "there/routes.yml": routes], ["t/traefik.yml"])
    #expect(told.contains { $0.hasPrefix("there/routes.yml:3:18: same: http.routers.good.rule") })
    #expect(summary.count == 3)
    let (alone, _) = lines(["t/traefik.yml": settings], ["t/traefik.yml"])
    #expect(alone.contains { $0.contains("problem: providers.file.filename: there/routes.yml is not here") })
}

@Test func migrationTellsValuesThatAreNotSupportedFromTheirKeys() {
    let (told, _) = lines(["t/r.yml": routes.replacing("good: {", with: "good: {ruleSyntax: v2, ")])
    #expect(told.contains { $0.contains("not supported: http.routers.good.ruleSyntax: ") })
    #expect(!told.contains { $0.contains("same: http.routers.good.ruleSyntax") })
}

@Test func migrationReadsFlagsAndTraefiksOwnWorkload() {
    let (told, _) = lines([:], ["--providers.docker", "--entrypoints.web.address=:80", "--api.insecure"])
    #expect(told.contains("--entrypoints.web.address: same: entryPoints.web.address"))
    #expect(told.contains { $0.hasPrefix("--providers.docker: not supported: providers.docker: ") })
    let workload = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: traefik, namespace: kube}
        spec: {template: {spec: {containers: [{image: 'traefik:v3', args: [--providers.kubernetescrd.allowCrossNamespace=true, --ping]}]}}}
        """
    #expect(lines(["t/d.yml": workload]).lines.contains { $0.hasPrefix("--ping: same: ping") })
    // Flags may stand behind the program's name, too; without any, Traefik reads its environment.
    let command = workload.replacing("args: [", with: "command: [traefik, ")
    #expect(lines(["t/d.yml": command]).lines.contains { $0.hasPrefix("--ping: same: ping") })
    let environment = workload.replacing(
        "args: [--providers.kubernetescrd.allowCrossNamespace=true, --ping]",
        with: "env: [{name: TRAEFIK_LOG_LEVEL, value: DEBUG}, {name: OTHER, value: x}]")
    #expect(lines(["t/d.yml": environment]).lines == ["--log.level: same: log.level"])
}

/// Was told to be left out, although it is read.
@Test func migrationKnowsThatStoresAreRead() {
    let store = """
        apiVersion: traefik.io/v1alpha1
        kind: TLSStore
        metadata: {name: default}
        spec: {defaultCertificate: {secretName: c}, defaultGeneratedCert: {resolver: le}}
        """
    let (told, _) = lines(["t/s.yml": store])
    #expect(told.contains("t/s.yml:4:41: same: TLSStore default/default spec.defaultCertificate.secretName"))
    #expect(told.contains { $0.contains("not supported: TLSStore default/default spec.defaultGeneratedCert: name") })
}

@Test func migrationReadsTheFileProvidersFilesInConfigMaps() {
    let map = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: m}
        data:
          prometheus.yml: |
            scrape_configs: {
          dynamic.yml: |
            http:
              routers:
                r: {rule: Host(`a`), service: s, ruleSyntax: v2}
              services:
                s: {loadBalancer: {servers: [{url: 'http://10.0.0.1'}]}}
        """
    let (told, _) = lines(["t/m.yml": map])
    #expect(told.contains("t/m.yml:10:19: same: http.routers.r.rule"))
    #expect(told.contains { $0.contains("ruleSyntax v2 is not supported: write the rule in version 3's words") })
    #expect(!told.contains { $0.contains("prometheus") })
}

@Test func migrationOfObjectsAloneDoesNotMissWhatOnlyTheClusterHas() {
    #expect(
        !lines(["t/k.yml": route.replacing(", namespace: other", with: "")]).lines.contains { $0.contains("problem") })
    #expect(
        lines(["t/k.yml": route]).lines.contains {
            $0.contains("problem: IngressRoute default/r spec.routes[0].services[0].namespace: ")
        })
    let settings = "providers: {kubernetesCRD: {allowCrossNamespace: true}}\n"
    #expect(!lines(["t/k.yml": route, "t/traefik.yml": settings]).lines.contains { $0.contains("problem") })
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {ports: [{port: 80}]}\n"
    #expect(lines(["t/k.yml": route + service]).lines.contains { $0.contains("problem") })
}

@Test func migrationLeavesFilesOfOthersAlone() {
    let (told, summary) = lines(["t/prometheus.yml": "scrape_configs: []\n"])
    #expect(told == ["t/prometheus.yml:1:1: not read: holds none of Traefik's keys"])
    #expect(summary == ["0 the same, 0 better, 0 not supported, no problems"])
}

/// "not supported" stood in its words, and so it was taken for something that is not built.
@Test func migrationTellsOfServicesWithTwoTypes() {
    let (told, _) = lines([
        "t/routes.yml": """
        http:
          routers: {r: {rule: Path(`/`), service: s}}
          services:
            s: {loadBalancer: {servers: [{url: 'http://10.0.0.1'}]}, mirroring: {service: p}}
            p: {loadBalancer: {servers: [{url: 'http://10.0.0.1'}]}}
        """
    ])
    #expect(told.contains { $0.contains(": problem: http.services.s: cannot create service: multi-types") }, "\(told)")
}

/// What is wrong with a static value because it is not built was told nowhere.
@Test func migrationTellsOfEntryPointsForUDP() {
    let (told, _) = lines(["t/traefik.yml": "entryPoints: {dns: {address: ':53/udp'}}"])
    #expect(
        told.contains { $0.contains(": not supported: entryPoints.dns.address: udp is not supported yet") }, "\(told)")
}
