import SpeculaIO
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5)))
struct MailboxTests {
    @Test func jobsOfOtherThreadsRunInOrder() throws {
        let loop = try RealLoop()
        let remote = loop.loop.remote
        let seen = Mutex<[Int]>([])
        let box = SeenBox(seen: seen)
        let thread = try #require(
            WorkerThread.start(name: "poster") {
                for number in 0..<1_000 { remote.post { _ in box.add(number) } }
            })
        loop.run(until: { box.count == 1_000 })
        thread.join()
        #expect(box.isSorted)
    }

    @Test func postWakesASleepingLoopAndStopEndsIt() throws {
        let started = Mutex<LoopRemote?>(nil)
        let holder = RemoteHolder(started)
        let thread = try #require(
            WorkerThread.start(name: "loop") {
                guard let network = try? LinuxNetwork(resolver: Resolver()) else { return }
                let loop = EventLoop(network: network)
                holder.set(loop.remote)
                loop.run()
            })
        var remote: LoopRemote?
        while remote == nil { remote = holder.get() }
        remote?.post { loop in loop.stop() }
        thread.join()
        #expect(remote?.post { _ in } == false)
    }

    private final class SeenBox: Sendable {
        private let seen: Mutex<[Int]>
        init(seen: consuming sending Mutex<[Int]>) { self.seen = seen }
        func add(_ number: Int) { seen.withLock { $0.append(number) } }
        var count: Int { seen.withLock { $0.count } }
        var isSorted: Bool { seen.withLock { $0 == $0.sorted() } }
    }

    private final class RemoteHolder: Sendable {
        private let remote: Mutex<LoopRemote?>
        init(_ remote: consuming sending Mutex<LoopRemote?>) { self.remote = remote }
        func set(_ new: LoopRemote) { remote.withLock { $0 = new } }
        func get() -> LoopRemote? { remote.withLock { $0 } }
    }
}
