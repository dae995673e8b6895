package import SpeculaIO

/// One thing that a scripted peer does, or waits for, before it goes on to the next.
package enum PeerStep {
    case send([UInt8])
    /// In pieces of so many bytes, one after each delay.
    case sendSlowly([UInt8], pieceBytes: Int, every: Duration)
    /// Until these bytes have come, which are the end of what is consumed.
    case receive(until: [UInt8])
    case receiveBytes(Int)
    /// Until `length` finds a message at the front of what is unconsumed, and tells how long it is.
    case receiveMessage(length: (ArraySlice<UInt8>) -> Int?)
    /// Until the other side has finished or reset the connection.
    case receiveEnd
    case wait(Duration)
    /// Leaves everything in the link from now on, so that it fills.
    case stopReading
    case startReading
    /// Sends a FIN, goes on reading.
    case finish
    case close
    case reset
    /// Continues with what the closure says, then with the rest of the script.
    case then((SimulatedPeer) -> [PeerStep])
    /// The steps again and again.
    case forever([PeerStep])
    /// Notes the moment under a name; see `SimulatedPeer.moments`.
    case note(String)

    package static func send(_ text: String) -> PeerStep { .send(Array(text.utf8)) }
    package static func receive(until text: String) -> PeerStep { .receive(until: Array(text.utf8)) }
}

/// How a connection ended, as its scripted peer saw it.
package enum PeerEnd: Equatable, Sendable {
    /// The loop sent a FIN.
    case finished
    case reset
}

/// So many bytes had come by then.
package struct PeerArrival: Hashable, Sendable {
    package let time: Duration
    package let bytes: Int
}

/// A scripted peer on one connection: a client, a primary, a mirror.
///
/// It reads all the time unless told not to. When its script is over it stays connected and reads on.
package final class SimulatedPeer {
    package let name: String
    unowned let world: SimulatedWorld
    private let end: LinkEnd
    private var script: [PeerStep]
    private var unsent: [UInt8] = []
    private var isReading = true
    private var isWaiting = false
    private var isAdvancing = false
    private var hasClosed = false
    private var consumed = 0
    private var searched = 0
    /// Everything that ever came.
    package private(set) var received: [UInt8] = []
    package private(set) var sentBytes = 0
    /// How many bytes had come by when.
    package private(set) var arrivals: [PeerArrival] = []
    /// How the other side ended the connection, if it did.
    package private(set) var ending: PeerEnd?
    /// What `note` noted, and `first byte`, `last byte` and `end`.
    package private(set) var moments: [(name: String, time: Duration)] = []

    init(world: SimulatedWorld, end: LinkEnd, script: [PeerStep], name: String) {
        self.world = world
        self.end = end
        self.name = name
        self.script = script.reversed()
    }

    /// The script is over and everything it sent is on its way, or the connection is gone.
    package var isDone: Bool {
        if hasClosed || ending == .reset { return true }
        return unsent.isEmpty && !isWaiting && (script.isEmpty || (ending != nil && awaitsBytes))
    }

    /// The next step waits for bytes.
    private var awaitsBytes: Bool {
        switch script.last {
        case .receive, .receiveBytes, .receiveMessage: true
        default: false
        }
    }

    package var receivedText: String { String(decoding: received, as: UTF8.self) }

    /// What came and was not consumed by a `receive` step.
    package var unconsumed: ArraySlice<UInt8> { received[consumed...] }

    /// When something happened first, since the world began.
    package func moment(_ name: String) -> Duration? { moments.first { $0.name == name }?.time }

    /// Adds steps behind the script.
    package func then(_ steps: [PeerStep]) {
        script.insert(contentsOf: steps.reversed(), at: 0)
        advance()
    }

    func start() {
        end.changed = { [weak self] _ in self?.wake() }
        wake()
    }

    private func wake() {
        if isReading { readAll() }
        sendMore()
        advance()
    }

    private func readAll() {
        while !hasClosed {
            switch end.read(limit: 65_536, { received += $0 }) {
            case .bytes:
                if moment("first byte") == nil { note("first byte") }
                if arrivals.last?.time == world.elapsed { arrivals.removeLast() }
                arrivals.append(PeerArrival(time: world.elapsed, bytes: received.count))
            case .wouldBlock: return
            case .end:
                noteEnd(.finished)
                return
            case .reset, .brokenPipe:
                noteEnd(.reset)
                return
            }
        }
    }

    private func noteEnd(_ seen: PeerEnd) {
        if ending == nil {
            ending = seen
            note("end")
            world.note("\(name) saw the end", seen == .reset ? 1 : 0)
        }
    }

    private func note(_ name: String) { moments.append((name: name, time: world.elapsed)) }

    private func sendMore() {
        while !unsent.isEmpty && !hasClosed {
            switch end.send(unsent[...]) {
            case .bytes(let count):
                unsent.removeFirst(count)
                sentBytes += count
            case .wouldBlock: return
            case .end, .reset, .brokenPipe:
                unsent = []
                if isReading { readAll() }
                noteEnd(.reset)
            }
        }
    }

    /// Does steps until one has to wait.
    private func advance() {
        if isAdvancing { return }
        isAdvancing = true
        defer { isAdvancing = false }
        while !hasClosed, !isWaiting, unsent.isEmpty, let step = script.last {
            guard perform(step) else { return }
        }
    }

    /// Whether the next step may follow at once.
    private func perform(_ step: PeerStep) -> Bool {
        switch step {
        case .receive(let mark):
            // What was looked through before is not looked through again.
            let start = max(consumed, searched - mark.count)
            guard let length = Self.end(of: mark, in: received[start...]) else {
                searched = received.count
                return false
            }
            consumed = start + length
        case .receiveBytes(let count):
            guard unconsumed.count >= count else { return false }
            consumed += count
        case .receiveMessage(let length):
            guard let count = length(unconsumed), count <= unconsumed.count else { return false }
            consumed += count
        case .receiveEnd:
            guard ending != nil else { return false }
        default:
            script.removeLast()
            act(step)
            return true
        }
        script.removeLast()
        return true
    }

    private func act(_ step: PeerStep) {
        switch step {
        case .send(let bytes):
            unsent += bytes
            sendMore()
        case .sendSlowly(let bytes, let piece, let delay):
            guard !bytes.isEmpty else { return }
            let first = bytes.prefix(max(piece, 1))
            script.append(.sendSlowly(Array(bytes.dropFirst(first.count)), pieceBytes: piece, every: delay))
            script.append(.wait(delay))
            script.append(.send(Array(first)))
        case .wait(let delay):
            isWaiting = true
            world.after(delay) { [self] in
                isWaiting = false
                advance()
            }
        case .stopReading: isReading = false
        case .startReading:
            isReading = true
            readAll()
        case .finish: end.finish()
        case .close: shut(byReset: false)
        case .reset: shut(byReset: true)
        case .then(let steps): script += steps(self).reversed()
        case .forever(let steps):
            script.append(step)
            script += steps.reversed()
        case .note(let name): note(name)
        case .receive, .receiveBytes, .receiveMessage, .receiveEnd: break
        }
    }

    private func shut(byReset: Bool) {
        hasClosed = true
        script = []
        end.close(byReset: byReset)
    }

    /// Leaves at once, whatever the script says.
    package func disappear(byReset: Bool) {
        if !hasClosed { shut(byReset: byReset) }
    }

    /// How far the bytes reach up to and with the mark.
    private static func end(of mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard !mark.isEmpty else { return 0 }
        var start = bytes.startIndex
        while let found = bytes[start...].firstIndex(of: mark[0]), found + mark.count <= bytes.endIndex {
            start = found
            if bytes[start..<(start + mark.count)].elementsEqual(mark) { return start + mark.count - bytes.startIndex }
            start += 1
        }
        return nil
    }
}

/// A scripted server: one peer for each connection.
package final class SimulatedServer {
    package let address: SocketAddress
    let profile: LinkProfile?
    private let script: (Int) -> [PeerStep]
    /// Whether new connections are taken; otherwise they are refused.
    package var isListening = true
    /// In the order of connecting.
    package private(set) var peers: [SimulatedPeer] = []

    init(address: SocketAddress, profile: LinkProfile?, script: @escaping (Int) -> [PeerStep]) {
        self.address = address
        self.profile = profile
        self.script = script
    }

    func take(_ end: LinkEnd, world: SimulatedWorld) {
        let number = peers.count
        let peer = SimulatedPeer(world: world, end: end, script: script(number), name: "\(address) #\(number)")
        peers.append(peer)
        peer.start()
    }
}
