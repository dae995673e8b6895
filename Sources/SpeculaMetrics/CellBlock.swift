internal import Synchronization

/// Words that one worker writes and any thread reads: relaxed loads and stores, which are plain moves.
///
/// Series are laid one after another, each `stride` words: its identity first, then its cells. A series is published by
/// `used`, a block by the `next` of the one before; neither is ever taken back.
final class CellBlock: Sendable {
    static let capacity = 1024

    let words: InlineArray<1024, Atomic<UInt64>>
    /// Words that hold whole series; only grows.
    let used = Atomic<Int>(0)
    let next = AtomicLazyReference<CellBlock>()

    init() { words = InlineArray { _ in Atomic(0) } }
}

/// The cells of one series, as its writer sees them.
struct Cells {
    let block: CellBlock
    /// Where the series starts in the block; its identity stands there.
    let base: Int

    /// Adds to the cell at `offset`, counted from the identity. The writer's thread only.
    @inline(__always) func add(_ amount: UInt64, at offset: Int) {
        let index = base &+ offset
        let value = block.words[index].load(ordering: .relaxed)
        block.words[index].store(value &+ amount, ordering: .relaxed)
    }

    /// Adds, so that whoever sees it also sees all that was added before.
    @inline(__always) func addAfterwards(_ amount: UInt64, at offset: Int) {
        let index = base &+ offset
        let value = block.words[index].load(ordering: .relaxed)
        block.words[index].store(value &+ amount, ordering: .releasing)
    }
}

/// The series of one kind of one shard, in the order of their first use: appended by the worker, read by scrapes.
final class SeriesLog: Sendable {
    /// Words of one series, the identity included; at most `CellBlock.capacity`.
    let stride: Int
    let first = AtomicLazyReference<CellBlock>()

    init(cells: Int) { stride = min(cells + 1, CellBlock.capacity) }

    /// Calls `body` with every published series: its position, and where its words stand.
    func forEach(_ body: (_ position: Int, _ block: CellBlock, _ base: Int) -> Void) {
        var position = 0
        var block = first.load()
        while let current = block {
            let used = current.used.load(ordering: .acquiring)
            var base = 0
            while base < used {
                body(position, current, base)
                position += 1
                base += stride
            }
            block = current.next.load()
        }
    }
}

/// The writing end of a log; bound to the worker's thread.
struct SeriesAppender {
    let log: SeriesLog
    private var tail: CellBlock?
    private var used = 0

    init(log: SeriesLog) { self.log = log }

    /// Publishes a series with all cells at zero.
    mutating func append(_ identity: UInt64) -> Cells {
        let block: CellBlock
        if let tail, used + log.stride <= CellBlock.capacity {
            block = tail
        } else {
            let fresh = CellBlock()
            block = tail?.next.storeIfNil(fresh) ?? log.first.storeIfNil(fresh)
            tail = block
            used = 0
        }
        let cells = Cells(block: block, base: used)
        block.words[used].store(identity, ordering: .relaxed)
        used += log.stride
        block.used.store(used, ordering: .releasing)
        return cells
    }
}
