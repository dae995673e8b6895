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
    /// Connections with something to flush, each once, in memory of our own: an array's checks cost more than the rest.
    ///
    /// Not retained: an open connection is held by the loop's table, an ended one by the list of ends, which is told only
    /// after a flush.
    private var waiting: UnsafeMutablePointer<Unmanaged<Connection>>
    private var waitingCount = 0
    private var waitingRoom = 64

    init() {
        let mapped = unsafe linux_map(Self.capacity)
        precondition(unsafe mapped != nil, "no memory to map")
        unsafe base = unsafe mapped.unsafelyUnwrapped
        unsafe waiting = .allocate(capacity: waitingRoom)
    }

    deinit {
        unsafe waiting.deallocate()
        unsafe linux_unmap(base, Self.capacity)
    }

    var mark: Int { used }
    var isIdle: Bool { waitingCount == 0 }

    func hasRoom(for count: Int) -> Bool { used + count <= Self.capacity }

    func advance(by count: Int) { used += count }

    func wait(_ connection: Connection) {
        if waitingCount == waitingRoom { grow() }
        unsafe (waiting + waitingCount).initialize(to: .passUnretained(connection))
        waitingCount += 1
    }

    private func grow() {
        let larger = UnsafeMutablePointer<Unmanaged<Connection>>.allocate(capacity: waitingRoom * 2)
        unsafe larger.moveInitialize(from: waiting, count: waitingCount)
        unsafe waiting.deallocate()
        unsafe waiting = larger
        waitingRoom *= 2
    }

    /// Sends everything.
    ///
    /// Calls no handler.
    func flush() {
        // Flushing adds nobody to the list: whoever is cut off ends up on the loop's list of ended ones.
        var index = 0
        while index < waitingCount {
            unsafe waiting[index]._withUnsafeGuaranteedRef { $0.flush() }
            index += 1
        }
        waitingCount = 0
        highest = max(highest, used)
        used = 0
        if highest > Self.keptBytes {
            unsafe linux_release_pages(base + Self.keptBytes, highest - Self.keptBytes)
            highest = 0
        }
    }
}
