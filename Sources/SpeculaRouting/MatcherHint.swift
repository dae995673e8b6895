/// What to say about a matcher that there is none of.
enum MatcherHint {
    /// ` (did you mean Path?)`, or nothing.
    static func hint(for word: String) -> String {
        switch word.lowercased() {
        case "headers": return " (did you mean Header? Headers is of rule syntax v2)"
        case "headersregexp": return " (did you mean HeaderRegexp? HeadersRegexp is of rule syntax v2)"
        case "hostheader": return " (did you mean Host? HostHeader is of rule syntax v2)"
        case "hostsni", "hostsniregexp", "alpn": return " (it is for TCP routers)"
        default: break
        }
        let nearest = Matcher.names.map { (name: $0, distance: distance($0.lowercased(), word.lowercased())) }
            .min { $0.distance < $1.distance }
        guard let nearest, nearest.distance <= 2, word.utf8.count < 64 else { return "" }
        return " (did you mean \(nearest.name)?)"
    }

    /// Insertions, deletions, replacements and swaps of neighbours that make one word of the other.
    private static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.utf8.prefix(64)), b = Array(b.utf8.prefix(64))
        var beforeLast: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
                row.append(best)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}
