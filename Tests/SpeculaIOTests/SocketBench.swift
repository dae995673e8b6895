import CLinux
import SpeculaSimulation

@testable import SpeculaIO

/// Sockets on a network, real or simulated, to be looked at by hand.
final class SocketBench {
    let network: any Network
    private let world: SimulatedWorld?
    private let events = EventBatch()
    private var seen: [Handle: Readiness] = [:]
    private var open: [Handle] = []
    /// Descriptors that are open so that no others can be.
    private var taken: [Int32] = []
    /// Descriptors that the network holds back.
    private var reserve = 0

    init(network: any Network, world: SimulatedWorld?) {
        self.network = network
        self.world = world
    }

    static func hasNoDelay(_ handle: Handle) -> Bool {
        linux_socket_option(handle.descriptor, Int32(LINUX_OPTION_NODELAY)) == 1
    }

    static func probeSeconds(_ handle: Handle) -> Int {
        Int(linux_socket_option(handle.descriptor, Int32(LINUX_OPTION_PROBE_SECONDS)))
    }

    /// Lets everything under way arrive, and gathers reports.
    func pass() {
        for _ in 0..<3 {
            world?.run(for: .milliseconds(5))
            events.removeAll()
            _ = network.wait(until: network.monotonicTime() + .milliseconds(4), into: events)
            for index in 0..<events.count {
                let (handle, readiness) = events.event(at: index)
                seen[handle, default: []].formUnion(readiness)
            }
        }
    }

    /// What was reported of a handle since it was last asked.
    func bits(_ handle: Handle) -> String {
        pass()
        let readiness = seen.removeValue(forKey: handle) ?? []
        let names: [(Readiness, String)] = [
            (.readable, "readable"), (.writable, "writable"), (.failed, "failed"), (.hungUp, "hung up"),
            (.peerFinished, "finished"),
        ]
        return "[" + names.filter { readiness.contains($0.0) }.map(\.1).joined(separator: ", ") + "]"
    }

    func read(_ handle: Handle, limit: Int = 100_000) -> String {
        var buffer = [UInt8](repeating: 0, count: limit)
        return text(unsafe buffer.withUnsafeMutableBytes { unsafe network.receive(handle, into: $0) })
    }

    func write(_ handle: Handle, _ count: Int) -> String {
        let bytes = [UInt8](repeating: 1, count: count)
        return text(unsafe bytes.withUnsafeBytes { unsafe network.send(handle, $0) })
    }

    func readAll(_ handle: Handle) {
        while read(handle, limit: 1 << 20).hasSuffix("bytes") { pass() }
    }

    func writeUntilFull(_ handle: Handle) -> Bool {
        for _ in 0..<10_000 where write(handle, 60_000) == "would block" { return true }
        return false
    }

    func close(_ handle: Handle) {
        network.close(handle)
        open.removeAll { $0 == handle }
    }

    func reset(_ handle: Handle) {
        network.reset(handle)
        open.removeAll { $0 == handle }
    }

    func closeAll() {
        for handle in open { network.close(handle) }
        open = []
        for descriptor in taken { _ = linux_close(descriptor) }
        taken = []
    }

    func listen(port: UInt16 = 0, isShared: Bool = false, backlog: Int32 = 16) -> Handle? {
        let call = ListenCall(isShared: isShared, isDualStack: false, backlog: backlog)
        guard case .opened(let handle) = network.listen(on: .loopback(port: port), options: call) else { return nil }
        open.append(handle)
        return handle
    }

    func connect(_ port: UInt16) -> Handle? {
        guard case .opened(let handle) = network.connect(to: .loopback(port: port), options: ConnectOptions()) else {
            return nil
        }
        open.append(handle)
        return handle
    }

    func connectedPair() -> (client: Handle, server: Handle)? {
        guard let listener = listen(), let port = network.localAddress(listener)?.port, let client = connect(port)
        else { return nil }
        pass()
        guard network.connectOutcome(client) == nil, case .accepted(let server, _) = network.accept(from: listener)
        else { return nil }
        open.append(server)
        close(listener)
        return (client, server)
    }

    // MARK: Whole conversations

    func refusedConnect() -> [String] {
        guard let listener = listen(), let port = network.localAddress(listener)?.port else { return [] }
        close(listener)
        guard let client = connect(port) else { return ["refused at once"] }
        let bits = bits(client)
        let first = network.connectOutcome(client).map { "error \($0.code)" } ?? "connected"
        let second = network.connectOutcome(client).map { "error \($0.code)" } ?? "none left"
        return [bits, first, second]
    }

    func portInUse(isShared: Bool) -> [String] {
        guard let listener = listen(isShared: isShared), let port = network.localAddress(listener)?.port else {
            return []
        }
        return [true, false].map { wantsSharing in
            let call = ListenCall(isShared: wantsSharing, isDualStack: false, backlog: 16)
            switch network.listen(on: .loopback(port: port), options: call) {
            case .opened(let handle):
                open.append(handle)
                return "shared"
            case .failed(let error): return "error \(error.code)"
            }
        }
    }

    func closedListener() -> [String] {
        guard let listener = listen(), let port = network.localAddress(listener)?.port, let client = connect(port)
        else { return [] }
        pass()
        let outcome = network.connectOutcome(client).map { "error \($0.code)" } ?? "connected"
        _ = bits(client)
        close(listener)
        return [outcome, bits(client), read(client), read(client)]
    }

    /// Nobody answers, as where packets are dropped: in the kernel's case for want of room in the queue of a listener.
    func silentConnect() -> [String] {
        var client: Handle?
        if let world {
            world.makeBlackhole(at: .loopback(port: 9))
            client = connect(9)
        } else if let listener = listen(backlog: 0), let port = network.localAddress(listener)?.port {
            for _ in 0..<8 where client.map({ bits($0) != "[]" }) ?? true { client = connect(port) }
        }
        guard let client else { return [] }
        return [bits(client), read(client), write(client, 3), bits(client)]
    }

    // MARK: Without descriptors

    /// Takes every descriptor that is free.
    private func exhaust() {
        if let simulated = network as? SimulatedNetwork {
            simulated.descriptorLimit = open.count + simulated.holdBack(reserve)
        } else {
            while true {
                let descriptor = linux_open_spare()
                guard descriptor >= 0 else { break }
                taken.append(descriptor)
            }
        }
    }

    /// One descriptor is free again.
    private func relieve() {
        if let simulated = network as? SimulatedNetwork {
            simulated.descriptorLimit += 1
        } else if let descriptor = taken.popLast() {
            _ = linux_close(descriptor)
        }
    }

    private func accept(_ listener: Handle) -> String {
        switch network.accept(from: listener) {
        case .accepted(let handle, _):
            open.append(handle)
            return "accepted"
        case .wouldBlock: return "would block"
        case .skipped: return "skipped"
        case .exhausted(let error): return "exhausted \(error.code)"
        case .failed(let error): return "error \(error.code)"
        }
    }

    /// Two clients wait: they go on waiting, one is shed, one is accepted when a descriptor is free.
    func acceptWithoutDescriptors() -> [String] {
        guard let listener = listen(), let port = network.localAddress(listener)?.port, let first = connect(port),
            let second = connect(port)
        else { return [] }
        var log = [bits(listener), bits(first), bits(second)]
        exhaust()
        log += [accept(listener), accept(listener), bits(listener), bits(first), bits(second)]
        log += [network.shed(from: listener) ? "shed" : "not shed", bits(first), read(first), bits(second)]
        log.append(accept(listener))
        relieve()
        log += [bits(listener), accept(listener), accept(listener)]
        relieve()
        log += [accept(listener), network.shed(from: listener) ? "shed" : "not shed", bits(second)]
        return log
    }

    func connectWithoutDescriptors() -> [String] {
        guard let listener = listen(), let port = network.localAddress(listener)?.port else { return [] }
        exhaust()
        var log: [String] = []
        for _ in 0..<3 {
            switch network.connect(to: .loopback(port: port), options: ConnectOptions()) {
            case .opened(let handle):
                open.append(handle)
                log += ["opened", bits(handle)]
            case .failed(let error): log.append("error \(error.code)")
            }
            relieve()
        }
        return log
    }

    /// What is held back is nobody's until it is given back.
    func acceptFromReserve() -> [String] {
        guard let listener = listen(), let port = network.localAddress(listener)?.port, connect(port) != nil,
            connect(port) != nil
        else { return [] }
        reserve = 2
        var log = ["\(network.holdBack(2)) held back"]
        pass()
        exhaust()
        log += [accept(listener), "\(network.holdBack(3)) held back", "\(network.holdBack(1)) held back"]
        reserve = 1
        log += [accept(listener), accept(listener), "\(network.holdBack(2)) held back"]
        relieve()
        log += ["\(network.holdBack(2)) held back", accept(listener), "\(network.holdBack(0)) held back"]
        log += [accept(listener), accept(listener)]
        return log
    }

    private func text(_ result: IOResult) -> String {
        switch result {
        case .bytes(let count): "\(count) bytes"
        case .wouldBlock: "would block"
        case .end: "end"
        case .failed(let error): "error \(error.code)"
        }
    }
}
