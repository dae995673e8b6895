import Glibc
import SpeculaRouting
import Synchronization
import Testing

@testable import SpeculaConfiguration

/// A clock that goes on only when a test says so.
private final class FakeClock: ControlClock {
    private struct State {
        var now = Duration.zero
        var sleepers: [(until: Duration, wake: CheckedContinuation<Void, Never>)] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var now: Duration { state.withLock { $0.now } }

    func sleep(until moment: Duration) async {
        await withCheckedContinuation { continuation in
            let (isOver, watchers) = state.withLock { state in
                if state.now >= moment { return (true, [CheckedContinuation<Void, Never>]()) }
                state.sleepers.append((moment, continuation))
                defer { state.watchers = [] }
                return (false, state.watchers)
            }
            for watcher in watchers { watcher.resume() }
            if isOver { continuation.resume() }
        }
    }

    /// Returns when somebody sleeps.
    func untilSomebodySleeps() async {
        await withCheckedContinuation { continuation in
            let sleeps = state.withLock { state in
                if !state.sleepers.isEmpty { return true }
                state.watchers.append(continuation)
                return false
            }
            if sleeps { continuation.resume() }
        }
    }

    func advance(by duration: Duration) {
        let woken = state.withLock { state in
            state.now += duration
            let woken = state.sleepers.filter { $0.until <= state.now }
            state.sleepers.removeAll { $0.until <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.wake.resume() }
    }
}

/// What was put in force, in order.
private actor Installed {
    private(set) var all: [ConfigurationWatcher.Compiled] = []
    func add(_ compiled: ConfigurationWatcher.Compiled) { all.append(compiled) }
    var routerNames: [[String]] { all.map { $0.snapshot.routers.map(\.name) } }
    var generations: [UInt64] { all.map(\.snapshot.generation) }
}

private func dynamic(_ router: String) -> DynamicConfiguration {
    var configuration = DynamicConfiguration()
    var settings = RouterConfiguration()
    settings.rule = "Path(`/`)"
    settings.service = "noop@internal"
    configuration.http.routers[router] = settings
    return configuration
}

private func makeSettings(throttle: Duration) -> StaticConfiguration {
    var settings = StaticConfiguration()
    settings.entryPoints["web"] = EntryPointConfiguration()
    settings.providers.providersThrottleDuration = throttle
    return settings
}

@Test func theFirstChangeGoesAtOnceThenTheNewestWins() async {
    let clock = FakeClock()
    let installed = Installed()
    let watcher = ConfigurationWatcher(settings: makeSettings(throttle: .seconds(2)), clock: clock) {
        await installed.add($0)
    }
    await watcher.start()
    await watcher.offer(dynamic("a"), from: "file")
    #expect(await installed.routerNames == [[], ["a@file"]])
    async let waiting: Void = watcher.offer(dynamic("b"), from: "file")
    await clock.untilSomebodySleeps()
    await watcher.offer(dynamic("c"), from: "file")
    await watcher.offer(dynamic("x"), from: "other")
    #expect(await installed.routerNames == [[], ["a@file"], ["a@file", "x@other"]])
    clock.advance(by: .seconds(2))
    await waiting
    #expect(await installed.routerNames.last == ["c@file", "x@other"])
    #expect(await installed.generations == [1, 2, 3, 4])
}

@Test func anUnchangedConfigurationIsSkipped() async {
    let installed = Installed()
    let watcher = ConfigurationWatcher(settings: makeSettings(throttle: .zero), clock: FakeClock()) {
        await installed.add($0)
    }
    await watcher.offer(dynamic("a"), from: "file")
    await watcher.offer(dynamic("a"), from: "file")
    await watcher.offer(dynamic("b"), from: "file")
    #expect(await installed.routerNames == [["a@file"], ["b@file"]])
}

/// Runs a provider; each reading is passed to the test, which answers before the next one.
private func readings(
    _ provider: FileProviderConfiguration, _ files: ChangingFiles,
    _ script: @escaping @Sendable (Int, ProviderReading) -> Void
) async {
    let count = Mutex(0)
    let runner = FileProvider(provider, files: files, events: files) { reading in
        let number = count.withLock { count in
            count += 1
            return count
        }
        script(number, reading)
    }
    await runner.run()
}

private func routers(_ reading: ProviderReading) -> [String]? {
    guard case .loaded(let configurations, _) = reading, let configuration = configurations[FileProvider.name]
    else { return nil }
    return configuration.http.routers.keys.sorted()
}

private let router = "{rule: Path(`/`), service: s}"

@Test(.timeLimit(.minutes(5))) func aBrokenFileKeepsTheLastGoodConfiguration() async {
    var provider = FileProviderConfiguration()
    provider.filename = "conf/a.yml"
    let files = ChangingFiles(["conf/a.yml": "http: {routers: {one: \(router)}}"])
    let seen = Mutex<[String]>([])
    let task = Task {
        await readings(provider, files) { number, reading in
            seen.withLock { $0.append(routers(reading)?.joined(separator: ",") ?? "failed") }
        }
    }
    while files.watched.isEmpty { await Task.yield() }
    files.write(["conf/a.yml": "http: ["])
    files.ring()
    while seen.withLock({ $0.count }) < 2 { await Task.yield() }
    // A log beside the configuration changes all the time: nothing to report.
    files.write(["conf/a.log": "noise"])
    files.ring()
    files.write(["conf/a.yml": "http: {routers: {two: \(router)}}"])
    files.ring()
    while seen.withLock({ $0.count }) < 3 { await Task.yield() }
    files.end()
    await task.value
    #expect(seen.withLock { $0 } == ["one", "failed", "two"])
    #expect(files.watched == [["conf"]])
}

@Test(.timeLimit(.minutes(5))) func aNewFolderIsWatchedToo() async {
    var provider = FileProviderConfiguration()
    provider.directory = "conf"
    let files = ChangingFiles(["conf/a.yml": "http: {routers: {one: \(router)}}", "conf/notes.txt": "no"])
    let seen = Mutex<[String]>([])
    let task = Task {
        await readings(provider, files) { _, reading in
            seen.withLock { $0.append(routers(reading)?.joined(separator: ",") ?? "failed") }
        }
    }
    while files.watched.isEmpty { await Task.yield() }
    files.write(["conf/sub/.b.toml": "[http.routers.two]\nrule = 'Path(`/b`)'\nservice = 's'"])
    files.ring()
    while files.watched.count < 2 { await Task.yield() }
    files.end()
    await task.value
    #expect(seen.withLock { $0 } == ["one", "one,two"])
    #expect(files.watched == [["conf"], ["conf", "conf/sub"]])
}

@Test func theFirstFileThatDefinesANameWins() throws {
    let files = FakeFiles([
        "conf/one.yml": "http: {routers: {a: {rule: Path(`/a`), service: p}}, services: {p: {}}}",
        "conf/two.yml": "http: {routers: {a: {rule: Path(`/b`), service: p}}, services: {q: {}}}",
        "conf/..2026/three.yml": "http: {routers: {hidden: {rule: Path(`/b`)}}}",
    ])
    var provider = FileProviderConfiguration()
    provider.directory = "conf"
    let result = DynamicLoader.load(provider, files: files)
    let configuration = try #require(result.configuration)
    #expect(configuration.http.routers.mapValues(\.rule) == ["a": "Path(`/a`)"])
    #expect(configuration.http.services.keys.sorted() == ["p", "q"])
    #expect(
        result.diagnostics.map(\.description) == [
            "conf/two.yml:1:21: warning: http.routers.a: HTTP router already configured, skipping"
        ])
}

@Test func oneBrokenFileOfAFolderRefusesAll() {
    let files = FakeFiles([
        "conf/one.yml": "http: {}", "conf/two.yml": "http: [", "conf/x.yml": "http: {rooters: {}}",
    ])
    var provider = FileProviderConfiguration()
    provider.directory = "conf"
    let result = DynamicLoader.load(provider, files: files)
    #expect(result.configuration == nil)
    #expect(
        result.diagnostics.map(\.description) == [
            "conf/two.yml:2:1: error: did not find expected node content",
            "conf/x.yml:1:8: error: http.rooters: unknown key (did you mean routers?)",
        ])
}

/// Such a folder used to be taken for one of manifests without any object in it: every file was fine.
@Test func aFolderOfDynamicFilesIsChecked() {
    let files = FakeFiles([
        "conf/one.yml": "http: {routers: {a: {rule: Path(`/`), service: p}, b: {rul: x}}}",
        "conf/two.yml": "http: {services: {q: {loadBalancer: {servers: [{url: nowhere}]}}}}",
    ])
    #expect(
        ConfigurationCheck.check(folder: "conf", files: files)?.map(\.description) == [
            "conf/one.yml:1:48: error: http.routers.a.service: the service \"p@file\" does not exist",
            "conf/one.yml:1:56: error: http.routers.b.rul: unknown key (did you mean rule?)",
            "conf/two.yml:1:54: error: http.services.q.loadBalancer.servers[0].url: "
                + "error parsing server URL nowhere: expected http://host:port",
        ])
    #expect(ConfigurationCheck.check(folder: "conf", files: FakeFiles(["conf/a.yml": "kind: Service"])) == nil)
}

/// What lies behind a link changes without a word in the folder that names it.
@Test func foldersBehindLinksAreKnown() throws {
    var template = Array("/tmp/specula-test-XXXXXX".utf8CString)
    let made = unsafe mkdtemp(&template)
    let folder = unsafe String(cString: try #require(made))
    defer { _ = unsafe system("rm -rf '\(folder)'") }
    let links = "mkdir a b c && ln -s c/r.yml b/r.yml && touch a/r.yml && ln -s ../a b/c && ln -s '\(folder)/b/r.yml' d"
    #expect(unsafe system("cd '\(folder)' && \(links)") == 0)
    let files = LocalFiles()
    #expect(files.foldersBehindLinks(to: "\(folder)/a/r.yml") == [])
    #expect(
        files.foldersBehindLinks(to: "\(folder)/d")
            == [folder, "\(folder)/b", "\(folder)/b", "\(folder)/b/../a"])
}

@Test func localFilesAreReadListedAndTold() throws {
    let files = LocalFiles()
    let folder = Fixtures.path
    #expect(try files.list(folder).contains { $0.name == "case.yml" && !$0.isFolder })
    #expect(try files.read("\(folder)/case.yml", limit: 1 << 20) == Fixtures.text("case.yml"))
    #expect(files.exists("\(folder)/case.yml"))
    #expect(!files.exists("\(folder)/none.yml"))
    #expect(files.fingerprint(of: [folder]) == files.fingerprint(of: [folder]))
    #expect(throws: FileError(path: "/none", reason: "No such file or directory")) { try files.list("/none") }
    #expect(throws: FileError.self) { try files.read("\(folder)/case.yml", limit: 3) }
}
