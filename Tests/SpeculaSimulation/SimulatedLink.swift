internal import SpeculaIO

/// How a link behaves.
package struct LinkProfile: Sendable {
    /// From one end to the other.
    package var latency: Duration
    /// Bytes that fit between a sender and a reader who does not read.
    package var capacity: Int
    /// The most that travels as one piece.
    package var segmentBytes: Int
    /// Both ends see a reset once so many bytes have travelled towards the loop.
    package var resetAfterBytesToLoop: Int?
    /// Both ends see a reset once so many bytes have travelled from the loop.
    package var resetAfterBytesFromLoop: Int?

    package init(
        latency: Duration = .microseconds(200), capacity: Int = 65_536, segmentBytes: Int = 16_384,
        resetAfterBytesToLoop: Int? = nil, resetAfterBytesFromLoop: Int? = nil
    ) {
        self.latency = latency
        self.capacity = capacity
        self.segmentBytes = segmentBytes
        self.resetAfterBytesToLoop = resetAfterBytesToLoop
        self.resetAfterBytesFromLoop = resetAfterBytesFromLoop
    }

    /// What a seed draws: from a fast local link to a phone in a tunnel.
    package static func drawn(from random: inout SimulatedRandom, rates: FaultRates) -> LinkProfile {
        let isTiny = random.chance(perMille: rates.tinyLink)
        return LinkProfile(
            latency: .microseconds(random.pick([1, 50, 200, 1_000, 5_000, 40_000, 150_000])),
            capacity: random.pick(isTiny ? [1, 7, 100] : [1_460, 4_096, 16_384, 65_536, 262_144, 1 << 20]),
            segmentBytes: random.pick(isTiny ? [1, 13] : [536, 1_460, 16_384, 65_536]))
    }
}

/// One side of a simulated connection: what it may still read, and what it knows of the other side.
final class LinkEnd {
    unowned let world: SimulatedWorld
    let profile: LinkProfile
    let isLoopSide: Bool
    /// The other end; the world cuts the cycle when it goes.
    var other: LinkEnd?
    /// Is told when something changed.
    var changed: ((Readiness) -> Void)?
    /// Arrived and unread.
    var arrived: [UInt8] = []
    var readMark = 0
    /// On the way to this end.
    var bytesUnderWay = 0
    private var lastArrival: UInt64 = 0
    /// The other side's FIN has arrived, behind everything in `arrived`.
    var hasFinish = false
    /// A reset has arrived.
    var isReset = false
    /// The reset's error was not yet told.
    var owesError = false
    var isClosed = false
    var hasFinished = false
    /// The sender on this side met a full link and waits to be told of room.
    var waitsForRoom = false
    private var sentBytes = 0
    private var stalledUntil: UInt64 = 0
    /// What the segment under way adds to the latency.
    private var jitter: UInt64 = 0
    /// The link's own chance for what is drawn with each call; what is drawn on the way goes by the place in the stream.
    var random: SimulatedRandom
    var receiveRandom: SimulatedRandom
    var sendRandom: SimulatedRandom
    let identity: UInt64
    /// When the loop was last told of this end.
    var lastReport = Instant(nanoseconds: 0)

    init(world: SimulatedWorld, profile: LinkProfile, isLoopSide: Bool, random: inout SimulatedRandom) {
        self.world = world
        self.profile = profile
        self.isLoopSide = isLoopSide
        identity = random.next()
        self.random = SimulatedRandom(seed: random.next())
        receiveRandom = SimulatedRandom(seed: random.next())
        sendRandom = SimulatedRandom(seed: random.next())
    }

    static func makePair(
        world: SimulatedWorld, profile: LinkProfile, random: inout SimulatedRandom
    ) -> (loopSide: LinkEnd, peerSide: LinkEnd) {
        let first = LinkEnd(world: world, profile: profile, isLoopSide: true, random: &random)
        let second = LinkEnd(world: world, profile: profile, isLoopSide: false, random: &random)
        first.other = second
        second.other = first
        world.own(first)
        world.own(second)
        return (first, second)
    }

    var unread: Int { arrived.count - readMark }

    /// How many bytes the way to the other side can still hold.
    var room: Int {
        guard let other else { return 0 }
        return max(profile.capacity - other.unread - other.bytesUnderWay, 0)
    }

    /// Everything true at the moment, as an edge-triggered poll would report it along with a change.
    var readiness: Readiness {
        var present: Readiness = []
        if unread > 0 || hasFinish || isReset { present.insert(.readable) }
        if room > 0 || isReset || hasFinished { present.insert(.writable) }
        if hasFinish || isReset { present.insert(.peerFinished) }
        if isReset || (hasFinish && hasFinished) { present.insert(.hungUp) }
        if owesError { present.insert(.failed) }
        return present
    }

    // MARK: Reading and writing

    enum Outcome: Equatable {
        case bytes(Int)
        case wouldBlock
        case end
        case reset
        case brokenPipe
    }

    /// Takes at most `limit` bytes.
    func read(limit: Int, _ take: (ArraySlice<UInt8>) -> Void) -> Outcome {
        guard unread > 0 else {
            if owesError { return takeError() }
            return hasFinish || isReset ? .end : .wouldBlock
        }
        let count = min(limit, unread)
        take(arrived[readMark..<(readMark + count)])
        readMark += count
        if readMark == arrived.count || readMark > 65_536 {
            arrived.removeFirst(readMark)
            readMark = 0
        }
        other?.roomAppeared()
        return .bytes(count)
    }

    /// The error of a reset is told once; after the other side's FIN it is another one.
    func takeError() -> Outcome {
        owesError = false
        return hasFinish ? .brokenPipe : .reset
    }

    /// Takes as many of the bytes as fit.
    func send(_ bytes: ArraySlice<UInt8>) -> Outcome {
        if owesError { return takeError() }
        if isReset || hasFinished { return .brokenPipe }
        guard let other else { return .brokenPipe }
        let count = min(bytes.count, room)
        if count < bytes.count { waitsForRoom = true }
        guard count > 0 else { return .wouldBlock }
        transfer(bytes.prefix(count), to: other)
        return .bytes(count)
    }

    private func transfer(_ bytes: ArraySlice<UInt8>, to other: LinkEnd) {
        let cut = isLoopSide ? profile.resetAfterBytesFromLoop : profile.resetAfterBytesToLoop
        var rest = bytes
        if let cut, sentBytes + rest.count >= cut {
            rest = rest.prefix(max(cut - sentBytes, 0))
            deliver(rest, to: other)
            sentBytes += bytes.count
            world.mark(.resetAtByte)
            arrive { [self] in cutOff() }
            return
        }
        while !rest.isEmpty {
            // Segments lie at fixed places of the stream, so that the way bytes take does not depend on how they were handed over.
            let segment = max(profile.segmentBytes, 1)
            if sentBytes % segment == 0, breaks(at: sentBytes / segment) { return }
            let piece = rest.prefix(segment - sentBytes % segment)
            rest = rest.dropFirst(piece.count)
            sentBytes += piece.count
            deliver(piece, to: other)
        }
    }

    /// A segment begins: draws its fate.
    ///
    /// True when the link breaks with it.
    private func breaks(at segment: Int) -> Bool {
        var chance = SimulatedRandom(seed: identity &+ UInt64(segment) &* 0x9e37_79b9_7f4a_7c15)
        let latency = UInt64(max(profile.latency.wholeNanoseconds, 0))
        jitter = latency > 0 ? UInt64(chance.below(Int(latency / 4) + 1)) : 0
        if chance.chance(perMille: world.rates.stall) {
            world.mark(.stall)
            stalledUntil = world.now.nanoseconds + UInt64(chance.below(2_000_000_000))
        }
        guard chance.chance(perMille: world.rates.reset) else { return false }
        world.mark(.resetByChance)
        arrive { [self] in cutOff() }
        return true
    }

    private func deliver(_ piece: ArraySlice<UInt8>, to other: LinkEnd) {
        guard !piece.isEmpty else { return }
        let bytes = Array(piece)
        other.bytesUnderWay += bytes.count
        arrive {
            other.bytesUnderWay -= bytes.count
            other.take(bytes)
        }
    }

    /// Does something at the other side after the latency, never before what was sent earlier.
    private func arrive(_ action: @escaping () -> Void) {
        let now = world.now.nanoseconds
        let latency = UInt64(max(profile.latency.wholeNanoseconds, 0))
        lastArrival = max(max(now, stalledUntil) + latency + jitter, lastArrival)
        world.after(nanoseconds: lastArrival - now, action)
    }

    // MARK: What arrives

    private func take(_ bytes: [UInt8]) {
        if isReset { return }
        if isClosed {
            // Nobody is there any more.
            world.mark(.sendAfterPeerClosed)
            arrive { [other] in other?.receiveReset() }
            return
        }
        arrived += bytes
        changed?(.readable)
    }

    private func takeFinish() {
        guard !isReset, !isClosed else { return }
        hasFinish = true
        changed?([.readable, .peerFinished])
    }

    func receiveReset() {
        guard !isReset, !isClosed else { return }
        isReset = true
        owesError = true
        changed?([.readable, .writable, .failed, .hungUp, .peerFinished])
    }

    /// The link itself breaks.
    private func cutOff() {
        receiveReset()
        other?.receiveReset()
    }

    private func roomAppeared() {
        guard waitsForRoom, room > 0 else { return }
        waitsForRoom = false
        world.after(nanoseconds: UInt64(max(profile.latency.wholeNanoseconds, 0))) { [self] in
            if !isClosed { changed?(.writable) }
        }
    }

    // MARK: Ending

    func finish() {
        guard !hasFinished, !isReset else { return }
        hasFinished = true
        world.mark(.halfClose)
        arrive { [other] in other?.takeFinish() }
    }

    func close(byReset: Bool) {
        guard !isClosed else { return }
        isClosed = true
        changed = nil
        if isReset { return }
        if byReset || unread > 0 || bytesUnderWay > 0 && identity & 1 == 0 {
            world.mark(byReset ? .resetByPeer : .resetBecauseUnread)
            arrive { [other] in other?.receiveReset() }
        } else if !hasFinished {
            hasFinished = true
            world.mark(.peerClosed)
            arrive { [other] in other?.takeFinish() }
        }
        arrived = []
        readMark = 0
    }
}
