/// Candidates by path: for each host, and for those of any host, a tree of common beginnings.
///
/// All trees lie in one array, the children of a node side by side and sorted by their first byte; all lists of ranks in another.
struct PathIndex: ~Copyable, Sendable {
    /// Ranks in rising order: where a list begins and how long it is.
    struct List: Sendable {
        var start: Int32 = 0
        var count: Int32 = 0
    }

    /// The candidates of one host.
    struct Bucket: Sendable {
        /// Of any path.
        var anywhere = List()
        /// A node; -1: no candidate asks for a path.
        var root: Int32 = -1
    }

    private struct Node {
        var label = SlabRange.empty
        /// Those whose prefix ends here.
        var prefixes = List()
        /// Those whose path ends here.
        var paths = List()
        var firstChild: Int32 = 0
        var childCount: Int32 = 0
    }

    /// A candidate as a bucket is built from it.
    struct Entry {
        let key: RouteKey.PathKey
        let rank: Int32
    }

    /// Up to so many candidates, asking all is cheaper than a tree.
    private static let smallBucket = 4

    private var nodes: [Node] = []
    private(set) var ranks: [Int32] = []

    /// Adds the candidates of one host.
    mutating func addBucket(_ entries: [Entry], to program: inout RouteProgram) -> Bucket {
        if Set(entries.map(\.rank)).count <= PathIndex.smallBucket {
            return Bucket(anywhere: addList(entries.map(\.rank)))
        }
        var anywhere: [Int32] = []
        var keyed: [KeyedEntry] = []
        for entry in entries {
            switch entry.key {
            case .any: anywhere.append(entry.rank)
            case .exactly(let path): keyed.append(KeyedEntry(bytes: path, isWhole: true, rank: entry.rank))
            case .prefix(let path): keyed.append(KeyedEntry(bytes: path, isWhole: false, rank: entry.rank))
            }
        }
        let list = addList(anywhere)
        guard !keyed.isEmpty else { return Bucket(anywhere: list) }
        keyed.sort { $0.bytes.lexicographicallyPrecedes($1.bytes) }
        return Bucket(anywhere: list, root: addTree(keyed, to: &program))
    }

    /// A way down one tree.
    struct Walk {
        fileprivate var next: Int32
        fileprivate var position = 0

        init(_ bucket: Bucket) { next = bucket.root }
    }

    /// The candidates at the next node on a path's way: those whose prefix ends there, and those whose path does.
    ///
    /// Nil: the way ends.
    func step(_ walk: inout Walk, path: Span<UInt8>, slab: Span<UInt8>) -> (prefixes: List, paths: List)? {
        guard walk.next >= 0 else { return nil }
        let node = nodes[Int(walk.next)]
        let label = slab.extracting(node.label.range)
        guard path.contains(label, at: walk.position) else { return nil }
        walk.position += label.count
        guard walk.position < path.count else {
            walk.next = -1
            return (node.prefixes, node.paths)
        }
        walk.next = child(of: node, beginningWith: path[walk.position], slab)
        return (node.prefixes, List())
    }

    private func child(of node: Node, beginningWith byte: UInt8, _ slab: Span<UInt8>) -> Int32 {
        var low = node.firstChild
        var high = node.firstChild + node.childCount
        while low < high {
            let middle = (low + high) / 2
            let first = slab[Int(nodes[Int(middle)].label.start)]
            if first == byte { return middle }
            if first < byte { low = middle + 1 } else { high = middle }
        }
        return -1
    }

    private mutating func addList(_ list: [Int32]) -> List {
        let start = ranks.count
        for rank in list.sorted() where ranks.count == start || ranks[ranks.count - 1] != rank { ranks.append(rank) }
        return List(start: Int32(start), count: Int32(ranks.count - start))
    }

    private struct KeyedEntry {
        let bytes: [UInt8]
        /// The path must end where the key does.
        let isWhole: Bool
        let rank: Int32
    }

    /// Level by level, so that siblings lie side by side and no depth of paths can overflow the stack.
    private mutating func addTree(_ entries: [KeyedEntry], to program: inout RouteProgram) -> Int32 {
        struct Work {
            let node: Int
            let range: Range<Int>
            let offset: Int
        }
        let root = nodes.count
        nodes.append(Node())
        var queue = [Work(node: root, range: entries.indices, offset: 0)]
        var done = 0
        while done < queue.count {
            let work = queue[done]
            done += 1
            let first = entries[work.range.lowerBound].bytes
            let last = entries[work.range.upperBound - 1].bytes
            // Sorted, so what the first and the last share, all share.
            var end = work.offset
            while end < first.count, end < last.count, first[end] == last[end] { end += 1 }
            var node = Node(label: program.store(first[work.offset..<end]))
            var i = work.range.lowerBound
            var prefixes: [Int32] = []
            var paths: [Int32] = []
            while i < work.range.upperBound, entries[i].bytes.count == end {
                if entries[i].isWhole { paths.append(entries[i].rank) } else { prefixes.append(entries[i].rank) }
                i += 1
            }
            node.prefixes = addList(prefixes)
            node.paths = addList(paths)
            node.firstChild = Int32(nodes.count)
            while i < work.range.upperBound {
                let start = i
                while i < work.range.upperBound, entries[i].bytes[end] == entries[start].bytes[end] { i += 1 }
                queue.append(Work(node: nodes.count, range: start..<i, offset: end))
                nodes.append(Node())
                node.childCount += 1
            }
            nodes[work.node] = node
        }
        return Int32(root)
    }
}
