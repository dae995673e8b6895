package import SpeculaIO

/// Who listens where, how connecting goes, and what names mean.
extension SimulatedWorld {
    /// A peer that the loops can connect to.
    ///
    /// - Parameters:
    ///   - address: Where it listens.
    ///   - profile: How links to it behave; by default drawn anew for each connection when there are faults, else plain.
    ///   - script: What to do on the connection of this number, from 0.
    /// - Returns: The server, whose `peers` tell what came.
    @discardableResult
    package func serve(
        at address: SocketAddress, profile: LinkProfile? = nil, _ script: @escaping (Int) -> [PeerStep]
    ) -> SimulatedServer {
        let server = SimulatedServer(address: address, profile: profile, script: script)
        servers.append(server)
        return server
    }

    /// A client that connects to a loop's listener and then follows its script.
    @discardableResult
    package func connect(
        to address: SocketAddress, from client: SocketAddress? = nil, profile: LinkProfile? = nil,
        name: String = "client", _ script: [PeerStep]
    ) -> SimulatedPeer {
        var chance = SimulatedRandom(seed: seed, part: "client \(name)", number: nextNumber(of: name))
        let chosenProfile = profile ?? drawnProfile(&chance)
        let (end, far) = LinkEnd.makePair(world: self, profile: chosenProfile, random: &chance)
        let peer = SimulatedPeer(world: self, end: far, script: script, name: name)
        let source = client ?? nextClientAddress()
        own(peer)
        after(nanoseconds: UInt64(max(end.profile.latency.wholeNanoseconds, 1))) { [self] in
            let open = listeners.filter { $0.accepts(address) }
            guard !open.isEmpty else {
                far.receiveReset()
                return
            }
            let chosen = open[end.random.below(open.count)]
            chosen.waiting.append((end: end, peer: source))
            chosen.network.report(chosen.handle, .readable)
            peer.start()
        }
        return peer
    }

    /// Connecting there is never answered.
    package func makeBlackhole(at address: SocketAddress) { blackholes.append(address) }

    /// Addresses of clients, each with a port of its own.
    package func nextClientAddress() -> SocketAddress {
        nextPort = nextPort == .max ? 40_000 : nextPort + 1
        return SocketAddress(ipv4: 0xc000_0201, port: nextPort)
    }

    func profile(for address: SocketAddress, _ chance: inout SimulatedRandom) -> LinkProfile {
        servers.last { $0.address == address }?.profile ?? drawnProfile(&chance)
    }

    private func drawnProfile(_ chance: inout SimulatedRandom) -> LinkProfile {
        rates == .none ? LinkProfile() : LinkProfile.drawn(from: &chance, rates: rates)
    }

    /// Decides how a connection attempt of a loop ends, and tells it after a while.
    func arrange(
        _ far: LinkEnd, to address: SocketAddress, from local: SocketAddress, _ done: @escaping (SystemError?) -> Void
    ) {
        if blackholes.contains(address) || far.random.chance(perMille: rates.hangingConnect) {
            mark(.hangingConnect)
            return
        }
        let latency = UInt64(max(far.profile.latency.wholeNanoseconds, 1)) * 2
        let server = servers.last { $0.address == address }
        let isRefused = far.random.chance(perMille: rates.refusedConnect)
        after(nanoseconds: latency) { [self] in
            if let server, !isRefused, server.isListening {
                done(nil)
                if far.other?.isClosed != true { server.take(far, world: self) }
                return
            }
            let open = listeners.filter { $0.accepts(address) }
            guard !isRefused, !open.isEmpty, let near = far.other else {
                mark(.refusedConnect)
                done(.refused)
                return
            }
            // From one loop to another: the far end becomes a loop's as well.
            let chosen = open[far.random.below(open.count)]
            chosen.waiting.append((end: far, peer: local))
            chosen.network.report(chosen.handle, .readable)
            if !near.isClosed { done(nil) }
        }
    }

    enum Claim {
        case opened(SocketAddress)
        case failed(SystemError)
    }

    /// Binds a listener, as the kernel would.
    func claim(_ address: SocketAddress, isShared: Bool) -> Claim {
        var bound = address
        if bound.port == 0 {
            nextPort += 1
            bound = bound.withPort(nextPort)
        }
        let others = listeners.filter { $0.address == bound }
        if others.contains(where: { !$0.isShared }) || (!others.isEmpty && !isShared) { return .failed(.addressInUse) }
        return .opened(bound)
    }

    // MARK: Names

    /// What a name means from now on.
    ///
    /// Names nobody set are not found.
    package func setName(_ host: String, _ answer: SimulatedName) {
        names.removeAll { $0.host == host }
        names.append((host: host, answer: answer))
    }

    func lookUp(_ query: NameQuery, _ done: @escaping @Sendable (ResolveResult) -> Void) {
        var chance = SimulatedRandom(seed: seed, part: "name \(query.host)", number: nextNumber(of: query.host))
        if chance.chance(perMille: rates.failedLookup) {
            if chance.chance(perMille: 200) {
                mark(.silentLookup)
                return
            }
            mark(.failedLookup)
            after(nanoseconds: UInt64(chance.below(5_000_000_000))) { done(.failed(.temporary)) }
            return
        }
        guard let answer = names.last(where: { $0.host == query.host })?.answer else {
            after(nanoseconds: 300_000) { done(.failed(.notFound)) }
            return
        }
        switch answer {
        case .addresses(let addresses, let delay): after(delay) { done(.addresses(addresses)) }
        case .fails(let failure, let delay): after(delay) { done(.failed(failure)) }
        case .silent: mark(.silentLookup)
        }
    }
}

/// What a name server says about a name.
package enum SimulatedName {
    case addresses([SocketAddress], after: Duration = .microseconds(300))
    case fails(ResolveFailure, after: Duration = .microseconds(300))
    case silent
}

/// A listening socket of a loop.
final class SimulatedListener {
    let address: SocketAddress
    let isShared: Bool
    let network: SimulatedNetwork
    var handle = Handle.none
    var waiting: [(end: LinkEnd, peer: SocketAddress)] = []

    init(address: SocketAddress, isShared: Bool, network: SimulatedNetwork) {
        self.address = address
        self.isShared = isShared
        self.network = network
    }

    /// The unspecified address takes what comes for any.
    func accepts(_ target: SocketAddress) -> Bool {
        let isAny = address.bytes == (0, 0) || address.bytes == SocketAddress(ipv4: 0, port: 0).bytes
        return address.port == target.port && (isAny || address == target)
    }
}
