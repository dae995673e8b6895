internal import Synchronization

/// The sets of header label values that were seen, for the whole process: bounded, so that no client can grow the series.
final class HeaderLabelTable: Sendable {
    let labels: [HeaderLabel]
    /// Sets that are kept apart; further ones are one set, all of whose values are `other`.
    let limit: Int
    /// Requests that were counted under `other`.
    let folded = Atomic<UInt64>(0)
    private let state: Mutex<State>

    private struct State {
        var sets: [[String]]
        var numbers: [[UInt8]: UInt16] = [:]
        var fold: UInt16?
        var reportFull: (@Sendable () -> Void)?
    }

    /// What a worker learns about a set.
    struct Answer {
        var number: UInt16
        /// There is no room for further sets: these are all, and `number` is where the others go.
        var full: [[UInt8]: UInt16]?
    }

    /// Values longer than this count as `other`.
    static let maxValueBytes = 256
    static let other = "other"

    init(labels: [HeaderLabel], limit: Int, reportFull: (@Sendable () -> Void)?) {
        self.labels = labels
        self.limit = min(max(limit, 1), 30_000)
        let none = [String](repeating: "", count: labels.count)
        state = Mutex(State(sets: [none], reportFull: reportFull))
    }

    /// The values of each set, by its number.
    func sets() -> [[String]] { state.withLock { $0.sets } }

    /// The number of a set, which gets one if there is room.
    func number(of values: [String]) -> Answer {
        let key = Self.key(of: values)
        let (answer, report) = state.withLock { state -> (Answer, (@Sendable () -> Void)?) in
            if let number = state.numbers[key] { return (Answer(number: number), nil) }
            if state.numbers.count < limit {
                let number = UInt16(state.sets.count)
                state.sets.append(values)
                state.numbers[key] = number
                return (Answer(number: number), nil)
            }
            let others = [String](repeating: Self.other, count: labels.count)
            let fold = state.fold ?? state.numbers[Self.key(of: others)] ?? UInt16(state.sets.count)
            if fold == state.sets.count { state.sets.append(others) }
            state.fold = fold
            let report = state.reportFull
            state.reportFull = nil
            return (Answer(number: fold, full: state.numbers), report)
        }
        report?()
        return answer
    }

    /// Each value's length in two bytes, then the value.
    static func key(of values: [String]) -> [UInt8] {
        var key: [UInt8] = []
        for value in values {
            let count = value.utf8.count
            key.append(UInt8(count >> 8 & 0xff))
            key.append(UInt8(count & 0xff))
            key.append(contentsOf: value.utf8)
        }
        return key
    }
}

/// One worker's view of the sets, so that a set that is known needs no lock.
struct HeaderLabelCache {
    let table: HeaderLabelTable
    private var known: [[UInt8]: UInt16] = [:]
    private var key: [UInt8] = []
    private var isEmpty = true
    private var fold: UInt16?

    init(table: HeaderLabelTable) { self.table = table }

    mutating func begin() {
        key.removeAll(keepingCapacity: true)
        isEmpty = true
    }

    /// Adds the next value.
    mutating func add(_ value: Span<UInt8>) {
        if !value.isEmpty { isEmpty = false }
        guard value.count <= HeaderLabelTable.maxValueBytes else {
            key.append(contentsOf: HeaderLabelTable.key(of: [HeaderLabelTable.other]))
            return
        }
        key.append(UInt8(value.count >> 8))
        key.append(UInt8(value.count & 0xff))
        for index in value.indices { key.append(value[index]) }
    }

    mutating func end() -> HeaderLabelSet {
        guard !isEmpty else { return HeaderLabelSet.none }
        if let number = known[key] { return HeaderLabelSet(number: number) }
        let values = values()
        // Values that had to be repaired are not remembered: clients could make up any number of them.
        let repaired = HeaderLabelTable.key(of: values)
        if let number = known[repaired] { return HeaderLabelSet(number: number) }
        if let fold {
            table.folded.wrappingAdd(1, ordering: .relaxed)
            return HeaderLabelSet(number: fold)
        }
        let answer = table.number(of: values)
        if let full = answer.full {
            known = full
            fold = answer.number
            table.folded.wrappingAdd(1, ordering: .relaxed)
        } else {
            known[repaired] = answer.number
        }
        return HeaderLabelSet(number: answer.number)
    }

    /// The values as text: what is not UTF-8 is repaired, because one bad byte would spoil a whole scrape.
    private func values() -> [String] {
        var values: [String] = []
        var index = 0
        while index + 1 < key.count {
            let count = Int(key[index]) << 8 | Int(key[index + 1])
            index += 2
            values.append(String(decoding: key[index..<index + count], as: UTF8.self))
            index += count
        }
        return values
    }
}

extension MetricShard {
    /// The header labels of a request, for `record`: calls `value` for each configured label, in their order.
    ///
    /// Only to be called when header labels are configured. A set that was seen before costs no lock and no allocation; values over 256 bytes, and sets
    /// beyond `MetricOptions.maxHeaderLabelSets`, count as `other`.
    /// `value` lends the first value of the label's field to its second argument; not calling it means that there is none.
    package func headerLabels(_ value: (_ label: Int, _ lend: (Span<UInt8>) -> Void) -> Void) -> HeaderLabelSet {
        headerCache.begin()
        let empty: [UInt8] = []
        for label in headerCache.table.labels.indices {
            var wasLent = false
            value(label) { span in
                guard !wasLent else { return }
                wasLent = true
                headerCache.add(span)
            }
            if !wasLent { headerCache.add(empty.span) }
        }
        return headerCache.end()
    }
}
