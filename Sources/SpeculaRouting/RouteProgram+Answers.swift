/// How the tests of a program are asked about a request.
extension RouteProgram {
    /// True if the rule holds whose first test is `entrance`.
    func holds(
        _ entrance: Int32, _ host: Span<UInt8>, _ path: Span<UInt8>, _ method: Span<UInt8>, _ facts: some RequestFacts,
        _ expressions: WorkerExpressions
    ) -> Bool {
        var next = entrance
        while next >= 0 {
            let test = tests[Int(next)]
            let answer =
                switch test.kind {
                case .host: HostRule.matches(host, name: slab.span.extracting(test.first.range))
                case .path: path.isEqual(to: slab.span.extracting(test.first.range))
                case .pathPrefix: path.starts(with: slab.span.extracting(test.first.range))
                case .method: method.isEqual(to: slab.span.extracting(test.first.range))
                default: rareAnswer(test, host, path, facts, expressions)
                }
            next = answer ? test.onTrue : test.onFalse
        }
        return next == RouteProgram.accept
    }

    /// Kept apart, so that what most rules ask stays in one small loop.
    private func rareAnswer(
        _ test: RouteTest, _ host: Span<UInt8>, _ path: Span<UInt8>, _ facts: some RequestFacts,
        _ expressions: WorkerExpressions
    ) -> Bool {
        switch test.kind {
        case .host, .path, .pathPrefix, .method: return false
        case .anyHost: return !host.isEmpty
        case .hostSuffix: return HostRule.matches(host, oneLabelBefore: slab.span.extracting(test.first.range))
        case .hostRegexp: return expressions[test.second.start]?.matches(host) ?? false
        case .pathRegexp: return expressions[test.second.start]?.matches(path) ?? false
        case .header:
            return facts.anyField(named: slab.span.extracting(test.first.range)) { value in
                value.isEqual(to: slab.span.extracting(test.second.range))
            }
        case .headerRegexp:
            guard let expression = expressions[test.second.start] else { return false }
            return facts.anyField(named: slab.span.extracting(test.first.range)) { expression.matches($0) }
        case .query:
            var isFound = false
            facts.withQuery { query in
                isFound = QueryReader.holds(
                    query, key: slab.span.extracting(test.first.range), value: slab.span.extracting(test.second.range))
            }
            return isFound
        case .queryRegexp:
            guard let expression = expressions[test.second.start] else { return false }
            var isFound = false
            facts.withQuery { query in
                isFound = QueryReader.anyValue(
                    query, key: slab.span.extracting(test.first.range), scratch: &expressions.scratch
                ) { expression.matches($0) }
            }
            return isFound
        case .clientIP:
            return addressSets[Int(test.second.start)].contains(facts.clientAddress)
        }
    }
}
