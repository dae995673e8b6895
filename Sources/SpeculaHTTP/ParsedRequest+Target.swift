/// Path, query and host of a request as Traefik's chain prepares them for rules and for the server.
///
/// Order (traefik.md: an entry point from outside in): underscores, fragment, normalising, encoded characters, sanitising, semicolons.
extension ParsedRequest {
    /// Prepares the target once the head is whole; an ordinary target costs a glance.
    mutating func prepareTarget(_ policy: borrowing TargetPolicy) -> Refusal? {
        if policy.underscores != .keep, let refusal = treatUnderscores(policy.underscores) { return refusal }
        if line.form == .asterisk { return .serverOptions }
        if line.marks.contains(.fragment) { return .fragment }
        let end = Int(line.targetStart) + Int(line.targetCount)
        let path = Int(line.pathStart)..<Int(line.pathEnd)
        target.path = Place(path)
        target.routingPath = target.path
        target.query = Place(min(path.upperBound + 1, end)..<end)
        target.hasQuery = path.upperBound < end
        if !line.marks.isDisjoint(with: .pathWork) || path.isEmpty {
            let work: Refusal? = target.preparePath(
                storage, path, policy: policy, isAuthority: line.form == .authority)
            if let work { return work }
        }
        if line.marks.contains(.semicolon) {
            target.replaceSemicolons(storage, encode: policy.encodesQuerySemicolons)
        }
        prepareHost()
        return nil
    }

    private mutating func treatUnderscores(_ strategy: TargetPolicy.UnderscoreStrategy) -> Refusal? {
        guard storage.table.contains(.underscore) else { return nil }
        if strategy == .reject { return .underscore }
        storage.table.removeAll(having: .underscore)
        return nil
    }

    private mutating func prepareHost() {
        if line.form == .absolute || line.form == .authority {
            let start = Int(line.authorityStart)
            target.authority = Place(start..<start + Int(line.authorityCount))
            target.hostShape = storage.hostShape(start..<start + Int(line.authorityCount)) ?? HostShape()
        } else if let index = storage.table.first(.host) {
            target.authority = Place(storage.table[index].valueRange)
        }
        target.prepareHost(storage)
    }
}

/// A range of the slab, or of the bytes derived from it.
struct Place: Sendable {
    var start: UInt32 = 0
    var count: UInt32 = 0
    var isDerived = false

    @inline(__always)
    init(_ range: Range<Int>, isDerived: Bool = false) {
        start = UInt32(truncatingIfNeeded: range.lowerBound)
        count = UInt32(truncatingIfNeeded: range.count)
        self.isDerived = isDerived
    }

    static var empty: Place { Place(0..<0) }
}
