internal import CLinux

/// A lane's compose buffer: what handlers write small is gathered here and leaves in one send for each connection.
///
/// Mapped once, 4 MiB of address space; only pages that were written to exist. Regions lie one behind the other in the
/// order of writing and are void when all of them were flushed.
@safe
final class Composer {
    /// The most that `compose(upTo:)` may ask for.
    static var largestRegion: Int { 2 << 20 }
    private static var capacity: Int { 4 << 20 }
    /// Pages beyond this are given back after use.
    private static var keptBytes: Int { 256 << 10 }

    let base: UnsafeMutableRawPointer
    private var used = 0
    private var highest = 0
    /// Connections with something to flush, each once.
    private var waiting: [Connection] = []

    init() {
        let mapped = unsafe linux_map(Self.capacity)
        precondition(unsafe mapped != nil, "no memory to map")
        unsafe base = unsafe mapped.unsafelyUnwrapped
    }

    deinit { unsafe linux_unmap(base, Self.capacity) }

    var mark: Int { used }
    var isIdle: Bool { waiting.isEmpty }

    func hasRoom(for count: Int) -> Bool { used + count <= Self.capacity }

    func advance(by count: Int) { used += count }

    func wait(_ connection: Connection) { waiting.append(connection) }

    /// Sends everything. Calls no handler.
    func flush() {
        // Flushing adds nobody to the list: whoever is cut off ends up on the loop's list of ended ones.
        for index in waiting.indices { waiting[index].flush() }
        waiting.removeAll(keepingCapacity: true)
        highest = max(highest, used)
        used = 0
        if highest > Self.keptBytes {
            unsafe linux_release_pages(base + Self.keptBytes, highest - Self.keptBytes)
            highest = 0
        }
    }
}
