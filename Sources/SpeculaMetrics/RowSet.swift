/// The series of one kind, over all shards: which row each has, how its labels read, in which order rows are shown.
///
/// Rows are only ever added; a series keeps its row for life. Guarded by the registry's lock.
struct RowSet {
    /// Cells of a series.
    let width: Int
    private(set) var identities: [SeriesIdentity] = []
    private var numbers: [UInt64: Int32] = [:]
    /// For each shard, the row of the series at each position of its log.
    private var positions: [[Int32]] = []
    private var text = LabelArena(style: .text)
    private var protobuf = LabelArena(style: .protobuf)
    private var sortKeys: [[UInt8]] = []
    /// What rows that left had counted until then.
    private var baselines: [Int: [UInt64]] = [:]

    init(width: Int) { self.width = width }

    /// Adds up the cells of all shards: `width` values for each row.
    mutating func read(_ logs: [SeriesLog]) -> [UInt64] {
        while positions.count < logs.count { positions.append([]) }
        var values = [UInt64](repeating: 0, count: identities.count * width)
        for (shard, log) in logs.enumerated() {
            log.forEach { position, block, base in
                if position == positions[shard].count {
                    let identity = SeriesIdentity(word: block.load(base))
                    let row = row(of: identity)
                    positions[shard].append(row)
                    while values.count < identities.count * width { values.append(0) }
                }
                let first = Int(positions[shard][position]) * width
                for cell in 0..<width {
                    values[first + cell] &+= block.load(base + 1 + cell)
                }
            }
        }
        return values
    }

    /// Takes away what was counted before a row left.
    ///
    /// With `retiring`, rows out of force start anew from what is shown now.
    mutating func settle(_ values: inout [UInt64], isRetiring: Bool, isInForce: (SeriesIdentity) -> Bool) {
        var leaving: [Int: [UInt64]] = [:]
        if isRetiring {
            for row in identities.indices where !isInForce(identities[row]) {
                leaving[row] = Array(values[row * width..<(row + 1) * width])
            }
        }
        for (row, baseline) in baselines {
            for cell in 0..<width { values[row * width + cell] &-= baseline[cell] }
        }
        for (row, baseline) in leaving { baselines[row] = baseline }
    }

    /// Lays out the labels of rows that have none yet.
    mutating func label(_ style: LabelStyle, _ compose: (SeriesIdentity, inout LabelComposer) -> Void) {
        var composer = LabelComposer(style: style)
        switch style {
        case .text:
            while text.count < identities.count {
                composer.reset()
                compose(identities[text.count], &composer)
                text.append(composer.bytes)
                sortKeys.append(composer.sortKey)
            }
        case .protobuf:
            while protobuf.count < identities.count {
                composer.reset()
                compose(identities[protobuf.count], &composer)
                protobuf.append(composer.bytes)
            }
        }
    }

    func labels(_ style: LabelStyle) -> LabelArena {
        switch style {
        case .text: text
        case .protobuf: protobuf
        }
    }

    /// All rows, sorted by label values; rows must have text labels.
    func sortedRows() -> [Int] {
        identities.indices.sorted { sortKeys[$0].lexicographicallyPrecedes(sortKeys[$1]) }
    }

    private mutating func row(of identity: SeriesIdentity) -> Int32 {
        if let number = numbers[identity.word] { return number }
        let number = Int32(identities.count)
        numbers[identity.word] = number
        identities.append(identity)
        return number
    }
}

/// The labels of many rows, one after another in one piece of memory.
struct LabelArena: Sendable {
    let style: LabelStyle
    private(set) var bytes: [UInt8] = []
    private var ends: [Int] = []

    init(style: LabelStyle) { self.style = style }

    var count: Int { ends.count }

    mutating func append(_ labels: [UInt8]) {
        bytes.append(contentsOf: labels)
        ends.append(bytes.count)
    }

    func range(of row: Int) -> Range<Int> { (row == 0 ? 0 : ends[row - 1])..<ends[row] }
}
