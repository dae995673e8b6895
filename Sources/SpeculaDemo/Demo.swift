package import SpeculaIO
internal import Synchronization

/// The embedded demo: a primary and two mirrors, a trickle of traffic, and a live table, each on a thread of its own.
///
/// Order of calls: `start` (the servers listen), then the gateway is started with `configuration`, then `sendTraffic` and
/// `show`, at the end `stop`. The gateway is not the demo's: it runs as it would for anyone.
package final class Demo: Sendable {
    private let servers: LoopThread
    private let traffic = Mutex<LoopThread?>(nil)
    private let screen = Mutex<DemoScreen?>(nil)
    /// Two files that make a gateway of the demo.
    package let configuration: DemoConfiguration

    private init(servers: LoopThread, configuration: DemoConfiguration) {
        self.servers = servers
        self.configuration = configuration
    }

    /// Starts the primary and both mirrors, on ports of the system's choice on the loopback address.
    ///
    /// - Throws: `DemoFailure`, or what the system said.
    package static func start() throws -> Demo {
        let (servers, addresses) = try LoopThread.start(name: "demo-servers") { loop in
            try [DemoBehaviour.primary, .steady, .shaky].map { behaviour in
                try loop.listen(
                    on: ListenAddress(.loopback(port: 0)), options: ListenOptions(), handler: DemoServer(behaviour)
                ).localAddress
            }
        }
        return Demo(
            servers: servers,
            configuration: DemoConfiguration(primary: addresses[0], steady: addresses[1], shaky: addresses[2]))
    }

    /// Sends requests to the gateway until `stop`.
    ///
    /// - Parameters:
    ///   - gateway: its entry point for clients.
    ///   - requestsPerSecond: how many are tried; a gateway that is slow gets fewer.
    /// - Throws: `DemoFailure`, or what the system said.
    package func sendTraffic(to gateway: SocketAddress, requestsPerSecond: Int = 40) throws {
        let (thread, _) = try LoopThread.start(name: "demo-traffic") { loop in
            DemoTraffic(loop: loop, gateway: gateway, requestsPerSecond: requestsPerSecond).start()
        }
        traffic.withLock { $0 = thread }
    }

    /// Draws the table on standard output: anew every second where that is a terminal, else every ten seconds.
    ///
    /// - Parameters:
    ///   - links: label and address of what can be opened.
    ///   - read: the gateway's books, on the table's thread; nil until there are some.
    package func show(links: [(String, String)], read: @escaping @Sendable () -> DemoFigures?) {
        let shown = DemoScreen(links: links, read: read)
        shown.start()
        screen.withLock { $0 = shown }
    }

    /// Ends table, traffic and servers, and waits for their threads; the last table stays on the screen.
    package func stop() {
        screen.withLock { $0 }?.stop()
        traffic.withLock { $0 }?.stop()
        servers.stop()
    }
}
