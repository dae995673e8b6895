internal import Glibc
internal import SpeculaConfiguration
internal import SpeculaDemo
internal import SpeculaIO
internal import SpeculaMetrics

/// `specula demo`: a gateway as anyone would run it, with a primary, two mirrors and a trickle of traffic in the same process.
internal enum DemoCommand {
    static func run(_ arguments: [String]) async -> Int32 {
        let options: Options
        let demo: Demo
        let folder: DemoFolder
        do {
            options = try Options(arguments)
            demo = try Demo.start()
            let ports = try freePorts([options.webPort, options.adminPort])
            folder = try DemoFolder(demo.configuration, webPort: ports[0], adminPort: ports[1])
        } catch {
            Terminal.err("\(error)")
            return 1
        }
        let loaded = StaticLoader.load(file: folder.staticPath, files: LocalFiles())
        guard let settings = loaded.configuration else {
            for diagnostic in loaded.diagnostics { Terminal.err(diagnostic.description) }
            return 1
        }
        let status = await RunCommand.run(settings) { registry in
            present(demo, folder, options, registry)
        } whenStopping: {
            demo.stop()
        }
        folder.remove()
        return status
    }

    private static func present(_ demo: Demo, _ folder: DemoFolder, _ options: Options, _ registry: MetricRegistry) {
        let admin = "http://127.0.0.1:\(folder.adminPort)"
        do {
            try demo.sendTraffic(to: .loopback(port: folder.webPort), requestsPerSecond: options.requestsPerSecond)
        } catch {
            Terminal.err("\(error)")
        }
        let links = [
            ("gateway", "http://127.0.0.1:\(folder.webPort)/"), ("dashboard", admin + "/dashboard/"),
            ("metrics", admin + "/metrics"), ("API", admin + "/api/rawdata"), ("change it", folder.dynamicPath),
        ]
        demo.show(links: links) { DemoFigures(registry.readBooks()) }
        guard let bound = options.bound else { return }
        // The demo's own end is the operator's: the interrupt signal, and everything that follows from it.
        Task {
            try? await Task.sleep(for: bound)
            _ = kill(getpid(), SIGINT)
        }
    }

    /// The wanted ports where they are free, else others that are.
    private static func freePorts(_ wanted: [UInt16]) throws -> [UInt16] {
        let loop = EventLoop(network: try LinuxNetwork(resolver: Resolver()))
        let refusal = RefusingListener()
        // All are held until all are found, so that no two are the same.
        let listeners = try wanted.map { port in
            do {
                return try loop.listen(
                    on: ListenAddress(.loopback(port: port)), options: ListenOptions(), handler: refusal)
            } catch {
                return try loop.listen(
                    on: ListenAddress(.loopback(port: 0)), options: ListenOptions(), handler: refusal)
            }
        }
        defer { for listener in listeners { listener.close() } }
        return listeners.map(\.localAddress.port)
    }

    /// Holds a port for a moment.
    private final class RefusingListener: ListenerHandler {
        func accepted(_ connection: Connection, on listener: Listener) { connection.close() }
    }

    /// `--for=SECONDS`, `--rate=N`, `--web=PORT`, `--admin=PORT`.
    struct Options {
        /// Until the interrupt signal when nil.
        private(set) var bound: Duration?
        private(set) var requestsPerSecond = 40
        private(set) var webPort: UInt16 = 8000
        private(set) var adminPort: UInt16 = 8080

        init(_ arguments: [String]) throws(StartError) {
            for argument in arguments {
                let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2, let number = Int(parts[1]), number > 0 else {
                    throw StartError("demo: cannot read \(argument); \(HelpCommand.usage(of: "demo"))")
                }
                switch parts[0] {
                case "--for": bound = .seconds(min(number, 1_000_000))
                case "--rate": requestsPerSecond = min(number, 1000)
                case "--web": webPort = UInt16(clamping: number)
                case "--admin": adminPort = UInt16(clamping: number)
                default: throw StartError("demo: unknown option \(parts[0]); \(HelpCommand.usage(of: "demo"))")
                }
            }
        }
    }
}

/// The demo's two configuration files, in a folder of their own that goes when the demo ends.
internal struct DemoFolder: Sendable {
    let webPort: UInt16
    let adminPort: UInt16
    private let path: String

    var staticPath: String { path + "/traefik.yml" }
    var dynamicPath: String { path + "/dynamic.yml" }

    init(_ configuration: DemoConfiguration, webPort: UInt16, adminPort: UInt16) throws(StartError) {
        self.webPort = webPort
        self.adminPort = adminPort
        var template = Array("/tmp/specula-demo-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
            guard let base = buffer.baseAddress, let made = unsafe mkdtemp(base) else { return nil }
            return unsafe String(cString: made)
        }
        guard let made else { throw StartError("demo: cannot make a folder in /tmp") }
        path = made
        try Self.write(configuration.dynamicFile, to: dynamicPath)
        try Self.write(
            configuration.staticFile(webPort: webPort, adminPort: adminPort, dynamicFile: dynamicPath), to: staticPath)
    }

    func remove() {
        _ = unsafe unlink(staticPath)
        _ = unsafe unlink(dynamicPath)
        _ = unsafe rmdir(path)
    }

    private static func write(_ text: String, to path: String) throws(StartError) {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw StartError("demo: cannot write \(path)") }
        Terminal.write(text, to: descriptor)
        _ = close(descriptor)
    }
}

extension DemoFigures {
    /// The demo's services as the gateway's books have them.
    internal init(_ books: BooksReading) {
        func column(_ name: String, isMirror: Bool) -> Column {
            let traffic = books.services[name] ?? BooksReading.Traffic(bounds: books.bounds.count)
            let mirror = books.mirrors[.init(service: DemoConfiguration.mirroring, mirror: name)]
            let decisions = MirrorDecision.allCases.map {
                Count($0.text.description, mirror?.decisions[Int($0.rawValue)] ?? 0)
            }
            let outcomes = MirrorOutcome.allCases.map {
                Count($0.text.description, mirror?.outcomes[Int($0.rawValue)] ?? 0)
            }
            return Column(
                name: String(name.prefix { $0 != "@" }), askedShare: isMirror ? mirror?.askedShare ?? 0 : nil,
                requests: traffic.classes.reduce(0, &+),
                serverErrors: traffic.classes[Int(StatusClass.serverError.rawValue)], buckets: traffic.buckets,
                decisions: isMirror ? decisions : [], outcomes: isMirror ? outcomes : [])
        }
        self.init(
            bounds: books.bounds,
            columns: [column(DemoConfiguration.primary, isMirror: false)]
                + DemoConfiguration.mirrors.map { column($0, isMirror: true) })
    }
}
