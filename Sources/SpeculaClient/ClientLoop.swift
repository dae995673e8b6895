package import SpeculaIO
internal import SpeculaUpstream

/// The client on its loop: connections to servers and the requests under way.
///
/// Bound to the loop; `Client` is the face that other threads see. The simulator drives this one.
package final class ClientLoop {
    /// Names a request under way.
    package typealias Ticket = UInt64

    let loop: EventLoop
    private let upstreams: Upstreams
    private var exchanges: [ObjectIdentifier: ClientExchange] = [:]
    private var byTicket: [Ticket: ClientExchange] = [:]
    private var tickets: [ObjectIdentifier: Ticket] = [:]
    private var isStopped = false

    package init(loop: EventLoop) {
        self.loop = loop
        upstreams = Upstreams(loop: loop, workers: 1)
    }

    /// Starts a request; the observer may hear of it before this returns.
    ///
    /// - Parameters:
    ///   - request: What is asked.
    ///   - tls: For an endpoint that is `https`; without it the request fails.
    ///   - ticket: A number that no other request under way has.
    ///   - observer: Hears what becomes of it.
    package func start(
        _ request: ClientRequest, tls: TLSClientContext? = nil, ticket: Ticket, observer: any ClientObserver
    ) {
        guard !isStopped else {
            observer.ended(.stopped)
            return
        }
        guard !request.endpoint.isTLS || tls != nil else {
            observer.ended(.needsTLS)
            return
        }
        let exchange = ClientExchange(request, owner: self, observer: observer)
        let key = ObjectIdentifier(exchange)
        exchanges[key] = exchange
        byTicket[ticket] = exchange
        tickets[key] = ticket
        let pool = upstreams.pool(
            host: request.endpoint.host, port: request.endpoint.port, dialTimeout: request.limits.connect,
            idleTimeout: .seconds(50), tls: request.endpoint.isTLS ? tls : nil)
        exchange.start(on: pool, upstreams: upstreams)
    }

    /// The observer that had enough takes more.
    package func resume(_ ticket: Ticket) { byTicket[ticket]?.resume() }

    /// Cuts a request; its observer hears `cancelled` when it was still under way.
    package func cancel(_ ticket: Ticket) { byTicket[ticket]?.fail(.cancelled) }

    /// Cuts everything and takes nothing more.
    package func stop() {
        isStopped = true
        for exchange in Array(exchanges.values) { exchange.fail(.stopped) }
        upstreams.closeIdle()
    }

    /// Requests under way.
    package var underWay: Int { exchanges.count }

    package var idleConnections: Int { upstreams.idleConnections }

    func forget(_ exchange: ClientExchange) {
        let key = ObjectIdentifier(exchange)
        exchanges[key] = nil
        if let ticket = tickets.removeValue(forKey: key) { byTicket[ticket] = nil }
    }

    func giveBack(_ leg: UpstreamLeg) { upstreams.giveBack(leg) }
}

@available(*, unavailable)
extension ClientLoop: Sendable {}
