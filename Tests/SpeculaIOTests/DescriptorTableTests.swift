import CLinux
import Foundation
import Synchronization
import Testing

@testable import SpeculaIO

/// A thread that needs a descriptor beyond the table's end waited up to 50 ms for it, on a loop: at the 256th, 512th and 1,024th connection.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct DescriptorTableTests {
    /// The sizes that were asked for.
    private final class Asked: Sendable {
        private let sizes = Mutex<[Int32]>([])
        func add(_ size: Int32) { sizes.withLock { $0.append(size) } }
        var all: [Int32] { sizes.withLock { $0 } }
    }

    private static func table(size: Int32, limit: Int = 1 << 20) -> (DescriptorTable, Asked) {
        let asked = Asked()
        return (DescriptorTable(size: size, limit: limit, grow: { asked.add($0) }), asked)
    }

    /// What the kernel says of this process's table.
    private static func size() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("FDSize:") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
    }

    @Test func itIsDoubledWhenHalfOfItIsUsed() {
        let (table, asked) = Self.table(size: 8)
        for descriptor: Int32 in 0...3 { table.opened(descriptor) }
        #expect(asked.all == [])
        for descriptor: Int32 in 4...7 { table.opened(descriptor) }
        #expect(asked.all == [16])
        for descriptor: Int32 in [8, 15, 3, 15] { table.opened(descriptor) }
        #expect(asked.all == [16, 32])
    }

    @Test func whatCameMeanwhileIsMadeUpFor() {
        let (table, asked) = Self.table(size: 8)
        table.opened(20)
        #expect(asked.all == [16, 32, 64])
    }

    @Test func itIsNeverLargerThanWhatTheProcessMayHave() {
        let (table, asked) = Self.table(size: 8, limit: 40)
        for descriptor: Int32 in 0..<40 { table.opened(descriptor) }
        #expect(asked.all == [16, 32, 40])
        let (small, never) = Self.table(size: 4_096, limit: 1_024)
        for descriptor: Int32 in 0..<1_024 { small.opened(descriptor) }
        #expect(never.all == [])
        let (unlimited, last) = Self.table(size: 1 << 30, limit: .max)
        unlimited.opened(.max)
        #expect(last.all == [.max])
    }

    @Test func everyDescriptorOfALoopIsSeen() throws {
        let (table, asked) = Self.table(size: 2)
        let loop = EventLoop(network: try LinuxNetwork(resolver: Resolver(), descriptors: table))
        let acceptor = Acceptor()
        let listener = try loop.listen(
            on: ListenAddress(.loopback(port: 0)), options: ListenOptions(), handler: acceptor)
        let before = asked.all.count
        #expect(before > 0)
        let probes = (0..<64).map { _ in Probe() }
        for probe in probes {
            probe.connection = loop.connect(to: listener.localAddress, lane: .production, handler: probe)
        }
        #expect(asked.all.count > before)
        for probe in probes { probe.connection?.close() }
        listener.close()
        loop.turn(wait: false)
    }

    @Test func theKernelMakesTheRoom() throws {
        let limit = ProcessLimits.raiseDescriptorLimit()
        let wanted = min(limit, 2 * (try Self.size()))
        #expect(linux_grow_descriptor_table(Int32(wanted)) == 0)
        #expect(try Self.size() >= wanted)
    }

    @Test func aThreadOfItsOwnMakesTheRoom() throws {
        let limit = ProcessLimits.raiseDescriptorLimit()
        let wanted = min(limit, 2 * (try Self.size()))
        DescriptorTable.growBeside(Int32(wanted))
        while try Self.size() < wanted { WorkerThread.pause() }
    }
}
