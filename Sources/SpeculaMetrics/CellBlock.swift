internal import Synchronization

/// Words that one worker writes and any thread reads: relaxed loads and stores, which are plain moves.
///
/// Series are laid one after another, each `stride` words: its identity first, then its cells. A series is published by
/// `used`, a block by the `next` of the one before; neither is ever taken back, and a block lives as long as its log.
@safe final class CellBlock: Sendable {
    static let capacity = 1024

    // A constant pointer to atomics, all initialized before anyone else sees it: as safe to share as the atomics themselves.
    fileprivate nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
    /// Words that hold whole series; only grows.
    let used = Atomic<Int>(0)
    let next = AtomicLazyReference<CellBlock>()

    init() {
        unsafe words = UnsafeMutablePointer<Atomic<UInt64>>.allocate(capacity: Self.capacity)
        for index in 0..<Self.capacity { unsafe (words + index).initialize(to: Atomic(0)) }
    }

    deinit {
        unsafe words.deinitialize(count: Self.capacity)
        unsafe words.deallocate()
    }

    /// Reads a word; for scrapes.
    @inline(__always) func load(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < Self.capacity)
        return unsafe words[index].load(ordering: .relaxed)
    }

    /// Reads a word, and sees all that was written before it.
    @inline(__always) func loadAcquiring(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < Self.capacity)
        return unsafe words[index].load(ordering: .acquiring)
    }
}

/// The cells of one series, as its writer sees them: a bare address, so that counting costs no reference count.
///
/// Only a `SeriesAppender` makes them. They are valid as long as the log, which the registry keeps for life, and offsets are below its stride.
@safe struct Cells {
    /// The word of the identity; the first cell follows.
    private let start: UnsafeMutablePointer<Atomic<UInt64>>

    fileprivate init(block: CellBlock, base: Int) { unsafe start = block.words + base }

    /// Adds to the cell at `offset`, counted from the identity.
    ///
    /// The writer's thread only.
    @inline(__always) func add(_ amount: UInt64, at offset: Int) {
        let value = unsafe start[offset].load(ordering: .relaxed)
        unsafe start[offset].store(value &+ amount, ordering: .relaxed)
    }

    /// Adds, so that whoever sees it also sees all that was added before.
    @inline(__always) func addAfterwards(_ amount: UInt64, at offset: Int) {
        let value = unsafe start[offset].load(ordering: .relaxed)
        unsafe start[offset].store(value &+ amount, ordering: .releasing)
    }

    /// What the writer has stored last.
    func value(at offset: Int) -> UInt64 { unsafe start[offset].load(ordering: .relaxed) }

    /// Stores after everything that was stored before.
    func setAfterwards(_ value: UInt64, at offset: Int) {
        unsafe start[offset].store(value, ordering: .releasing)
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
        cells.setAfterwards(identity, at: 0)
        used += log.stride
        block.used.store(used, ordering: .releasing)
        return cells
    }
}
