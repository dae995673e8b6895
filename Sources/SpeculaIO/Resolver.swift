internal import CLinux
internal import Synchronization

/// Looks names up on threads of its own, for all loops of a process; the last good answer stays in use.
///
/// Four threads at most, started when needed; lookups for mirrors take two of them at most, so that a mirror whose name server
/// is silent never keeps production waiting. One job a name at a time. An answer older than 30 s is given at once and asked
/// for again meanwhile; a refresh waits for the new answer and falls back on the old one.
package final class Resolver: Sendable {
    package typealias Done = @Sendable (ResolveResult) -> Void
    package typealias Lookup = @Sendable (String) -> ResolveResult

    private static var largestThreads: Int { 4 }
    private static var largestMirrorJobs: Int { 2 }
    private static var freshNanoseconds: UInt64 { 30_000_000_000 }
    /// A refresh of an answer younger than this gets that answer.
    private static var refreshNanoseconds: UInt64 { 1_000_000_000 }
    /// Names kept; beyond, those not asked for the longest are forgotten.
    private static var largestNames: Int { 4_096 }

    private struct Name {
        var answer: [SocketAddress]?
        var answeredAt: UInt64 = 0
        var askedAt: UInt64 = 0
        var isWaiting = false
        var waiting: [Done] = []
    }

    private struct Job {
        let host: String
        let lane: Lane
    }

    private struct State {
        var names: [String: Name] = [:]
        var production: [Job] = []
        var mirrors: [Job] = []
        var threads = 0
        var mirrorJobs = 0
    }

    private let state = Mutex(State())
    private let lookup: Lookup
    private let time: @Sendable () -> UInt64

    package convenience init() {
        self.init(lookup: Self.askSystem, time: { linux_monotonic_nanoseconds() })
    }

    /// With another source of answers and another clock, for tests.
    package init(lookup: @escaping Lookup, time: @escaping @Sendable () -> UInt64) {
        self.lookup = lookup
        self.time = time
    }

    /// `done` is called once, on the caller's thread when the answer is at hand, else on one of the resolver's.
    package func resolve(_ query: NameQuery, _ done: @escaping Done) {
        let now = time()
        let (known, startsThread) = state.withLock { state -> ([SocketAddress]?, Bool) in
            var name = state.names[query.host] ?? Name()
            name.askedAt = now
            let age = now &- name.answeredAt
            let mayAnswer = name.answer != nil && (!query.isRefresh || age < Self.refreshNanoseconds)
            let isOld = age >= (query.isRefresh ? Self.refreshNanoseconds : Self.freshNanoseconds)
            if !mayAnswer { name.waiting.append(done) }
            var starts = false
            if (!mayAnswer || isOld) && !name.isWaiting {
                name.isWaiting = true
                let job = Job(host: query.host, lane: query.lane)
                if query.lane == .production { state.production.append(job) } else { state.mirrors.append(job) }
                let jobs = state.production.count + min(state.mirrors.count, Self.largestMirrorJobs)
                if state.threads < Self.largestThreads && jobs > 0 {
                    state.threads += 1
                    starts = true
                }
            } else if query.lane == .production, let index = state.mirrors.firstIndex(where: { $0.host == query.host })
            {
                // A name that a mirror waits for is production's now.
                state.production.append(Job(host: query.host, lane: .production))
                state.mirrors.remove(at: index)
            }
            state.names[query.host] = name
            return (mayAnswer ? name.answer : nil, starts)
        }
        if startsThread { startThread() }
        if let known { done(.addresses(known)) }
    }

    /// A thread works until nothing is left that it may do, and ends.
    private func startThread() {
        let started = WorkerThread.start(name: "specula-names") { [self] in
            while let job = takeJob() { finish(job, lookup(job.host)) }
        }
        if started == nil { giveUp() }
    }

    private func takeJob() -> Job? {
        state.withLock { state in
            if !state.production.isEmpty { return state.production.removeFirst() }
            if !state.mirrors.isEmpty && state.mirrorJobs < Self.largestMirrorJobs {
                state.mirrorJobs += 1
                return state.mirrors.removeFirst()
            }
            state.threads -= 1
            return nil
        }
    }

    private func finish(_ job: Job, _ result: ResolveResult) {
        let now = time()
        let (waiting, answer) = state.withLock { state -> ([Done], ResolveResult) in
            if job.lane == .mirror { state.mirrorJobs -= 1 }
            var name = state.names[job.host] ?? Name()
            var answer = result
            if case .addresses(let addresses) = result, !addresses.isEmpty {
                name.answer = addresses
                name.answeredAt = now
            } else if let last = name.answer {
                answer = .addresses(last)
                // Asked again after the usual time, not with every request.
                name.answeredAt = now
            }
            let waiting = name.waiting
            name.waiting = []
            name.isWaiting = false
            state.names[job.host] = name
            if state.names.count > Self.largestNames { Self.forgetOldest(&state.names) }
            return (waiting, answer)
        }
        for done in waiting { done(answer) }
    }

    /// No thread could be started: those who wait are told, unless another thread is at work.
    private func giveUp() {
        let jobs = state.withLock { state -> [Job] in
            state.threads -= 1
            guard state.threads == 0 else { return [] }
            let jobs = state.production + state.mirrors
            state.mirrorJobs += state.mirrors.count
            state.production = []
            state.mirrors = []
            return jobs
        }
        for job in jobs { finish(job, .failed(.temporary)) }
    }

    private static func forgetOldest(_ names: inout [String: Name]) {
        let idle = names.filter { !$0.value.isWaiting }.sorted { $0.value.askedAt < $1.value.askedAt }
        for (host, _) in idle.prefix(largestNames / 4) { names[host] = nil }
    }

    /// The system's own way: files, name servers, whatever `nsswitch.conf` says.
    ///
    /// Blocks.
    private static func askSystem(_ host: String) -> ResolveResult {
        let capacity = 64
        var found = [linux_address](repeating: linux_address(), count: capacity)
        let count = unsafe found.withUnsafeMutableBufferPointer { buffer in
            unsafe linux_resolve(host, buffer.baseAddress, Int32(capacity))
        }
        if count > 0 { return .addresses(found.prefix(Int(count)).map { SocketAddress($0) }) }
        if count == 0 { return .failed(.notFound) }
        return .failed(failure(count + 1_000))
    }

    private static func failure(_ code: Int32) -> ResolveFailure {
        // EAI_NONAME, EAI_NODATA and EAI_ADDRFAMILY; EAI_AGAIN.
        switch code {
        case -2, -5, -9: .notFound
        case -3: .temporary
        default: .other(code)
        }
    }
}
