import Synchronization
import Testing

@testable import SpeculaIO

@Suite(.timeLimit(.minutes(5)))
struct ResolverTests {
    /// A name server to be steered: answers, a clock, and a gate that holds lookups back.
    private final class Server: Sendable {
        struct State {
            var answers: [String: ResolveResult] = [:]
            var asked: [String] = []
            var held: Set<String> = []
            var time: UInt64 = 1_000_000_000_000
            var busy = 0
            var busiest = 0
        }
        let state = Mutex(State())

        func lookup(_ host: String) -> ResolveResult {
            state.withLock {
                $0.asked.append(host)
                $0.busy += 1
                $0.busiest = max($0.busiest, $0.busy)
            }
            while state.withLock({ $0.held.contains(host) }) { WorkerThread.pause() }
            return state.withLock {
                $0.busy -= 1
                return $0.answers[host] ?? .failed(.notFound)
            }
        }

        func asked(_ host: String) -> Int { state.withLock { $0.asked.count { $0 == host } } }
        func pass(seconds: UInt64) { state.withLock { $0.time += seconds * 1_000_000_000 } }
    }

    private final class Answers: Sendable {
        private let list = Mutex<[ResolveResult]>([])
        func add(_ result: ResolveResult) { list.withLock { $0.append(result) } }
        var all: [ResolveResult] { list.withLock { $0 } }

        func wait(for count: Int) {
            for _ in 0..<5_000 where all.count < count { WorkerThread.pause() }
        }
    }

    private let server = Server()
    private let one = SocketAddress(ipv4: 1, port: 0)
    private let two = SocketAddress(ipv4: 2, port: 0)

    private func makeResolver() -> Resolver {
        let server = server
        return Resolver(lookup: { server.lookup($0) }, time: { server.state.withLock { $0.time } })
    }

    private func ask(
        _ resolver: Resolver, _ host: String, lane: Lane = .production, isRefresh: Bool = false, into answers: Answers
    ) {
        resolver.resolve(NameQuery(host: host, lane: lane, isRefresh: isRefresh)) { answers.add($0) }
    }

    @Test func answersAreKeptAndRenewedBehindTheScenes() {
        let resolver = makeResolver()
        let answers = Answers()
        server.state.withLock { $0.answers["a"] = .addresses([one]) }
        ask(resolver, "a", into: answers)
        answers.wait(for: 1)
        ask(resolver, "a", into: answers)
        #expect(answers.all == [.addresses([one]), .addresses([one])])
        #expect(server.asked("a") == 1)
        server.state.withLock { $0.answers["a"] = .addresses([two]) }
        server.pass(seconds: 31)
        ask(resolver, "a", into: answers)
        #expect(answers.all.last == .addresses([one]), "the old answer is given at once")
        for _ in 0..<5_000 where server.asked("a") < 2 { WorkerThread.pause() }
        for _ in 0..<5_000 where answers.all.last != .addresses([two]) {
            WorkerThread.pause()
            ask(resolver, "a", into: answers)
        }
        #expect(answers.all.last == .addresses([two]))
    }

    @Test func lastGoodAnswerOutlivesAFailingNameServer() {
        let resolver = makeResolver()
        let answers = Answers()
        server.state.withLock { $0.answers["a"] = .addresses([one]) }
        ask(resolver, "a", into: answers)
        answers.wait(for: 1)
        server.state.withLock { $0.answers["a"] = .failed(.temporary) }
        server.pass(seconds: 5)
        ask(resolver, "a", isRefresh: true, into: answers)
        answers.wait(for: 2)
        #expect(answers.all == [.addresses([one]), .addresses([one])])
        #expect(server.asked("a") == 2)
    }

    @Test func oneJobANameAtATime() {
        let resolver = makeResolver()
        let answers = Answers()
        server.state.withLock {
            $0.answers["a"] = .addresses([one])
            $0.held = ["a"]
        }
        for _ in 0..<50 { ask(resolver, "a", into: answers) }
        server.state.withLock { $0.held = [] }
        answers.wait(for: 50)
        #expect(answers.all.count == 50)
        #expect(server.asked("a") == 1)
    }

    @Test func silentMirrorNamesLeaveThreadsForProduction() {
        let resolver = makeResolver()
        let answers = Answers()
        let mirrors = Answers()
        let names = (0..<20).map { "mirror\($0)" }
        server.state.withLock {
            $0.held = Set(names)
            $0.answers["a"] = .addresses([one])
        }
        for name in names { ask(resolver, name, lane: .mirror, into: mirrors) }
        ask(resolver, "a", into: answers)
        answers.wait(for: 1)
        #expect(answers.all == [.addresses([one])])
        #expect(server.state.withLock { $0.busiest } <= 3)
        server.state.withLock { $0.held = [] }
        mirrors.wait(for: 20)
        #expect(mirrors.all.count == 20)
        #expect(server.state.withLock { $0.busiest } <= 3, "mirrors take two threads at most")
    }

    @Test func unknownNamesFail() {
        let resolver = makeResolver()
        let answers = Answers()
        ask(resolver, "nobody", into: answers)
        answers.wait(for: 1)
        #expect(answers.all == [.failed(.notFound)])
    }

    @Test func systemKnowsLocalhost() throws {
        let loop = try RealLoop()
        var answer: ResolveResult?
        loop.loop.resolve("localhost", lane: .production) { answer = $0 }
        #expect(answer == nil)
        loop.run(until: { answer != nil })
        guard case .addresses(let found) = answer else {
            Issue.record("localhost was not found")
            return
        }
        #expect(found.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
    }

    @Test func literalsAreAnsweredWithoutAThread() throws {
        let loop = try RealLoop()
        var answer: ResolveResult?
        loop.loop.resolve("192.0.2.7", lane: .mirror) { answer = $0 }
        #expect(answer == nil)
        loop.loop.turn(wait: false)
        #expect(answer == .addresses([SocketAddress(ipv4: 0xc000_0207, port: 0)]))
    }
}
