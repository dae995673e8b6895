/// What a table holds: rules as tests, and which of them a request's host and path leave to be asked.
///
/// A route's rank is its place in the order in which Traefik asks rules, one after the other; the route of the lowest rank whose
/// rule holds is the answer, however it is found.
struct RouteIndex: ~Copyable, Sendable {
    let program: RouteProgram
    /// For each rank the first test.
    let entrances: [Int32]
    /// For each rank the router.
    let routers: [RouterIndex]
    /// Host names without dots at the end, to buckets.
    let names: ByteTable
    /// What stands behind a host's first label, from the dot on, to buckets.
    let suffixes: ByteTable
    /// The first is that of any host.
    let buckets: [PathIndex.Bucket]
    let paths: PathIndex

    init(_ entries: [RouteEntry]) {
        let sorted = entries.sorted { ($1.priority, $0.order) < ($0.priority, $1.order) }
        var program = RouteProgram()
        entrances = sorted.map { program.add($0.rule.root) }
        routers = sorted.map(\.router)

        var places: [RouteKey.HostKey: Int] = [.any: 0]
        var hosts: [RouteKey.HostKey] = [.any]
        var candidates: [[PathIndex.Entry]] = [[]]
        for (rank, entry) in sorted.enumerated() {
            for key in RouteKey.keys(of: entry.rule.root) {
                let place: Int
                if let known = places[key.host] {
                    place = known
                } else {
                    place = hosts.count
                    places[key.host] = place
                    hosts.append(key.host)
                    candidates.append([])
                }
                candidates[place].append(PathIndex.Entry(key: key.path, rank: Int32(rank)))
            }
        }
        var paths = PathIndex()
        buckets = candidates.map { paths.addBucket($0, to: &program) }
        var names: [(SlabRange, Int32)] = []
        var suffixes: [(SlabRange, Int32)] = []
        for (place, host) in hosts.enumerated() {
            switch host {
            case .any: break
            case .name(let bytes): names.append((program.store(bytes), Int32(place)))
            case .suffix(let bytes): suffixes.append((program.store(bytes), Int32(place)))
            }
        }
        self.names = ByteTable(keys: names, slab: program.slab)
        self.suffixes = ByteTable(keys: suffixes, slab: program.slab)
        self.paths = paths
        self.program = program
    }
}

extension RouteIndex {
    /// The lowest rank of a route whose rule holds; `.max`: none does.
    func lowestRank(
        _ host: Span<UInt8>, _ path: Span<UInt8>, _ method: Span<UInt8>, _ facts: some RequestFacts,
        _ expressions: WorkerExpressions
    ) -> Int32 {
        var best = Int32.max
        var end = host.count
        while end > 0, host[end - 1] == UInt8(ascii: ".") { end -= 1 }
        let named = names.value(of: host.extracting(0..<end), slab: program.slab.span)
        if named >= 0 { ask(buckets[Int(named)], &best, host, path, method, facts, expressions) }
        if !suffixes.isEmpty, let dot = host.firstIndex(of: UInt8(ascii: ".")), dot < end {
            let suffixed = suffixes.value(of: host.extracting(dot..<end), slab: program.slab.span)
            if suffixed >= 0 { ask(buckets[Int(suffixed)], &best, host, path, method, facts, expressions) }
        }
        ask(buckets[0], &best, host, path, method, facts, expressions)
        return best
    }

    private func ask(
        _ bucket: PathIndex.Bucket, _ best: inout Int32, _ host: Span<UInt8>, _ path: Span<UInt8>,
        _ method: Span<UInt8>, _ facts: some RequestFacts, _ expressions: WorkerExpressions
    ) {
        if bucket.anywhere.count > 0 { ask(bucket.anywhere, &best, host, path, method, facts, expressions) }
        var walk = PathIndex.Walk(bucket)
        while let (prefixes, whole) = paths.step(&walk, path: path, slab: program.slab.span) {
            if prefixes.count > 0 { ask(prefixes, &best, host, path, method, facts, expressions) }
            if whole.count > 0 { ask(whole, &best, host, path, method, facts, expressions) }
        }
    }

    private func ask(
        _ list: PathIndex.List, _ best: inout Int32, _ host: Span<UInt8>, _ path: Span<UInt8>,
        _ method: Span<UInt8>, _ facts: some RequestFacts, _ expressions: WorkerExpressions
    ) {
        for i in Int(list.start)..<Int(list.start + list.count) {
            let rank = paths.ranks[i]
            guard rank < best else { return }
            if program.holds(entrances[Int(rank)], host, path, method, facts, expressions) {
                best = rank
                return
            }
        }
    }
}
