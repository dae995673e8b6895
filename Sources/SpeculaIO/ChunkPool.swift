internal import CLinux

/// Where a loop's chunks come from: pages of our own, which go back to the system when they idle.
///
/// malloc keeps what it got, so "memory is back to where it was" could not be shown from outside. Here blocks of 4, 16, 64 and
/// 256 KiB are cut from mapped arenas; larger ones are mapped one by one. A few idle blocks of each size stay warm; the
/// loop calls `releaseIdle` a second after the last use, and then they give their pages back, too.
@safe
package final class ChunkPool {
    /// Which size of block a chunk is made of.
    enum BlockClass: Int, CaseIterable {
        case small, medium, large, bulk
        /// Mapped for one chunk alone.
        case single

        var bytes: Int {
            switch self {
            case .small: 4_096
            case .medium: 16_384
            case .large: 65_536
            case .bulk: 262_144
            case .single: 0
            }
        }

        static func fitting(_ capacity: Int) -> BlockClass {
            switch capacity {
            case ...4_096: .small
            case ...16_384: .medium
            case ...65_536: .large
            case ...262_144: .bulk
            default: .single
            }
        }
    }

    /// Idle blocks of one size.
    @safe
    private struct Shelf {
        /// Pages still there.
        var warm: [UnsafeMutableRawPointer] = unsafe []
        /// Pages given back.
        var cold: [UnsafeMutableRawPointer] = unsafe []
    }

    /// Warm blocks of one size beyond this many bytes are given back at once.
    private static var warmBytes: Int { 4 << 20 }
    private static var arenaBytes: Int { 2 << 20 }

    private var shelves: [Shelf] = [Shelf(), Shelf(), Shelf(), Shelf()]
    private var arenas: [UnsafeMutableRawPointer] = unsafe []
    private var outstanding = 0
    private var outstandingBytes = 0
    private var warmBlocks = 0

    package init() {}

    /// Chunks hold the pool, so that nothing is out any more when it goes.
    deinit {
        for index in unsafe arenas.indices { unsafe linux_unmap(arenas[index], Self.arenaBytes) }
    }

    /// Chunks that someone holds.
    package var chunksOut: Int { outstanding }
    package var bytesOut: Int { outstandingBytes }
    var hasIdleMemory: Bool { warmBlocks > 0 }

    /// An empty chunk with room for at least `capacity` bytes: 4, 16, 64 or 256 KiB, or whole pages above.
    package func makeChunk(capacity: Int) -> Chunk {
        let kind = BlockClass.fitting(capacity)
        let bytes = kind == .single ? (capacity + 4_095) & ~4_095 : kind.bytes
        let base = unsafe kind == .single ? Self.map(bytes) : takeBlock(kind)
        outstanding += 1
        outstandingBytes += bytes
        return unsafe Chunk(base: base, capacity: bytes, pool: self, blockClass: kind)
    }

    func takeBack(_ base: UnsafeMutableRawPointer, capacity: Int, of kind: BlockClass) {
        outstanding -= 1
        outstandingBytes -= capacity
        guard kind != .single else {
            unsafe linux_unmap(base, capacity)
            return
        }
        let shelf = kind.rawValue
        if unsafe shelves[shelf].warm.count * kind.bytes < Self.warmBytes {
            unsafe shelves[shelf].warm.append(base)
            warmBlocks += 1
        } else {
            unsafe linux_release_pages(base, kind.bytes)
            unsafe shelves[shelf].cold.append(base)
        }
    }

    /// Gives the pages of all idle blocks back to the system.
    func releaseIdle() {
        for kind in BlockClass.allCases where kind != .single {
            let shelf = kind.rawValue
            while let block = unsafe shelves[shelf].warm.popLast() {
                unsafe linux_release_pages(block, kind.bytes)
                unsafe shelves[shelf].cold.append(block)
            }
        }
        warmBlocks = 0
    }

    private func takeBlock(_ kind: BlockClass) -> UnsafeMutableRawPointer {
        let shelf = kind.rawValue
        if let block = unsafe shelves[shelf].warm.popLast() {
            warmBlocks -= 1
            return unsafe block
        }
        if let block = unsafe shelves[shelf].cold.popLast() { return unsafe block }
        let arena = unsafe Self.map(Self.arenaBytes)
        unsafe arenas.append(arena)
        for offset in stride(from: Self.arenaBytes - kind.bytes, to: 0, by: -kind.bytes) {
            unsafe shelves[shelf].cold.append(arena + offset)
        }
        return unsafe arena
    }

    private static func map(_ bytes: Int) -> UnsafeMutableRawPointer {
        let base = unsafe linux_map(bytes)
        // As with malloc in Swift's own runtime: without address space nothing can go on.
        precondition(unsafe base != nil, "no memory to map")
        return unsafe base.unsafelyUnwrapped
    }
}

@available(*, unavailable)
extension ChunkPool: Sendable {}
