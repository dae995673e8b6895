/// Finds the word that was probably meant.
package enum Spelling {
    /// The nearest candidate, at most a third of its letters away; the first of equals.
    package static func nearest(to word: String, in candidates: [String]) -> String? {
        let typed = Array(ASCII.lowered(word).utf8)
        guard !typed.isEmpty, typed.count <= 64 else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let target = Array(ASCII.lowered(candidate).utf8)
            let allowed = max(1, max(target.count, typed.count) / 3)
            guard abs(target.count - typed.count) <= allowed else { continue }
            let distance = self.distance(typed, target)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    private static func distance(_ first: [UInt8], _ second: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let replaced = previous[column] + (first[row] == second[column] ? 0 : 1)
                var cost = min(previous[column + 1] + 1, current[column] + 1, replaced)
                if row > 0, column > 0, first[row] == second[column - 1], first[row - 1] == second[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                current.append(cost)
            }
            before = previous
            previous = current
        }
        return previous[second.count]
    }
}
