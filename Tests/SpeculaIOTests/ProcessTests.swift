import CLinux
import Glibc
import Synchronization
import Testing

@testable import SpeculaIO

/// The process around the loops: control groups, descriptors, systemd, folders.
@Suite(.timeLimit(.minutes(5)))
struct ProcessTests {
    /// A folder of the test's own, gone with it.
    private final class Scratch {
        let path: String

        init() throws {
            var template = Array("/tmp/specula-test-XXXXXX".utf8CString)
            let made = unsafe mkdtemp(&template)
            path = unsafe try String(cString: #require(made))
        }

        deinit { _ = unsafe system("rm -rf '\(path)'") }

        func write(_ name: String, _ text: String) {
            let full = "\(path)/\(name)"
            let folder = full.split(separator: "/").dropLast().joined(separator: "/")
            _ = unsafe system("mkdir -p '/\(folder)'")
            let descriptor = unsafe open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            _ = unsafe Glibc.write(descriptor, text, text.utf8.count)
            _ = Glibc.close(descriptor)
        }
    }

    @Test func aPatientThreadMakesNoOtherPatient() throws {
        let seen = Mutex<[Bool]>([])
        let patient = try #require(
            WorkerThread.start(name: "patient") {
                let before = WorkerThread.isPatient
                WorkerThread.becomePatient()
                seen.withLock { $0 = [before, WorkerThread.isPatient] }
            })
        patient.join()
        #expect(seen.withLock { $0 } == [false, true])
        let other = try #require(WorkerThread.start(name: "other") { seen.withLock { $0 = [WorkerThread.isPatient] } })
        other.join()
        #expect(seen.withLock { $0 } == [false])
    }

    @Test func slackIsHeldAgainstTheLeastAndAgainstWhatATrimLeft() {
        var slack = HeapSlack()
        func seen(_ mebibytes: [Int]) -> [Bool] { mebibytes.map { slack.isWorthTrimming($0 << 20) } }
        #expect(seen([5, 8, 3, 6, 7]) == [false, false, false, false, true])
        slack.trimmed(6 << 20)
        #expect(seen([7, 9, 10, 2, 6]) == [false, false, true, false, true])
    }

    /// Every other block stays, so that the heap's top cannot fall: only a trim gives the pages between back.
    @Test(.enabled(if: Heap.bytesInUse > 0, "a sanitizer has its own malloc")) func aTrimGivesPagesBack() throws {
        let inUse = Heap.bytesInUse
        var blocks: [[UInt8]] = (0..<4000).map { _ in [UInt8](repeating: 1, count: 32_000) }
        #expect(Heap.bytesInUse - inUse > 100 << 20)
        for index in blocks.indices where index % 2 == 0 { blocks[index] = [] }
        let before = try #require(Heap.slack)
        Heap.trim()
        #expect(try before - #require(Heap.slack) > 32 << 20)
        #expect(blocks.count(where: { !$0.isEmpty }) == 2000)
    }

    @Test func secondVersionsLimitsAreReadWithTheirParents() throws {
        let scratch = try Scratch()
        scratch.write("self", "0::/pods/one\n")
        scratch.write("fs/pods/cpu.max", "max 100000\n")
        scratch.write("fs/pods/one/cpu.max", "150000 100000\n")
        scratch.write("fs/pods/memory.max", "1073741824\n")
        scratch.write("fs/pods/one/memory.max", "max\n")
        let group = ControlGroup(root: scratch.path + "/fs", membership: scratch.path + "/self")
        #expect(group.processorQuota == 1.5)
        #expect(group.memoryLimit == 1_073_741_824)
        #expect(ProcessLimits.defaultWorkers(controlGroup: group) == min(2, max(Int(linux_allowed_processors()), 1)))
    }

    @Test func firstVersionsLimitsAreRead() throws {
        let scratch = try Scratch()
        scratch.write("self", "12:memory:/a\n3:cpu,cpuacct:/a\n1:name=systemd:/x\n")
        scratch.write("fs/cpu/a/cpu.cfs_quota_us", "50000\n")
        scratch.write("fs/cpu/a/cpu.cfs_period_us", "100000\n")
        scratch.write("fs/cpu/cpu.cfs_quota_us", "-1\n")
        scratch.write("fs/cpu/cpu.cfs_period_us", "100000\n")
        scratch.write("fs/memory/a/memory.limit_in_bytes", "268435456\n")
        scratch.write("fs/memory/memory.limit_in_bytes", "9223372036854771712\n")
        let group = ControlGroup(root: scratch.path + "/fs", membership: scratch.path + "/self")
        #expect(group.processorQuota == 0.5)
        #expect(group.memoryLimit == 268_435_456)
        #expect(ProcessLimits.defaultWorkers(controlGroup: group) == 1)
    }

    @Test func noControlGroupMeansNoLimit() {
        let group = ControlGroup(root: "/nonexistent", membership: "/nonexistent")
        #expect(group.processorQuota == nil)
        #expect(group.memoryLimit == nil)
        #expect(ProcessLimits.defaultWorkers(controlGroup: group) >= 1)
    }

    @Test func descriptorLimitIsTheHardOne() {
        var limit = rlimit()
        let raised = ProcessLimits.raiseDescriptorLimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(raised == Int(limit.rlim_max))
        #expect(limit.rlim_cur == limit.rlim_max)
    }

    @Test func systemdIsToldOverItsSocket() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/notify"
        let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { _ = Glibc.close(receiver) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(receiver, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        let environment = ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())"]
        let supervisor = Supervisor(environment: { environment[$0] })
        #expect(supervisor.isPresent)
        #expect(supervisor.watchdogInterval == .milliseconds(1_500))
        supervisor.ready()
        var buffer = [UInt8](repeating: 0, count: 100)
        let count = unsafe recv(receiver, &buffer, buffer.count, 0)
        #expect(String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "READY=1")
        let nobody = Supervisor(environment: { _ in nil })
        nobody.ready()
        #expect(!nobody.isPresent && nobody.watchdogInterval == nil)
        let foreign = Supervisor(environment: {
            ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"][$0]
        })
        #expect(foreign.watchdogInterval == nil)
    }

    @Test(arguments: [true, false])
    func changesInAFolderAreTold(usesKernel: Bool) throws {
        let scratch = try Scratch()
        let changes = Counter()
        let contents = Counter()
        let folders = usesKernel ? [scratch.path] : ["/nonexistent/folder"]
        let watch = FolderWatch(
            folders: folders, quiet: .milliseconds(20), polling: .milliseconds(5),
            fingerprint: { UInt64(contents.value) }, changed: { changes.add() })
        #expect(watch.usesKernel == usesKernel)
        // The poller takes its first look on its own thread.
        for _ in 0..<20 { WorkerThread.pause() }
        scratch.write("routes.yml", "a")
        contents.add()
        for _ in 0..<5_000 where changes.value == 0 { WorkerThread.pause() }
        #expect(changes.value >= 1)
        for _ in 0..<60 { WorkerThread.pause() }
        let before = changes.value
        scratch.write("routes.yml", "b")
        contents.add()
        for _ in 0..<5_000 where changes.value == before { WorkerThread.pause() }
        #expect(changes.value > before)
        watch.stop()
        let after = changes.value
        scratch.write("routes.yml", "c")
        contents.add()
        for _ in 0..<40 { WorkerThread.pause() }
        #expect(changes.value == after)
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }
}
