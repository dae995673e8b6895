/// One configuration source, read into a tree whose every node knows where it stood.
///
/// YAML, TOML, flags and environment all end here; the decoder knows only this. The tree is one block of records, so that ten
/// thousand routers cost a few allocations, and it stays alive as long as something may still be reported about it.
package final class SourceTree: Sendable {
    package struct Record: Sendable {
        package enum Kind: UInt8, Sendable { case null, plain, quoted, sequence, mapping }

        var kind: Kind
        /// From 1; for flags and environment the position in `labels` instead.
        var line: UInt32
        var column: UInt32
        /// Scalars: a range of `text`.
        ///
        /// Sequences: of `links`. Mappings: of `links`, key and value in turn.
        var start: UInt32
        var count: UInt32
    }

    /// A path, for diagnostics.
    package let source: String
    let records: [Record]
    let links: [UInt32]
    let text: [UInt8]
    /// Flags and environment: the flag or variable that each node came from.
    let labels: [String]
    /// Of a text that a template made: for each line the template's line; else empty.
    let templateLines: [UInt32]
    let rootIndex: UInt32

    init(
        source: String, records: [Record], links: [UInt32], text: [UInt8], labels: [String] = [],
        templateLines: [UInt32] = [], rootIndex: UInt32
    ) {
        self.templateLines = templateLines
        self.source = source
        self.records = records
        self.links = links
        self.text = text
        self.labels = labels
        self.rootIndex = rootIndex
    }

    package var root: Node { Node(tree: self, index: rootIndex) }
}

/// A node of a `SourceTree`.
package struct Node: Sendable {
    let tree: SourceTree
    let index: UInt32

    private var record: SourceTree.Record { tree.records[Int(index)] }

    /// What stands there.
    package var kind: SourceTree.Record.Kind { record.kind }

    /// Bytes of a scalar, children of a sequence, pairs of a mapping.
    package var count: Int { Int(record.count) }

    package var location: Location {
        let record = record
        guard tree.labels.isEmpty else { return Location(source: tree.labels[Int(record.line)]) }
        let place = Location(source: tree.source, line: Int(record.line), column: Int(record.column))
        return place.mapped(by: tree.templateLines)
    }

    /// The text of a scalar; empty for anything else.
    package var text: String {
        let record = record
        guard record.kind == .plain || record.kind == .quoted else { return "" }
        return String(decoding: tree.text[Int(record.start)..<Int(record.start + record.count)], as: UTF8.self)
    }

    /// The bytes of a scalar; empty for anything else.
    var bytes: ArraySlice<UInt8> {
        let record = record
        guard record.kind == .plain || record.kind == .quoted else { return [] }
        return tree.text[Int(record.start)..<Int(record.start + record.count)]
    }

    /// A child of a sequence.
    package func element(_ position: Int) -> Node {
        Node(tree: tree, index: tree.links[Int(record.start) + position])
    }

    /// A pair of a mapping.
    package func pair(_ position: Int) -> (key: Node, value: Node) {
        let start = Int(record.start) + 2 * position
        return (Node(tree: tree, index: tree.links[start]), Node(tree: tree, index: tree.links[start + 1]))
    }

    /// What the node is, in an operator's words.
    package var kindName: String {
        switch kind {
        case .null: "nothing"
        case .plain, .quoted: "\"\(text)\""
        case .sequence: "a list"
        case .mapping: "a section"
        }
    }

    /// The value under a key, whatever its case; nil when this is no mapping or has none.
    package func value(named name: String) -> Node? {
        guard kind == .mapping else { return nil }
        for position in 0..<count {
            let (key, value) = pair(position)
            if key.bytes.count == name.utf8.count, ASCII.equalFolded(key.bytes, name.utf8) { return value }
        }
        return nil
    }
}

/// Where a configured thing came from: kept beside it for diagnostics, never part of its value.
package struct Origin: Sendable, Equatable {
    /// How findings name the thing, or what is below it: `IngressRoute default/api spec.routes[0].match`.
    package typealias Naming = @Sendable (_ path: [any PathStep]) -> String

    package var node: Node?
    /// Nil where findings name the keys of files.
    package var naming: Naming?

    package init(_ node: Node? = nil, naming: Naming? = nil) {
        self.node = node
        self.naming = naming
    }

    /// What findings say; `default` where the thing stood in a file.
    func keyPath(_ path: [any PathStep], default keyPath: @autoclosure () -> String) -> String {
        naming?(path) ?? keyPath()
    }

    /// Two configurations are the same wherever they stood.
    package static func == (first: Origin, second: Origin) -> Bool { true }

    /// The place of the thing itself, or of something below it: `location("mirrors", 2, "name")`.
    package func location(_ path: any PathStep...) -> Location? { location(path) }

    /// The place of the thing itself, or of something below it; the nearest one that is written.
    package func location(_ path: [any PathStep]) -> Location? {
        guard var current = node else { return nil }
        for step in path {
            guard let next = step.follow(from: current) else { break }
            current = next
        }
        return current.location
    }
}

/// A step from a node to one below it: a key or a position.
package protocol PathStep {
    func follow(from node: Node) -> Node?
}

extension String: PathStep {
    package func follow(from node: Node) -> Node? { node.value(named: self) }
}

extension [any PathStep] {
    /// `mirrors[2].name`.
    package var text: String {
        var text = ""
        for step in self {
            if let number = step as? Int {
                text += "[\(number)]"
            } else {
                text += text.isEmpty ? "\(step)" : ".\(step)"
            }
        }
        return text
    }
}

extension Int: PathStep {
    package func follow(from node: Node) -> Node? {
        node.kind == .sequence && self < node.count ? node.element(self) : nil
    }
}

extension Location {
    /// The place in the template that made the text; columns stay those of what it made.
    func mapped(by templateLines: [UInt32]) -> Location {
        guard line > 0, line <= templateLines.count else { return self }
        return Location(source: source, line: Int(templateLines[line - 1]), column: column)
    }
}

extension SourceTree {
    /// The same tree, made by a template.
    func made(from templateLines: [UInt32]) -> SourceTree {
        SourceTree(
            source: source, records: records, links: links, text: text, labels: labels, templateLines: templateLines,
            rootIndex: rootIndex)
    }
}
