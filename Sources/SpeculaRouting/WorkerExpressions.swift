/// One worker's expressions, each compiled at first use: RE2 objects share nothing between threads.
final class WorkerExpressions {
    private let patterns: [RegexPattern]
    private var compiled: [RegularExpression?]
    /// Holds a decoded value of a query.
    var scratch: [UInt8] = []

    init(_ patterns: [RegexPattern]) {
        self.patterns = patterns
        compiled = Array(repeating: nil, count: patterns.count)
    }

    subscript(index: UInt32) -> RegularExpression? {
        if let expression = compiled[Int(index)] { return expression }
        let expression = RegularExpression(checked: patterns[Int(index)])
        compiled[Int(index)] = expression
        return expression
    }
}

@available(*, unavailable)
extension WorkerExpressions: Sendable {}
