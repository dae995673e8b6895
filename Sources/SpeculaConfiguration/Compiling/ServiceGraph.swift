/// Services and who names whom, sorted so that children come before parents.
///
/// Iterative (Tarjan's strongly connected components), so that a long chain is no deep recursion.
struct ServiceGraph {
    /// Edges that a service cannot live without, by position.
    let required: [[Int]]
    /// Edges to mirrors, by position.
    let mirrors: [[Int]]
    /// Positions, children first.
    let order: [Int]
    /// Services that reach each other have the same component.
    private let component: [Int]
    private let requiredComponent: [Int]

    init(required: [[Int]], mirrors: [[Int]]) {
        self.required = required
        self.mirrors = mirrors
        requiredComponent = Self.components(required, size: required.count).component
        let all = zip(required, mirrors).map { $0 + $1 }
        let component = Self.components(all, size: all.count).component
        self.component = component
        // Mirrors on a cycle are dropped, so that order need not honour them.
        let kept = zip(required, mirrors).enumerated().map { position, edges in
            edges.0 + edges.1.filter { component[$0] != component[position] }
        }
        order = Self.components(kept, size: kept.count).order
    }

    /// True when a service cannot be without itself.
    func isCyclic(_ position: Int) -> Bool {
        required[position].contains { requiredComponent[$0] == requiredComponent[position] }
    }

    /// True when a mirror's own copies would come back to the service that it mirrors.
    func isLoop(mirror: Int, of position: Int) -> Bool { component[mirror] == component[position] }

    /// The way from a service back to itself, for a message.
    func cycle(from position: Int) -> [Int] {
        var path = [position]
        var current = position
        while let next = required[current].first(where: { requiredComponent[$0] == requiredComponent[position] }) {
            path.append(next)
            if next == position || path.count > 64 || path.dropLast().contains(next) { break }
            current = next
        }
        return path
    }

    private static func components(_ edges: [[Int]], size: Int) -> (component: [Int], order: [Int]) {
        var component = [Int](repeating: -1, count: size)
        var order: [Int] = []
        var index = [Int](repeating: -1, count: size)
        var low = [Int](repeating: 0, count: size)
        var onStack = [Bool](repeating: false, count: size)
        var stack: [Int] = []
        var work: [(node: Int, next: Int)] = []
        var counter = 0
        var components = 0
        for start in 0..<size where index[start] < 0 {
            work.append((start, 0))
            while let (node, next) = work.last {
                if next == 0 {
                    index[node] = counter
                    low[node] = counter
                    counter += 1
                    stack.append(node)
                    onStack[node] = true
                }
                if next < edges[node].count {
                    work[work.count - 1].next += 1
                    let target = edges[node][next]
                    if index[target] < 0 {
                        work.append((target, 0))
                    } else if onStack[target] {
                        low[node] = min(low[node], index[target])
                    }
                    continue
                }
                work.removeLast()
                if let parent = work.last?.node { low[parent] = min(low[parent], low[node]) }
                guard low[node] == index[node] else { continue }
                while let member = stack.popLast() {
                    onStack[member] = false
                    component[member] = components
                    order.append(member)
                    if member == node { break }
                }
                components += 1
            }
        }
        return (component, order)
    }
}
