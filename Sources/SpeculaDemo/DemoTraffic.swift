internal import SpeculaHTTP
internal import SpeculaIO

/// The demo's clients: a trickle of requests to the gateway, never more than a few at a time.
///
/// A request that finds all connections busy is left out, so that a slow gateway sees less traffic and not more.
final class DemoTraffic: TimerTarget {
    /// Requests in flight at most.
    static let maxConnections = 16

    private let loop: EventLoop
    private let gateway: SocketAddress
    private let interval: Duration
    private var clients: [DemoClient] = []
    private var requests = DemoRequests()
    private var isStopped = false
    private(set) var skipped = 0

    init(loop: EventLoop, gateway: SocketAddress, requestsPerSecond: Int) {
        self.loop = loop
        self.gateway = gateway
        interval = .seconds(1) / max(1, requestsPerSecond)
    }

    func start() { scheduleNext() }

    /// Sends nothing more and closes what is open.
    func stop() {
        isStopped = true
        for client in clients { client.close() }
    }

    /// Answers that came, whatever their status, and requests that got none.
    var answered: Int { clients.reduce(0) { $0 + $1.answered } }
    var failed: Int { clients.reduce(0) { $0 + $1.failed } }

    func timerFired(_ id: TimerID, tag: Int) {
        guard !isStopped else { return }
        scheduleNext()
        guard let client = clients.first(where: \.isIdle) ?? makeClient() else {
            skipped += 1
            return
        }
        client.send(requests.next(drawing: loop.random()), to: gateway)
    }

    private func makeClient() -> DemoClient? {
        guard clients.count < Self.maxConnections else { return nil }
        let client = DemoClient(loop: loop)
        clients.append(client)
        return client
    }

    /// From half an interval to one and a half: people do not come by the clock.
    private func scheduleNext() {
        let part = Int64(loop.random() & 1023)
        _ = loop.schedule(after: interval / 2 + interval * part / 1024, for: self, tag: 0)
    }
}

/// Makes up the requests of a small shop: pages mostly, a search now and then, and orders that have a body.
struct DemoRequests {
    private var number = 0

    mutating func next(drawing bits: UInt64) -> [UInt8] {
        number += 1
        let item = bits >> 8 & 0xFF
        switch bits & 15 {
        case 0, 1, 2: return post("/orders", body: "{\"item\":\(item),\"note\":\"\(note(bits))\"}")
        case 3, 4: return get("/search?q=item+\(item)&page=\(bits >> 16 & 3)")
        case 5: return get("/")
        default: return get("/products/\(item)")
        }
    }

    private func get(_ target: String) -> [UInt8] {
        Array("GET \(target) HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: specula-demo\r\n\r\n".utf8)
    }

    private func post(_ target: String, body: String) -> [UInt8] {
        let head =
            "POST \(target) HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: specula-demo\r\n"
            + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        return Array((head + body).utf8)
    }

    /// Up to about 8 KiB of text.
    private func note(_ bits: UInt64) -> String { String(repeating: "please ", count: Int(bits >> 24 & 0x3FF) + 1) }
}
