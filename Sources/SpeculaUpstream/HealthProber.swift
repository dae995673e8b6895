internal import SpeculaHTTP
package import SpeculaIO
internal import SpeculaRouting

/// Asks the servers of every load balancer with a health check how they are: one prober for the process, on one loop.
///
/// The first probe of a server goes out one interval after its configuration came into force, as in Traefik; until it is
/// answered the server counts as up. Probes have connections of their own and are in no series but `server_up`.
package final class HealthProber {
    private let loop: EventLoop
    private let report: (_ service: String, _ url: String, _ isUp: Bool) -> Void
    private var probes: [Key: Probe] = [:]

    private struct Key: Hashable {
        let service: String
        let url: String
        let check: HealthCheckPlan
        let server: ServerPlan
    }

    /// - `report`: Called after each probe, and once more only when the state changes nothing else.
    package init(loop: EventLoop, report: @escaping (_ service: String, _ url: String, _ isUp: Bool) -> Void) {
        self.loop = loop
        self.report = report
    }

    /// Probes what `directory` says from now on; a check that stays as it was keeps its rhythm.
    package func install(_ directory: ServiceDirectory) {
        var wanted: [Key: Probe] = [:]
        for (index, service) in directory.snapshot.services.enumerated() {
            guard case .loadBalancer(let plan) = service.kind, let check = plan.healthCheck else { continue }
            for (place, server) in plan.servers.enumerated() {
                guard let health = directory.health(of: ServiceIndex(index), server: place) else { continue }
                let key = Key(service: service.name, url: server.url, check: check, server: server)
                let isTLS = check.isTLS ?? server.isTLS
                let tls = isTLS ? directory.tls(of: plan.transport) : nil
                if let known = probes[key] {
                    known.directory = directory
                    known.tls = tls
                    wanted[key] = known
                } else {
                    wanted[key] = Probe(
                        loop: loop, check: check, server: server, health: health, tls: tls,
                        directory: directory
                    ) { [report] isUp in report(service.name, server.url, isUp) }
                }
            }
        }
        for (key, probe) in probes where wanted[key] == nil { probe.stop() }
        for (key, probe) in wanted where probes[key] == nil { probe.start() }
        probes = wanted
    }

    package func stop() {
        for probe in probes.values { probe.stop() }
        probes.removeAll()
    }
}

@available(*, unavailable)
extension HealthProber: Sendable {}

/// The probing of one server.
private final class Probe: TimerTarget, UpstreamLegClient {
    private enum Tag { static let due = 0, timeout = 1 }

    private let loop: EventLoop
    private let check: HealthCheckPlan
    private let server: ServerPlan
    private let health: ServerHealth
    private let report: (Bool) -> Void
    private let upstreams: Upstreams
    var directory: ServiceDirectory
    var tls: TLSClientContext? {
        didSet { if tls !== oldValue { upstreams.retireAll() } }
    }
    private var leg: UpstreamLeg?
    private var due: TimerID = .none
    private var timeout: TimerID = .none
    private var target = ""
    private var host = ""
    private var redirects = 0
    private var status: UInt16 = 0
    private var location = ""
    private static let locationName = Array("location".utf8)

    init(
        loop: EventLoop, check: HealthCheckPlan, server: ServerPlan, health: ServerHealth, tls: TLSClientContext?,
        directory: ServiceDirectory, report: @escaping (Bool) -> Void
    ) {
        self.loop = loop
        self.check = check
        self.server = server
        self.health = health
        self.directory = directory
        self.tls = tls
        self.report = report
        upstreams = Upstreams(loop: loop, workers: 1)
    }

    func start() { due = loop.schedule(after: check.interval, for: self, tag: Tag.due) }

    func stop() {
        loop.cancel(due)
        loop.cancel(timeout)
        leg?.cancel()
        leg = nil
        upstreams.closeIdle()
    }

    func timerFired(_ id: TimerID, tag: Int) {
        switch tag {
        case Tag.due:
            due = .none
            redirects = 0
            target = check.path.hasPrefix("/") ? check.path : "/" + check.path
            host = check.hostname ?? (check.port.map { "\(hostText):\($0)" } ?? server.authority)
            timeout = loop.schedule(after: check.timeout, for: self, tag: Tag.timeout)
            probe()
        default:
            timeout = .none
            leg?.cancel()
            leg = nil
            finish(isUp: false)
        }
    }

    private var hostText: String { server.host.utf8.contains(UInt8(ascii: ":")) ? "[\(server.host)]" : server.host }

    private func probe() {
        status = 0
        location = ""
        let asked = ServerPlan(
            url: server.url, isTLS: tls != nil, host: server.host, port: check.port ?? server.port,
            authority: server.authority, pathPrefix: "", weight: 1, isFenced: false, stickyValue: "")
        let transport = TransportPlan(name: "health", dialTimeout: check.timeout, maxIdleConnectionsPerHost: 1)
        let leg = upstreams.takeLeg()
        self.leg = leg
        let connection = leg.start(
            on: upstreams.pool(for: asked, transport: transport, lane: .mirror, tls: tls),
            method: check.method == "HEAD" ? .head : .get,
            isReplayable: true, allowsUpgrade: false, client: self)
        if let connection { legIsReady(leg, on: connection) }
    }

    private func finish(isUp: Bool) {
        loop.cancel(timeout)
        timeout = .none
        _ = directory.set(health, isUp: isUp)
        report(isUp)
        due = loop.schedule(after: isUp ? check.interval : check.unhealthyInterval, for: self, tag: Tag.due)
    }

    private var isAccepted: Bool {
        check.status == 0 ? (200..<400).contains(status) : Int(status) == check.status
    }

    // MARK: UpstreamLegClient

    func legIsReady(_ leg: UpstreamLeg, on connection: Connection) {
        var text = "\(check.method) \(target) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: specula\r\n"
        for (name, value) in check.headers.sorted(by: { $0.key < $1.key }) where name.lowercased() != "host" {
            text += "\(name): \(value)\r\n"
        }
        text += "\r\n"
        connection.write(Array(text.utf8).span)
        leg.finishRequest()
    }

    func leg(_ leg: UpstreamLeg, informational head: ResponseHead) {}

    func leg(_ leg: UpstreamLeg, head: ResponseHead) {
        status = head.status
        _ = head.anyField(named: Self.locationName.span) { value in
            location = unsafe value.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
            return true
        }
    }

    func leg(_ leg: UpstreamLeg, body: Span<UInt8>) {}
    func legDrained(_ leg: UpstreamLeg) {}

    func legFinished(_ leg: UpstreamLeg, trailers: TrailerBlock?) {
        self.leg = nil
        upstreams.giveBack(leg)
        let isRedirect = (301...303).contains(status) || status == 307 || status == 308
        if check.followRedirects, isRedirect, location.hasPrefix("/"), redirects < 10 {
            redirects += 1
            target = location
            probe()
            return
        }
        finish(isUp: isAccepted)
    }

    func legFailed(_ leg: UpstreamLeg, _ failure: UpstreamFailure) {
        self.leg = nil
        upstreams.giveBack(leg)
        finish(isUp: false)
    }
}
