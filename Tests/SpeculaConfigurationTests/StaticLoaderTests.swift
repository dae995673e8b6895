import Testing

@testable import SpeculaConfiguration

private func load(
    _ arguments: [String] = [], environment: [String: String] = [:], files: [String: String] = [:]
) -> StaticLoader.Result {
    StaticLoader.load(arguments: arguments, environment: environment, files: FakeFiles(files))
}

@Test func nothingAtAllListensOnPort80() throws {
    let result = load()
    let settings = try #require(result.configuration)
    #expect(result.source == .none)
    #expect(settings.entryPoints.mapValues(\.address) == ["http": ":80"])
    #expect(settings.providers.providersThrottleDuration == .seconds(2))
    #expect(settings.entryPoints["http"]?.transport.respondingTimeouts.readTimeout == .seconds(60))
    #expect(settings.serversTransport.maxIdleConnsPerHost == 200)
}

@Test func flagsAreReadInAnyCase() throws {
    let result = load([
        "--entryPoints.web.address=:8000", "--entrypoints.web.TRANSPORT.respondingtimeouts.readTimeout", "5",
        "--ping", "--metrics.prometheus", "--metrics.prometheus.headerLabels.agent=User-Agent",
        "--metrics.prometheus.buckets=0.1,2", "--metrics.prometheus.buckets=5", "-api.insecure=true",
        "--entryPoints.web.forwardedHeaders.trustedIPs[1]=::1",
        "--entryPoints.web.forwardedHeaders.trustedIPs[0]=10.0.0.0/8", "--workers=3", "--log.level", "debug",
    ])
    let settings = try #require(result.configuration, "\(result.diagnostics)")
    #expect(result.source == .flags)
    #expect(settings.entryPoints["web"]?.address == ":8000")
    #expect(settings.entryPoints["web"]?.transport.respondingTimeouts.readTimeout == .seconds(5))
    #expect(settings.entryPoints["web"]?.forwardedHeaders.trustedIPs == ["10.0.0.0/8", "::1"])
    #expect(settings.metrics?.prometheus?.headerLabels == ["agent": "User-Agent"])
    #expect(settings.metrics?.prometheus?.buckets == [0.1, 2, 5])
    #expect(settings.ping == PingConfiguration())
    #expect(settings.workers == 3)
    #expect(settings.log?.level == .debug)
    #expect(settings.entryPoints["traefik"]?.address == ":8080")
}

@Test func environmentIsReadWithoutFileAndFlags() throws {
    let environment = [
        "TRAEFIK_ENTRYPOINTS_WEB_ADDRESS": ":81", "TRAEFIK_PING": "true", "TRAEFIK_NOTHING_OF_OURS": "x",
        "TRAEFIK_ENTRYPOINTS_WEB_FORWARDEDHEADERS_TRUSTEDIPS": "10.0.0.1, 10.0.0.2",
        "TRAEFIK_METRICS_PROMETHEUS_ADDROUTERSLABELS": "true", "HOME": "/home/x",
    ]
    let result = load(environment: environment)
    let settings = try #require(result.configuration, "\(result.diagnostics)")
    #expect(result.source == .environment)
    #expect(settings.entryPoints["web"]?.forwardedHeaders.trustedIPs == ["10.0.0.1", "10.0.0.2"])
    #expect(settings.metrics?.prometheus?.addRoutersLabels == true)
    #expect(load(["--entryPoints.x.address=:1"], environment: environment).source == .flags)
}

@Test func aFileBeatsFlagsAndEnvironment() throws {
    let files = ["/home/x/.config/traefik.yml": "entryPoints: {web: {address: ':1'}}"]
    let result = load(["--entryPoints.web.address=:2"], environment: ["HOME": "/home/x"], files: files)
    #expect(result.source == .file("/home/x/.config/traefik.yml"))
    #expect(result.configuration?.entryPoints["web"]?.address == ":1")
    #expect(
        result.diagnostics.map(\.description) == [
            "--entryPoints.web.address: warning: ignored: the configuration comes from /home/x/.config/traefik.yml"
        ])
}

@Test(arguments: [
    ["/etc/traefik/traefik.toml", "/etc/traefik/traefik.yml", "./traefik.yml"],
    ["/xdg/traefik.yaml", "/home/x/.config/traefik.toml"], ["/home/x/.config/traefik.yml", "./traefik.toml"],
    ["./traefik.yaml"],
])
func theFirstPlaceWithAFileCounts(paths: [String]) {
    let files = Dictionary(uniqueKeysWithValues: paths.map { ($0, "") })
    let result = load(environment: ["HOME": "/home/x", "XDG_CONFIG_HOME": "/xdg"], files: files)
    #expect(result.source == .file(paths[0]))
}

@Test func everyMistakeOfACommandLineIsTold() {
    let result = load(["--entryPoints.web.adress=:80", "--logg.level=INFO", "--log.level"])
    #expect(result.configuration == nil)
    #expect(
        Set(result.diagnostics.map(\.description)).isSuperset(of: [
            "--entryPoints.web.adress: error: entryPoints.web.adress: unknown key (did you mean address?)",
            "--logg.level: error: logg: unknown key (did you mean log?)", "--log.level: error: needs a value",
        ]))
}

@Test func theLogIsPutAsideAsTraefiksIs() {
    let result = load([
        "--log.filePath=/a.log", "--log.maxSize=5", "--log.maxAge=3", "--log.maxBackups=2", "--log.compress",
    ])
    let log = result.configuration?.log
    #expect(log?.maxSize == 5 && log?.maxAge == 3 && log?.maxBackups == 2 && log?.compress == true)
}

/// Traefik's description: access log output alongside OTLP; without a collector it changes nothing.
@Test func dualOutputOfTheAccessLogDoesNotKeepTheGatewayFromStarting() throws {
    let result = load(["--accessLog.filePath=/a", "--accessLog.dualOutput=true"])
    #expect(try #require(result.configuration, "\(result.diagnostics)").accessLog?.filePath == "/a")
    #expect(load(["--accessLog.dualOutput=true", "--accessLog.otlp.http.endpoint=http://a"]).configuration == nil)
}

@Test func theFileThatIsNamedMustExist() {
    let result = load(["--configFile=/none.yml"])
    #expect(result.configuration == nil)
    #expect(result.diagnostics.map(\.description) == ["/none.yml: error: No such file or directory"])
}

@Test(arguments: [
    (
        ["--entryPoints.web.adress=:80"],
        "--entryPoints.web.adress: error: entryPoints.web.adress: unknown key (did you mean address?)"
    ),
    (["--providers.docker"], "--providers.docker: error: needs a value"),
    (["--providers.docker=true"], "--providers.docker: error: providers.docker: not supported yet"),
    (["--workers=0"], "--workers: error: workers: expected 1 to 256, found 0"),
    (
        ["--log.level=WARM"],
        "--log.level: error: log.level: expected TRACE, DEBUG, INFO, WARN, ERROR, FATAL, PANIC, found \"WARM\" (did you mean WARN?)"
    ),
    (["stray"], "stray: error: unexpected argument"),
    (["--=x"], "--=x: error: not a flag"),
    (["--http.routers.a.rule=x"], "--http.routers.a.rule: error: belongs into a file of dynamic configuration"),
    (
        ["--entryPoints.a.address=:1/udp"],
        "--entryPoints.a.address: error: entryPoints.a.address: udp is not supported yet"
    ),
    (
        ["--entryPoints.a.address=:1/sctp"],
        "--entryPoints.a.address: error: entryPoints.a.address: invalid protocol: sctp"
    ),
    (
        ["--ping.entryPoint=wob", "--entryPoints.web.address=:1"],
        "--ping.entryPoint: error: ping.entryPoint: there is no entry point \"wob\" (did you mean web?)"
    ),
])
func aWrongFlagIsNamed(arguments: [String], diagnostic: String) {
    let result = load(arguments)
    #expect(result.configuration == nil)
    #expect(result.diagnostics.map(\.description).contains(diagnostic), "\(result.diagnostics)")
}

@Test func aSectionCanBeSwitchedOffByAFlag() throws {
    #expect(try #require(load(["--ping=false"]).configuration).ping == nil)
}

@Test func entryPointIsShownAsByTraefik() throws {
    let settings = try #require(load(["--entryPoints.web.address=127.0.0.1:80"]).configuration)
    let shown = settings.entryPoints["web"]?.json(omittingEmpty: true)?.adding("name", "web")
    let expected = #"""
        {"address":"127.0.0.1:80","transport":{"lifeCycle":{"graceTimeOut":"10s"},"respondingTimeouts":{"readTimeout":"1m0s","idleTimeout":"3m0s"}},"forwardedHeaders":{},"http":{"sanitizePath":true,"maxHeaderBytes":1048576,"underscoreHeadersStrategy":"keep"},"http2":{"maxConcurrentStreams":250,"maxDecoderHeaderTableSize":4096,"maxEncoderHeaderTableSize":4096},"udp":{"timeout":"3s"},"name":"web"}
        """#
    #expect(String(decoding: shown?.text ?? [], as: UTF8.self) == expected)
}
