/// Weighted round robin by deadlines: who is due first takes the turn, and is due again 1 / weight later.
///
/// A binary heap with the same moves as Go's `container/heap`, so that ties fall as in Traefik.
struct EarliestDeadline {
    private struct Due {
        let member: Int
        let interval: Double
        var deadline: Double
    }

    private var heap: [Due] = []

    init(weights: [Int]) {
        for (member, weight) in weights.enumerated() where weight > 0 {
            let interval = 1 / Double(weight)
            push(Due(member: member, interval: interval, deadline: interval))
        }
    }

    mutating func next() -> Int? {
        guard var due = pop() else { return nil }
        due.deadline += due.interval
        push(due)
        return due.member
    }

    private mutating func push(_ due: Due) {
        heap.append(due)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func pop() -> Due? {
        guard !heap.isEmpty else { return nil }
        let last = heap.count - 1
        heap.swapAt(0, last)
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < last else { break }
            if child + 1 < last, heap[child + 1].deadline < heap[child].deadline { child += 1 }
            guard heap[child].deadline < heap[parent].deadline else { break }
            heap.swapAt(parent, child)
            parent = child
        }
        return heap.removeLast()
    }
}
