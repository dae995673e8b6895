/// Collects the records of a `SourceTree`, children before parents.
struct SourceTreeBuilder {
    private var records: [SourceTree.Record] = []
    private var links: [UInt32] = []
    private var text: [UInt8] = []

    mutating func reserve(textBytes: Int) {
        text.reserveCapacity(textBytes)
        records.reserveCapacity(textBytes / 12)
        links.reserveCapacity(textBytes / 12)
    }

    private mutating func add(_ record: SourceTree.Record) -> UInt32 {
        records.append(record)
        return UInt32(records.count - 1)
    }

    mutating func null(line: Int, column: Int) -> UInt32 {
        add(.init(kind: .null, line: UInt32(line), column: UInt32(column), start: 0, count: 0))
    }

    mutating func scalar(_ bytes: some Sequence<UInt8>, quoted: Bool, line: Int, column: Int) -> UInt32 {
        let start = text.count
        text.append(contentsOf: bytes)
        return add(
            .init(
                kind: quoted ? .quoted : .plain, line: UInt32(line), column: UInt32(column), start: UInt32(start),
                count: UInt32(text.count - start)))
    }

    /// The children from a position on: no slice, which would keep a second hold on the array.
    mutating func sequence(_ children: [UInt32], from first: Int = 0, line: Int, column: Int) -> UInt32 {
        let start = links.count
        for position in first..<children.count { links.append(children[position]) }
        return add(
            .init(
                kind: .sequence, line: UInt32(line), column: UInt32(column), start: UInt32(start),
                count: UInt32(links.count - start)))
    }

    /// Keys and values in turn, from a position on.
    mutating func mapping(_ pairs: [UInt32], from first: Int = 0, line: Int, column: Int) -> UInt32 {
        let start = links.count
        for position in first..<pairs.count { links.append(pairs[position]) }
        return add(
            .init(
                kind: .mapping, line: UInt32(line), column: UInt32(column), start: UInt32(start),
                count: UInt32((links.count - start) / 2)))
    }

    /// The bytes of a scalar that was added.
    func bytes(of index: UInt32) -> ArraySlice<UInt8> {
        let record = records[Int(index)]
        return text[Int(record.start)..<Int(record.start + record.count)]
    }

    /// A record that was added.
    func record(_ index: UInt32) -> SourceTree.Record { records[Int(index)] }

    /// The links of a sequence or mapping that was added.
    func links(of index: UInt32) -> ArraySlice<UInt32> {
        let record = records[Int(index)]
        let count = record.kind == .mapping ? 2 * record.count : record.count
        return links[Int(record.start)..<Int(record.start + count)]
    }

    var nodeCount: Int { records.count }

    func finish(source: String, root: UInt32, labels: [String] = []) -> SourceTree {
        SourceTree(source: source, records: records, links: links, text: text, labels: labels, rootIndex: root)
    }
}
