/// Names to addresses, off the loop and back.
extension EventLoop {
    /// Looks a name up.
    ///
    /// Literal addresses are answered without leaving the thread.
    ///
    /// - Parameters:
    ///   - host: A name, or an address, an IPv6 address with or without brackets.
    ///   - lane: Mirrors' lookups take two of the four threads at most.
    ///   - isRefresh: All addresses of the last answer failed: ask again before the answer is old.
    ///   - done: Called on the loop, never inside this call. The addresses' ports are 0.
    package func resolve(
        _ host: String, lane: Lane, isRefresh: Bool = false, _ done: @escaping (ResolveResult) -> Void
    ) {
        let waiting = Lookup(done)
        if let literal = SocketAddress(host: host, port: 0) {
            waiting.answer = .addresses([literal])
            later(waiting, tag: 0)
            return
        }
        let ticket = LookupTicket(waiting)
        let mailbox = mailbox
        network.resolve(NameQuery(host: host, lane: lane, isRefresh: isRefresh)) { answer in
            mailbox.post { _ in ticket.lookup.finish(answer) }
        }
    }
}

/// A lookup that someone waits for.
private final class Lookup: TimerTarget {
    private let done: (ResolveResult) -> Void
    var answer: ResolveResult?

    init(_ done: @escaping (ResolveResult) -> Void) { self.done = done }

    func finish(_ answer: ResolveResult) { done(answer) }

    func timerFired(_ id: TimerID, tag: Int) {
        if let answer { done(answer) }
    }
}

/// Carries a lookup through the resolver's threads back to its loop.
///
/// Sendable although the lookup is not: the threads in between only hold and forward it, the lookup is used by the job
/// that runs on its own loop. When the loop has ended before the answer came, it is let go unused on the answering thread.
private struct LookupTicket: @unchecked Sendable {
    let lookup: Lookup

    init(_ lookup: Lookup) { self.lookup = lookup }
}
