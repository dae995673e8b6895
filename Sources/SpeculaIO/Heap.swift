internal import CLinux
internal import Glibc

/// What malloc holds for this process.
package enum Heap {
    /// Bytes in use, over all arenas.
    package static var bytesInUse: Int { Int(clamping: linux_heap_in_use()) }

    /// Resident bytes of this process's own that malloc does not use; nil where the system does not tell.
    package static var slack: Int? {
        guard let words = SmallFile.read("/proc/self/statm")?.split(separator: " "), words.count > 2,
            let resident = Int(words[1]), let shared = Int(words[2])
        else { return nil }
        return (resident - shared) * Int(getpagesize()) - bytesInUse
    }

    /// Gives the pages on which nothing lies any more back to the system.
    ///
    /// Takes the lock of one arena after the other, for about a tenth of a millisecond for each mebibyte: not for a loop, and not
    /// while nothing has been let go. A loop that keeps its connections takes nothing from malloc and does not notice.
    package static func trim() { linux_heap_trim() }
}

/// Says when a burst has left pages behind that are worth going after.
///
/// What is resident beyond what is in use is partly there for good: the stacks, the chunks that stay warm. So it is held against the least
/// that was ever seen, and against what the last trim could not take away. A burst between two looks is seen by what it left.
package struct HeapSlack: Sendable {
    /// By how many bytes it must have grown.
    package static let growth = 4 << 20
    private var least = Int.max

    package init() {}

    /// - slack: Bytes resident beyond those in use.
    package mutating func isWorthTrimming(_ slack: Int) -> Bool {
        least = min(least, slack)
        return slack - least >= Self.growth
    }

    /// A trim left this much.
    package mutating func trimmed(_ slack: Int) { least = slack }
}
