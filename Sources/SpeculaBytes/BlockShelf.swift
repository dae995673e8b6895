internal import Synchronization

/// Where blocks come from and go back to, so that one answer after another is written into the same pages.
///
/// Safe from any thread; the lock is held for a push or a pop. Small users keep next to nothing here: as many blocks as were
/// in use at one time, 16 MiB at most.
package final class BlockShelf: Sendable {
    /// Bytes of each block.
    package static var blockBytes: Int { 65_536 }
    /// Idle blocks beyond these are freed.
    package static var mostIdle: Int { 256 }

    /// Addresses of idle blocks.
    private let idle = Mutex<[UInt]>([])

    package init() {}

    /// Blocks hold their shelf, so that all are back when it goes.
    deinit {
        let addresses = idle.withLock { $0 }
        for address in addresses { unsafe UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }

    /// A block to fill.
    package func makeBlock() -> ByteBlock {
        if let address = idle.withLock({ $0.popLast() }), let base = unsafe UnsafeMutableRawPointer(bitPattern: address)
        {
            return unsafe ByteBlock(base: base, shelf: self)
        }
        let base = UnsafeMutableRawPointer.allocate(byteCount: Self.blockBytes, alignment: 64)
        return unsafe ByteBlock(base: base, shelf: self)
    }

    /// Blocks that nobody holds and that are kept for the next.
    package var idleBlocks: Int { idle.withLock { $0.count } }

    func takeBack(_ base: UnsafeMutableRawPointer) {
        let address = UInt(bitPattern: base)
        let isKept = idle.withLock { idle in
            guard idle.count < Self.mostIdle else { return false }
            idle.append(address)
            return true
        }
        if !isKept { unsafe base.deallocate() }
    }
}
