package import SpeculaIO
internal import SpeculaRouting
internal import SpeculaUpstream

/// Who makes room when descriptors have run out: mirrors, then clients that wait for nothing, else idle servers; the clients
/// of operators (metrics, ping, API) last, whose listeners have a reserve besides.
extension Worker {
    /// Clients that are closed at once, the longest idle first.
    private static let clientsAtOnce = 16

    /// Who is in want of a descriptor.
    internal enum Want {
        /// A client that has not been accepted: it can wait for a while.
        case client
        /// A scraper or a probe that has not been accepted: a probe that waits too long ends the process.
        case operators
        /// A request whose answer would be 502.
        case server
        /// A client that has not been accepted while its entry point stops: it waits until others leave.
        case lastClient
    }

    package func descriptorsExhausted(on listener: Listener) -> Bool {
        makeRoom(for: listener.isFinishing ? .lastClient : listener.usesReserve ? .operators : .client)
    }

    /// Clients are closed whether or not mirrors gave something back: none may fare otherwise because there are mirrors.
    ///
    /// One that has never sent a byte is as idle as one between two requests, and they go by how long they have been so:
    /// nobody holds the descriptors by connecting alone, and who keeps connections for later knows that they can be gone.
    /// A fresh one's first request may be on its way: it goes, alone, when a request or a probe would fail otherwise.
    ///
    /// - Returns: Whether a descriptor was given back that is not a mirror's.
    @discardableResult
    internal func makeRoom(for want: Want) -> Bool {
        upstreams.closeIdle(in: .mirror)
        var clients: [DownstreamConnection] = []
        var fresh: [DownstreamConnection] = []
        var operators: [DownstreamConnection] = []
        for connection in connections where connection.isIdle && connection.unsentBytes == 0 {
            switch (connection.entryPoint.isForOperators, connection.isFresh) {
            case (false, false): clients.append(connection)
            case (false, true): fresh.append(connection)
            case (true, false): operators.append(connection)
            case (true, true): break
            }
        }
        // Many at a time: looking for them takes as long as there are connections.
        if close(clients, atMost: Self.clientsAtOnce) { return true }
        // Who leaves while the gateway stops leaves a connection to a server for the next: one for one.
        if want == .lastClient { return false }
        if upstreams.closeIdle(in: .production) { return true }
        return switch want {
        case .lastClient: false
        case .client: close(operators, atMost: 1)
        case .server: close(operators, atMost: 1) || close(fresh, atMost: 1)
        case .operators: close(fresh, atMost: 1) || close(operators, atMost: 1)
        }
    }

    private func close(_ idle: [DownstreamConnection], atMost count: Int) -> Bool {
        for connection in idle.sorted(by: { $0.idleSince < $1.idleSince }).prefix(count) {
            connection.makeRoom()
            figures.clientMadeRoom()
        }
        return !idle.isEmpty
    }

    /// Looks which entry points are the operators': where all or none are, none has a reserve.
    internal func reserveForOperators() {
        let names = plan?.snapshot.operatorEntryPoints ?? []
        let isReserved = entryPoints.contains { !names.contains($0.settings.name) }
        for entryPoint in entryPoints {
            entryPoint.isForOperators = isReserved && names.contains(entryPoint.settings.name)
            entryPoint.listener?.usesReserve = entryPoint.isForOperators
        }
        // While everything stops there is nobody to keep it for.
        loop.keepReserve(!isDraining && entryPoints.contains(where: \.isForOperators))
    }
}
