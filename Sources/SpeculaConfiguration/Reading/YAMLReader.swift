/// Reads the first document of a YAML text into a tree with positions.
///
/// What libyaml leaves to its caller is done here: aliases, merge keys, duplicate keys, the meaning of `~`, and the
/// bounds: depth 64, four million nodes once aliases are followed.
struct YAMLReader {
    static let maxDepth = 64
    static let maxExpandedNodes: UInt64 = 4_000_000

    private let source: String
    private let events: YAMLEvents
    private var builder = SourceTreeBuilder()
    private var diagnostics: [Diagnostic] = []
    /// Errors that leave nothing to be read.
    private var failures = 0
    private var isReadable: Bool { failures == 0 }
    private var frames: [Frame] = []
    /// The finished children of all open frames.
    private var pending: [UInt32] = []
    private var anchors: [String: Anchor] = [:]
    private var sawAlias = false
    private var root: UInt32?

    private struct Frame {
        var isMapping: Bool
        var firstChild: Int
        var line: Int
        var column: Int
        var anchor: String?
        var hasMergeKey = false
    }

    /// Documents before the one that is read, when all are.
    private var finished: [SourceTree] = []
    private var readsAll = false

    private enum Anchor { case open, finished(UInt32) }

    private init(_ text: [UInt8], source: String) {
        self.source = source
        events = YAMLEvents(text)
        builder.reserve(textBytes: text.count)
    }

    /// The tree, nil when there is none or when something is wrong with more than a key that stands twice: then it holds the first.
    static func read(_ text: [UInt8], source: String) -> (tree: SourceTree?, diagnostics: [Diagnostic]) {
        var reader = YAMLReader(text, source: source)
        reader.run()
        guard reader.isReadable, let root = reader.root else { return (nil, reader.diagnostics) }
        return (reader.builder.finish(source: source, root: root), reader.diagnostics)
    }

    /// The trees of all documents that hold something; none when one of them is wrong.
    static func readAll(_ text: [UInt8], source: String) -> (trees: [SourceTree], diagnostics: [Diagnostic]) {
        var reader = YAMLReader(text, source: source)
        reader.readsAll = true
        reader.run()
        reader.endDocument()
        guard !reader.diagnostics.containsErrors else { return ([], reader.diagnostics) }
        return (reader.finished, reader.diagnostics)
    }

    /// Keeps the document that was read and makes room for the next one.
    private mutating func endDocument() {
        guard let root else { return }
        if builder.record(root).count > 0 { finished.append(builder.finish(source: source, root: root)) }
        builder = SourceTreeBuilder()
        anchors = [:]
        sawAlias = false
        self.root = nil
    }

    private mutating func run() {
        while true {
            events.advance()
            switch events.kind {
            case .scalar: addScalar()
            case .alias: addAlias()
            case .sequenceStart, .mappingStart:
                guard frames.count < Self.maxDepth else { return fail("nested deeper than \(Self.maxDepth)") }
                open()
            case .sequenceEnd, .mappingEnd: close()
            case .documentStart where root != nil && readsAll:
                finish()
                endDocument()
            case .documentStart where root != nil:
                report(.warning, "only the first document of a file is read")
                return finish()
            case .end: return finish()
            case .failure: return fail(events.problem)
            case .documentStart, .other: break
            }
        }
    }

    private mutating func report(
        _ severity: Diagnostic.Severity, _ message: String, line: Int? = nil, column: Int? = nil
    ) {
        if severity == .error { failures += 1 }
        let place = Location(source: source, line: line ?? events.line, column: column ?? events.column)
        diagnostics.append(Diagnostic(severity, at: place, message))
    }

    private mutating func fail(_ message: String) { report(.error, message) }

    private mutating func addScalar() {
        let (line, column) = (events.line, events.column)
        let isPlain = events.isPlain
        let index = unsafe events.withValue { bytes in
            if isPlain, unsafe Self.meansNull(bytes) { return builder.null(line: line, column: column) }
            return unsafe builder.scalar(bytes, quoted: !isPlain, line: line, column: column)
        }
        if isPlain, isKeyPosition, builder.bytes(of: index).elementsEqual("<<".utf8) {
            frames[frames.count - 1].hasMergeKey = true
        }
        if let anchor = events.anchor { anchors[anchor] = .finished(index) }
        place(index)
    }

    private static func meansNull(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        switch bytes.count {
        case 0: true
        case 1: unsafe bytes[0] == UInt8(ascii: "~")
        case 4:
            unsafe bytes.elementsEqual("null".utf8) || bytes.elementsEqual("Null".utf8)
                || bytes.elementsEqual("NULL".utf8)
        default: false
        }
    }

    private var isKeyPosition: Bool {
        guard let frame = frames.last, frame.isMapping else { return false }
        return (pending.count - frame.firstChild).isMultiple(of: 2)
    }

    private mutating func addAlias() {
        let name = events.anchor ?? ""
        sawAlias = true
        switch anchors[name] {
        case .finished(let index): place(index)
        case .open:
            fail("the alias *\(name) stands inside its own anchor")
            place(builder.null(line: events.line, column: events.column))
        case nil:
            fail("unknown anchor *\(name)")
            place(builder.null(line: events.line, column: events.column))
        }
    }

    private mutating func open() {
        let anchor = events.anchor
        if let anchor { anchors[anchor] = .open }
        frames.append(
            Frame(
                isMapping: events.kind == .mappingStart, firstChild: pending.count, line: events.line,
                column: events.column, anchor: anchor))
    }

    private mutating func close() {
        guard let frame = frames.popLast() else { return }
        if frame.isMapping { check(frame) }
        if frame.hasMergeKey { merge(frame) }
        let index =
            frame.isMapping
            ? builder.mapping(pending, from: frame.firstChild, line: frame.line, column: frame.column)
            : builder.sequence(pending, from: frame.firstChild, line: frame.line, column: frame.column)
        pending.removeLast(pending.count - frame.firstChild)
        if let anchor = frame.anchor { anchors[anchor] = .finished(index) }
        place(index)
    }

    private mutating func place(_ index: UInt32) {
        if frames.isEmpty { root = index } else { pending.append(index) }
    }

    /// Keys are single words, each once.
    private mutating func check(_ frame: Frame) {
        let keys = stride(from: frame.firstChild, to: pending.count, by: 2).map { pending[$0] }
        var seen: [ArraySlice<UInt8>: UInt32] = [:]
        var again: [Int] = []
        for (position, key) in keys.enumerated() {
            let record = builder.record(key)
            guard record.kind == .plain || record.kind == .quoted else {
                let what = record.kind == .null ? "an empty key" : "a key that is no word"
                report(.error, what, line: Int(record.line), column: Int(record.column))
                continue
            }
            let bytes = builder.bytes(of: key)
            let first: UInt32?
            if keys.count > 12 {
                first = seen[bytes]
                if first == nil { seen[bytes] = key }
            } else {
                first = keys[..<position].first { builder.bytes(of: $0).elementsEqual(bytes) }
            }
            guard let first else { continue }
            again.append(frame.firstChild + 2 * position)
            failures -= 1
            let name = String(decoding: bytes, as: UTF8.self)
            report(
                .error, "the key \"\(name)\" stands here again, first on line \(builder.record(first).line)",
                line: Int(record.line), column: Int(record.column))
        }
        for place in again.reversed() { pending.removeSubrange(place..<place + 2) }
    }

    /// Replaces `<<: *base` by the pairs of the base that are not there yet.
    private mutating func merge(_ frame: Frame) {
        var pairs: [UInt32] = []
        var bases: [UInt32] = []
        for position in stride(from: frame.firstChild, to: pending.count, by: 2) {
            let (key, value) = (pending[position], pending[position + 1])
            if builder.record(key).kind == .plain, builder.bytes(of: key).elementsEqual("<<".utf8) {
                bases += builder.record(value).kind == .sequence ? Array(builder.links(of: value)) : [value]
            } else {
                pairs += [key, value]
            }
        }
        for base in bases {
            let record = builder.record(base)
            guard record.kind == .mapping else {
                report(.error, "<< takes a section or a list of sections", line: frame.line, column: frame.column)
                continue
            }
            let links = Array(builder.links(of: base))
            for position in stride(from: 0, to: links.count, by: 2) {
                let name = builder.bytes(of: links[position])
                let isThere = stride(from: 0, to: pairs.count, by: 2).contains {
                    builder.bytes(of: pairs[$0]).elementsEqual(name)
                }
                if !isThere { pairs += links[position...position + 1] }
            }
        }
        pending.replaceSubrange(frame.firstChild..., with: pairs)
    }

    /// An empty text is an empty section; what aliases make of a small one is bounded.
    private mutating func finish() {
        guard let root else {
            self.root = builder.mapping([], line: 1, column: 1)
            return
        }
        if builder.record(root).kind == .null {
            self.root = builder.mapping([], line: 1, column: 1)
        } else if sawAlias {
            measure(root)
        }
    }

    private mutating func measure(_ root: UInt32) {
        var sizes: [UInt64] = []
        var depths: [Int] = []
        for index in 0..<UInt32(builder.nodeCount) {
            var (size, depth): (UInt64, Int) = (1, 1)
            if builder.record(index).kind == .sequence || builder.record(index).kind == .mapping {
                for link in builder.links(of: index) {
                    size = min(size + sizes[Int(link)], Self.maxExpandedNodes + 1)
                    depth = max(depth, depths[Int(link)] + 1)
                }
            }
            sizes.append(size)
            depths.append(depth)
        }
        if sizes[Int(root)] > Self.maxExpandedNodes {
            report(.error, "aliases make more than \(Self.maxExpandedNodes) values of it", line: 1, column: 1)
        } else if depths[Int(root)] > Self.maxDepth + 1 {
            report(.error, "nested deeper than \(Self.maxDepth)", line: 1, column: 1)
        }
    }
}
