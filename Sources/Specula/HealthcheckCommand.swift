internal import Glibc
internal import SpeculaConfiguration
internal import SpeculaHTTP
internal import SpeculaIO

/// `specula healthcheck`: asks the ping of the gateway that this configuration describes, as Traefik's does.
internal enum HealthcheckCommand {
    /// - Returns: 0 when ping answered 200 within five seconds, else 1.
    static func run(_ arguments: [String]) async -> Int32 {
        let loaded = StaticLoader.load(
            arguments: arguments, environment: Terminal.environment(), files: LocalFiles())
        guard let settings = loaded.configuration else {
            for diagnostic in loaded.diagnostics { Terminal.err(diagnostic.description) }
            return 1
        }
        guard let ping = settings.ping else {
            Terminal.err("please enable ping to use healthcheck")
            return 1
        }
        guard let text = settings.entryPoints[ping.entryPoint]?.address, let listen = ListenAddress(parsing: text),
            let address = dialled(listen)
        else {
            Terminal.err("ping: entry point \(ping.entryPoint) is not defined")
            return 1
        }
        let url = "http://\(address)/ping"
        guard let status = await PingProbe.ask(address) else {
            Terminal.err("error calling healthcheck: \(url): no answer")
            return 1
        }
        guard status == 200 else {
            Terminal.err("bad healthcheck status: \(status)")
            return 1
        }
        Terminal.out("OK: \(url)")
        return 0
    }

    /// Where a listening address is reached from this machine.
    private static func dialled(_ listen: ListenAddress) -> SocketAddress? {
        listen.isAny ? .loopback(port: listen.port) : listen.socketAddress
    }
}

/// One `HEAD /ping` over a loop of its own.
private final class PingProbe: ConnectionHandler, TimerTarget {
    private var parser = ResponseParser()
    private let head = ResponseHead()
    private var status: Int?
    private var done: ((Int?) -> Void)?

    private init(_ done: @escaping (Int?) -> Void) { self.done = done }

    static func ask(_ address: SocketAddress) async -> Int? {
        await withCheckedContinuation { answer in
            let thread = WorkerThread.start(name: "healthcheck") {
                guard let network = try? LinuxNetwork(resolver: Resolver()) else {
                    answer.resume(returning: nil)
                    return
                }
                let loop = EventLoop(network: network)
                let probe = PingProbe { status in
                    answer.resume(returning: status)
                    loop.stop()
                }
                let connection = loop.connect(to: address, lane: .production, handler: probe)
                _ = loop.schedule(after: .seconds(5), for: probe, tag: 0)
                connection.write(
                    Array("HEAD /ping HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n".utf8).span)
                loop.run()
            }
            if thread == nil { answer.resume(returning: nil) }
        }
    }

    func received(_ bytes: Span<UInt8>, on connection: Connection) -> Int {
        if case .complete = parser.consume(bytes, into: head, answering: .head) {
            finish(Int(head.status))
            connection.close()
        }
        return bytes.count
    }

    func peerFinished(_ connection: Connection) { connection.close() }

    func closed(_ connection: Connection, reason: CloseReason) { finish(status) }

    func timerFired(_ id: TimerID, tag: Int) { finish(nil) }

    private func finish(_ status: Int?) {
        done?(status)
        done = nil
    }
}
