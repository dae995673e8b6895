/// The rules of a table as one flat list of tests, each naming the test that follows when it holds and when it fails.
///
/// No recursion and no reference counting when a request is matched; a rule's operands are asked from left to right.
struct RouteProgram: ~Copyable, Sendable {
    /// In place of a test: the rule holds, the rule fails.
    static let accept: Int32 = -1
    static let reject: Int32 = -2

    private(set) var tests: [RouteTest] = []
    /// The arguments of all tests.
    private(set) var slab: [UInt8] = []
    private(set) var patterns: [RegexPattern] = []
    private(set) var addressSets: [AddressSet] = []

    /// Adds a rule; returns its first test, or `accept` or `reject`.
    mutating func add(_ root: RuleNode) -> Int32 {
        emit(root, onTrue: RouteProgram.accept, onFalse: RouteProgram.reject)
    }

    /// Adds bytes to the slab.
    mutating func store(_ bytes: some Collection<UInt8>) -> SlabRange {
        let start = slab.count
        slab += bytes
        return SlabRange(start: UInt32(start), count: UInt32(slab.count - start))
    }

    private mutating func emit(_ node: RuleNode, onTrue: Int32, onFalse: Int32) -> Int32 {
        switch node {
        case .not(let inner):
            return emit(inner, onTrue: onFalse, onFalse: onTrue)
        case .all(let operands):
            return operands.reversed().reduce(onTrue) { next, operand in
                emit(operand, onTrue: next, onFalse: onFalse)
            }
        case .any(let operands):
            return operands.reversed().reduce(onFalse) { next, operand in
                emit(operand, onTrue: onTrue, onFalse: next)
            }
        case .matcher(let matcher):
            guard let (kind, first, second) = operands(of: matcher) else {
                return RouteProgram.constant(matcher) ? onTrue : onFalse
            }
            tests.append(RouteTest(kind: kind, onTrue: onTrue, onFalse: onFalse, first: first, second: second))
            return Int32(tests.count - 1)
        }
    }

    /// What a matcher without a test always answers: Go keeps `Host` and `Transfer-Encoding` out of the fields;
    /// Traefik asks `HostRegexp` about an empty name too.
    private static func constant(_ matcher: Matcher) -> Bool {
        if case .hostRegexp = matcher { return true }
        return false
    }

    private static func isHidden(_ name: [UInt8]) -> Bool {
        name == Array("host".utf8) || name == Array("transfer-encoding".utf8)
    }

    private mutating func operands(of matcher: Matcher) -> (RouteTest.Kind, SlabRange, SlabRange)? {
        switch matcher {
        case .host(.anything): return (.anyHost, .empty, .empty)
        case .host(.exactly(let name)): return (.host, store(name), .empty)
        case .host(.oneLabelBefore(let suffix)):
            let stripped = suffix.last == UInt8(ascii: ".") ? suffix.dropLast() : suffix[...]
            return (.hostSuffix, store(stripped), .empty)
        case .hostRegexp(let pattern): return pattern.matchesEmpty ? nil : (.hostRegexp, .empty, index(pattern))
        case .path(let path): return (.path, store(path), .empty)
        case .pathPrefix(let path): return (.pathPrefix, store(path), .empty)
        case .pathRegexp(let pattern): return (.pathRegexp, .empty, index(pattern))
        case .method(let method): return (.method, store(method), .empty)
        case .header(let name, let value):
            return RouteProgram.isHidden(name) ? nil : (.header, store(name), store(value))
        case .headerRegexp(let name, let pattern):
            return RouteProgram.isHidden(name) ? nil : (.headerRegexp, store(name), index(pattern))
        case .query(let key, let value): return (.query, store(key), store(value))
        case .queryRegexp(let key, let pattern): return (.queryRegexp, store(key), index(pattern))
        case .clientIP(let addresses):
            addressSets.append(addresses)
            return (.clientIP, .empty, SlabRange(start: UInt32(addressSets.count - 1), count: 0))
        }
    }

    private mutating func index(_ pattern: RegexPattern) -> SlabRange {
        patterns.append(pattern)
        return SlabRange(start: UInt32(patterns.count - 1), count: 0)
    }
}

/// One question about a request.
struct RouteTest: Sendable {
    enum Kind: UInt8, Sendable {
        case anyHost, host, hostSuffix, hostRegexp, path, pathPrefix, pathRegexp, method
        case header, headerRegexp, query, queryRegexp, clientIP
    }

    let kind: Kind
    let onTrue: Int32
    let onFalse: Int32
    let first: SlabRange
    /// Bytes too, or `start` is an index of `patterns` or `addressSets`.
    let second: SlabRange
}

/// Bytes of a slab.
struct SlabRange: Sendable {
    let start: UInt32
    let count: UInt32

    static let empty = SlabRange(start: 0, count: 0)

    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
}
