internal import Glibc
internal import SpeculaConfiguration
internal import SpeculaDemo
internal import SpeculaIO
internal import SpeculaLogging
internal import SpeculaMetrics
internal import SpeculaProxy

/// `specula demo`: a gateway as anyone would run it, in front of the demo's primary and mirrors, with a live table.
internal enum DemoCommand {
    static func run() async -> Int32 {
        let demo: Demo
        do {
            demo = try Demo.start()
        } catch {
            Terminal.err("the demo cannot start: \(error)")
            return 1
        }
        var folder = Array("/tmp/specula-demo-XXXXXX".utf8CString)
        guard unsafe folder.withUnsafeMutableBufferPointer({ unsafe mkdtemp($0.baseAddress) }) != nil else {
            Terminal.err("the demo cannot start: no folder for its two files can be made in /tmp")
            return 1
        }
        let path = String(decoding: folder.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { remove(path) }
        let ports = (web: FreePort.near(8000), admin: FreePort.near(8080))
        let configuration = demo.configuration
        guard
            write(configuration.dynamicFile, to: "\(path)/dynamic.yml"),
            write(
                configuration.staticFile(
                    webPort: ports.web, adminPort: ports.admin, dynamicFile: "\(path)/dynamic.yml"),
                to: "\(path)/traefik.yml")
        else {
            Terminal.err("the demo cannot start: \(path) cannot be written to")
            return 1
        }
        return await run(demo, folder: path, ports)
    }

    private static func run(_ demo: Demo, folder: String, _ ports: (web: UInt16, admin: UInt16)) async -> Int32 {
        let loaded = StaticLoader.load(file: "\(folder)/traefik.yml", files: LocalFiles())
        guard let settings = loaded.configuration, let (log, writer) = try? Assembly.logger(settings) else {
            for diagnostic in loaded.diagnostics { Terminal.err(diagnostic.description) }
            return 1
        }
        var lifecycle = Lifecycle(settings: settings, log: log, writer: writer)
        let links = [
            ("Traffic goes in at", "http://127.0.0.1:\(ports.web)/"),
            ("Dashboard", "http://127.0.0.1:\(ports.admin)/dashboard/"),
            ("Metrics for Prometheus", "http://127.0.0.1:\(ports.admin)/metrics"),
            ("Configuration, read again when it changes", "\(folder)/dynamic.yml"),
        ]
        lifecycle.started = { gateway in
            let registry = gateway.shared.registry
            do {
                try demo.sendTraffic(to: .loopback(port: ports.web))
                demo.show(links: links) { DemoFigures(registry.readBooks()) }
            } catch {
                Terminal.err("the demo's traffic cannot start: \(error)")
            }
        }
        lifecycle.stopping = { demo.stop() }
        let status = await lifecycle.run()
        writer.flush()
        return status
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return false }
        Terminal.write(text, to: descriptor)
        return close(descriptor) == 0
    }

    private static func remove(_ folder: String) {
        for file in ["dynamic.yml", "traefik.yml"] { _ = unsafe unlink("\(folder)/\(file)") }
        _ = unsafe rmdir(folder)
    }
}

/// A port of the loopback address that nobody listens on: the wanted one, or one of the system's choice.
internal enum FreePort {
    static func near(_ wanted: UInt16) -> UInt16 { bound(wanted) ?? bound(0) ?? wanted }

    private static func bound(_ port: UInt16) -> UInt16? {
        guard let network = try? LinuxNetwork(resolver: Resolver()) else { return nil }
        let call = ListenCall(isShared: false, isDualStack: false, backlog: 1)
        guard case .opened(let handle) = network.listen(on: .loopback(port: port), options: call) else { return nil }
        defer { network.close(handle) }
        return network.localAddress(handle)?.port
    }
}

extension DemoFigures {
    /// What the books say of the demo's services: the primary, then its mirrors.
    fileprivate init(_ books: BooksReading) {
        let traffic = { (name: String) in books.services[name] ?? BooksReading.Traffic(bounds: books.bounds.count) }
        var columns = [
            Self.column(DemoConfiguration.primary, traffic(DemoConfiguration.primary), askedShare: nil, mirror: nil)
        ]
        for (name, share) in DemoConfiguration.mirrors {
            let mirror = books.mirrors[.init(service: DemoConfiguration.mirroring, mirror: name)]
            columns.append(Self.column(name, traffic(name), askedShare: share, mirror: mirror))
        }
        self.init(bounds: books.bounds, columns: columns)
    }

    private static func column(
        _ name: String, _ traffic: BooksReading.Traffic, askedShare: Double?, mirror: BooksReading.Mirror?
    ) -> Column {
        var decisions: [Count] = []
        var outcomes: [Count] = []
        if let mirror {
            for decision in MirrorDecision.allCases where mirror.decisions[Int(decision.rawValue)] > 0 {
                decisions.append(Count("\(decision.text)", mirror.decisions[Int(decision.rawValue)]))
            }
            for outcome in MirrorOutcome.allCases where mirror.outcomes[Int(outcome.rawValue)] > 0 {
                outcomes.append(Count("\(outcome.text)", mirror.outcomes[Int(outcome.rawValue)]))
            }
        }
        return Column(
            name: name, askedShare: askedShare, requests: traffic.classes.reduce(0, &+),
            serverErrors: traffic.classes[Int(StatusClass.serverError.rawValue)], buckets: traffic.buckets,
            decisions: decisions, outcomes: outcomes)
    }
}
