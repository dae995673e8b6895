internal import CLinux
internal import Synchronization

/// The kernel's table of this process's open descriptors, kept larger than what is in use, so that no loop waits for it to grow.
///
/// When a new descriptor does not fit, `socket` and `accept` double the table, and in a process with more than one thread they wait
/// meanwhile until every processor has been through a quiet moment: 5 to 50 ms, in which their loop serves nobody (Linux: `expand_fdtable`
/// in `fs/file.c`). A mirror that never answers did so at its 256th, 512th and 1,024th connection. So the table is made large before there
/// is a second thread, and doubled on a thread of its own when half of it is used: who gets a descriptor that fits does not wait for that.
package final class DescriptorTable: Sendable {
    /// Descriptors that fit from the start: 32 KiB of the kernel's memory.
    package static var firstSize: Int32 { 4_096 }

    private let limit: Int32
    /// The descriptor with which the table is half full: twice this is its size.
    private let half: Atomic<Int32>
    private let grow: @Sendable (_ size: Int32) -> Void

    /// - Parameters:
    ///   - size: What fits.
    ///   - limit: Descriptors that the process may have; the table is never larger.
    ///   - grow: Makes room for so many, beside the loops.
    package init(
        size: Int32 = firstSize, limit: Int = ProcessLimits.descriptorLimit,
        grow: @escaping @Sendable (_ size: Int32) -> Void = growBeside
    ) {
        self.limit = Int32(clamping: limit)
        half = Atomic(max(1, size / 2))
        self.grow = grow
    }

    /// The room that a process starts with.
    ///
    /// Nothing is waited for when called before any other thread exists.
    package static func makeFirstRoom() { _ = linux_grow_descriptor_table(firstSize) }

    /// A loop got this descriptor.
    ///
    /// The kernel gives the lowest number that is free: it tells how many are in use.
    func opened(_ descriptor: Int32) {
        if descriptor >= half.load(ordering: .relaxed) { passed(descriptor) }
    }

    /// Out of line: it happens a dozen times in the life of a process.
    @inline(never)
    private func passed(_ descriptor: Int32) {
        var seen = half.load(ordering: .relaxed)
        while descriptor >= seen, seen < Int32.max {
            // Whatever comes of it, the table has doubled by the time that its end is reached: then the kernel did it.
            let next = seen > Int32.max / 2 ? Int32.max : seen * 2
            let (exchanged, current) = half.compareExchange(expected: seen, desired: next, ordering: .relaxed)
            if exchanged, next < limit { grow(min(limit, next > Int32.max / 2 ? limit : next * 2)) }
            seen = exchanged ? next : current
        }
    }

    /// Starts a thread that makes room and ends.
    ///
    /// Where there is none to be had, the kernel makes room when it must.
    @Sendable package static func growBeside(_ size: Int32) {
        _ = WorkerThread.start(name: "specula-files") { _ = linux_grow_descriptor_table(size) }
    }
}
