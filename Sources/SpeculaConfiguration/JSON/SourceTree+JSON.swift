extension SourceTree {
    /// A JSON value as a tree: objects of an API server are read like those of a file.
    ///
    /// - Parameters:
    ///   - value: nested at most as deep as `JSONParser` allows.
    ///   - source: what diagnostics say in a file's place.
    ///   - leavingOut: members that nobody reads, wherever they stand.
    package convenience init(json value: JSONValue, source: String, leavingOut: Set<String> = []) {
        var builder = SourceTreeBuilder()
        let root = Self.add(value, leavingOut, &builder)
        let tree = builder.finish(source: source, root: root)
        // One label for all nodes: an object has no lines.
        self.init(
            source: source, records: tree.records, links: tree.links, text: tree.text, labels: [source],
            rootIndex: root)
    }

    private static func add(
        _ value: JSONValue, _ leavingOut: Set<String>, _ builder: inout SourceTreeBuilder
    ) -> UInt32 {
        switch value {
        case .null: return builder.null(line: 0, column: 0)
        case .bool(let flag): return builder.scalar((flag ? "true" : "false").utf8, quoted: false, line: 0, column: 0)
        case .integer(let number): return builder.scalar(String(number).utf8, quoted: false, line: 0, column: 0)
        case .number: return builder.scalar(value.text, quoted: false, line: 0, column: 0)
        case .string(let text): return builder.scalar(text.utf8, quoted: true, line: 0, column: 0)
        case .array(let elements):
            let children = elements.map { add($0, leavingOut, &builder) }
            return builder.sequence(children, line: 0, column: 0)
        case .object(let members):
            var pairs: [UInt32] = []
            for member in members where !leavingOut.contains(member.name) {
                pairs.append(builder.scalar(member.name.utf8, quoted: true, line: 0, column: 0))
                pairs.append(add(member.value, leavingOut, &builder))
            }
            return builder.mapping(pairs, line: 0, column: 0)
        }
    }
}
