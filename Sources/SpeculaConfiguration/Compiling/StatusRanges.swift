/// Statuses and ranges of statuses: `404`, `500-599`.
enum StatusRanges {
    struct Failure: Error, Hashable { let message: String }

    /// The ranges of all texts, or what is wrong with the first that is none.
    static func parse(_ texts: [String]) -> Result<[ClosedRange<Int>], Failure> {
        var ranges: [ClosedRange<Int>] = []
        for text in texts {
            let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(parts.count), let first = parts[0], let last = parts[parts.count - 1],
                first <= last, (100...999).contains(first), (100...999).contains(last)
            else { return .failure(Failure(message: "\"\(text)\" is no status and no range of statuses")) }
            ranges.append(first...last)
        }
        return .success(ranges)
    }
}
