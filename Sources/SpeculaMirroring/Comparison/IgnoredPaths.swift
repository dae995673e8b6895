internal import SpeculaHTTP
internal import SpeculaRouting

/// Paths of JSON that do not count, followed all at once: each step a bit of a word, set while the way to it has matched.
internal struct IgnoredPaths: Sendable {
    private struct Step {
        /// The hash of the member's name; nil: elements, or everything.
        var member: UInt64?
        var element: Int?
        var isEvery = false
        var isDeep = false
        var isLast = false
    }

    private var steps: [Step] = []
    /// The state at the document's root.
    private(set) var start: UInt64 = 0

    /// - Parameter paths: At most 64 steps together; paths beyond that count again.
    init(_ paths: [JSONPath]) {
        for path in paths where !path.steps.isEmpty && steps.count + path.steps.count <= 64 {
            start |= 1 << UInt64(steps.count)
            for step in path.steps {
                var compiled = Step(isDeep: step.isDeep)
                switch step.selector {
                case .member(let name): compiled.member = Self.hash(name)
                case .element(let index): compiled.element = index
                case .every: compiled.isEvery = true
                }
                steps.append(compiled)
            }
            steps[steps.count - 1].isLast = true
        }
    }

    /// One level down: the state there, and whether what is there does not count.
    func step(from place: UInt64, toMember name: UInt64) -> (inside: UInt64, isIgnored: Bool) {
        if place == 0 { return (0, false) }
        return step(from: place) { $0.isEvery || $0.member == name }
    }

    func step(from place: UInt64, toElement index: Int) -> (inside: UInt64, isIgnored: Bool) {
        if place == 0 { return (0, false) }
        return step(from: place) { $0.isEvery || $0.element == index }
    }

    private func step(from place: UInt64, _ matches: (Step) -> Bool) -> (inside: UInt64, isIgnored: Bool) {
        var inside: UInt64 = 0
        var rest = place
        while rest != 0 {
            let number = rest.trailingZeroBitCount
            rest &= rest &- 1
            if steps[number].isDeep { inside |= 1 << UInt64(number) }
            guard matches(steps[number]) else { continue }
            if steps[number].isLast { return (0, true) }
            inside |= 1 << UInt64(number + 1)
        }
        return (inside, false)
    }

    private static func hash(_ name: String) -> UInt64 {
        var hash = ByteHash()
        for byte in name.utf8 { hash.update(byte) }
        return hash.value
    }
}
